/** Work queues: what is taken first, from where, and what tasks get that are added there. */
import { describe, expect, test } from 'vitest';
import { useApi } from '../support/api-under-test.ts';
import type { Caller, Json } from '../support/caller.ts';
import { eventually } from '../support/caller.ts';
import { aCompany } from '../support/queues.ts';
import { TeamQueue, complete } from '../support/team-queue.ts';

const api = useApi();

async function aQueue(also: object = {}) {
  const crew = aCompany(api);
  return { ...crew, queue: await TeamQueue.open(crew.olga, also) };
}

/** Resolves once choosing among queues knows of these: it may use what it saw of them for two seconds more. */
async function known(caller: Caller, queues: TeamQueue[]): Promise<void> {
  await eventually(
    async () => (await caller.get('/work-queues')).body.map(({ id }: Json) => id),
    (ids) => queues.every(({ id }) => ids.includes(id)),
  );
  await new Promise((resolve) => setTimeout(resolve, 2_500));
}

const inAnHour = () => new Date(Date.now() + 3_600_000).toISOString();

/** Has the deadline of a task pass in a moment. */
const passDeadline = (boss: Caller, id: string): Promise<Json> => {
  const deadline = new Date(Date.now() + 1_000).toISOString();
  return boss.must(boss.patch(`/v1/tasks/${id.slice(3)}`, { deadline }, { 'if-match': '*' }));
};

describe.concurrent('a task that is added', () => {
  test('is not reviewed, has an hour and more, and stays open for a day, unless the queue says otherwise', async () => {
    const { olga, queue } = await aQueue();
    const { id } = await queue.put();
    expect(await olga.read(id.slice(3))).toMatchObject({
      review: { policy: 'none' },
      lease: { seconds: 3_600 },
      progressTimeoutSeconds: 0,
      settleSeconds: 86_400,
      priority: 3,
    });
    const defaults = { review: { policy: 'required' }, lease: { seconds: 600 }, maxAttempts: 7 };
    const native = await olga.must(olga.post('/v1/queues', { name: 'careful', defaults }));
    const careful = TeamQueue.of(olga, `wq_${native.id}`);
    const task = await careful.put();
    expect(await olga.read(task.id.slice(3))).toMatchObject({ ...defaults, progressTimeoutSeconds: 0 });
    const own = await careful.put({ review: { policy: 'none' } });
    expect((await olga.read(own.id.slice(3))).review).toEqual({ policy: 'none' });
  });

  test('is completed for its agent when it is in review', async () => {
    const { alice, olga, rita, queue } = await aQueue();
    await queue.put({ review: { policy: 'required', rework: 'same_task' } });
    const { id } = await queue.take(alice);
    const first = await complete(alice, id, { result: 7 });
    expect(first.body).toMatchObject({ status: 'completed', result: 7 });
    expect((await olga.read(id.slice(3))).status).toBe('review');
    expect((await complete(alice, id, { result: 7 })).body).toEqual(first.body);
    await rita.must(rita.review(id.slice(3), 'request_changes', { comment: 'once more' }));
    expect((await olga.get(`/work-queue-tasks/${id}`)).body).toMatchObject({
      status: 'pending',
      result: null,
    });
  });

  test('may be added by any token, and under a key only once', async () => {
    const { alice, rita, olga } = await aQueue();
    for (const caller of [alice, rita, olga]) {
      const queue = await TeamQueue.open(caller);
      expect(await queue.add({ priority: null, deadline: null, teamwork: true })).toMatchObject({
        status: 201,
        body: { priority: 3, deadline: null, payload: null, status: 'pending' },
      });
      const key = { 'idempotency-key': 'k' };
      const first = await queue.add({ payload: [1] }, key);
      expect((await queue.add({ payload: [1] }, key)).body.id).toBe(first.body.id);
      expect((await queue.add({ payload: [2] }, key)).body.error.code).toBe('idempotency_key_reused');
      expect(first.headers.get('location')).toBe(`/work-queue-tasks/${first.body.id}`);
    }
  });

  test('fails at its deadline while it waits; one that was past when it came is shown as overdue', async () => {
    const { alice, olga, queue } = await aQueue();
    const past = await queue.put({ deadline: '2026-03-08T18:00:00+01:00' });
    expect(past).toMatchObject({ deadline: '2026-03-08T17:00:00.000Z', overdue: true, status: 'pending' });
    expect((await queue.take(alice)).id).toBe(past.id);
    const soon = await queue.put({ deadline: inAnHour() });
    expect(soon.overdue).toBe(false);
    await passDeadline(olga, soon.id);
    const failed = await eventually(
      () => alice.get(`/work-queue-tasks/${soon.id}`),
      ({ body }) => body.status === 'failed',
    );
    expect(failed.body).toMatchObject({
      overdue: true,
      failureReason: 'deadline_passed',
      error: expect.any(String),
      assignedTo: null,
    });
    const { body: done } = await complete(alice, past.id);
    expect(done).toMatchObject({ status: 'completed', overdue: true });
  });

  test('does not fail when its deadline passes while somebody works on it', async () => {
    const { alice, olga, queue } = await aQueue();
    await queue.put({ deadline: inAnHour() });
    const { id, overdue } = await queue.take(alice);
    expect(overdue).toBe(false);
    await passDeadline(olga, id);
    await eventually(
      () => alice.get(`/work-queue-tasks/${id}`),
      ({ body }) => body.overdue,
    );
    expect((await complete(alice, id)).body).toMatchObject({ status: 'completed', overdue: true });
  });
});

describe.concurrent('dequeue', () => {
  test('gives the most urgent, which is 5, and of those the oldest', async () => {
    const { alice, bob, queue } = await aQueue();
    const ids: string[] = [];
    for (const priority of [1, 3, 5, 5, undefined]) ids.push((await queue.put({ priority })).id);
    const got = [];
    for (const agent of [alice, bob, alice, bob, alice]) got.push(await queue.take(agent));
    expect(got.map(({ id }) => id)).toEqual([2, 3, 1, 4, 0].map((i) => ids[i]));
    expect(got.map(({ priority }) => priority)).toEqual([5, 5, 3, 3, 1]);
    expect(await queue.dequeue(alice)).toMatchObject({ status: 204, text: '' });
  });

  test('waits for a task that comes', async () => {
    const { alice, queue } = await aQueue();
    const asking = queue.dequeue(alice, undefined, {}, 30);
    const { id } = await queue.put();
    expect(await asking).toMatchObject({ status: 200, body: { id, assignedTo: 'alice' } });
  });

  test('gives the same task again under the same key', async () => {
    const { alice, queue } = await aQueue();
    await queue.put();
    await queue.put();
    const key = { 'idempotency-key': 'mine' };
    const first = await queue.dequeue(alice, {}, key, 20);
    expect((await queue.dequeue(alice, {}, key, 20)).body.id).toBe(first.body.id);
    expect((await queue.dequeue(alice, {}, {}, 20)).body.id).not.toBe(first.body.id);
  });

  test('takes any form of an id, and natively made queues and tasks are the same ones', async () => {
    const { alice, olga, queue } = await aQueue();
    const bare = queue.id.slice(3);
    const { id } = await olga.create({ queue: bare, priority: 1, title: 'Native' });
    const { body } = await alice.post(`/work-queues/${bare}/dequeue?wait=20`);
    expect(body).toMatchObject({ id: `wt_${id}`, queueId: queue.id, name: 'Native', priority: 5 });
    expect((await olga.read(id)).run).toMatchObject({ agent: 'alice', leaseSeconds: 3_600 });
    expect((await alice.get(`/work-queue-tasks/${id}`)).body).toEqual(body);
    expect(await complete(alice, id, { result: 1 })).toMatchObject({ status: 200, body: { id: `wt_${id}` } });
  });
});

describe.concurrent('steal', () => {
  test('takes from other queues first, of the own team before others, and from the own one last', async () => {
    const { alice, olga, queue: mine } = await aQueue({ teamId: 'cooks' });
    const [ours, theirs] = [
      await TeamQueue.open(olga, { teamId: 'cooks' }),
      await TeamQueue.open(olga, { teamId: 'bakers' }),
    ];
    await known(olga, [mine, ours, theirs]);
    const own = await mine.put({ priority: 5 });
    const other = await theirs.put({ priority: 5 });
    const team = await ours.put({ priority: 1 });
    await known(olga, []);
    const got = [];
    for (let i = 0; i < 3; i += 1) got.push((await mine.steal(alice)).body);
    expect(got.map(({ id, queueId }) => [id, queueId])).toEqual([
      [team.id, ours.id],
      [other.id, theirs.id],
      [own.id, mine.id],
    ]);
    expect((await mine.steal(alice)).status).toBe(204);
  });

  test('waits for a task that comes to the own queue, and gives the same one again under the same key', async () => {
    const { alice, queue } = await aQueue();
    const key = { 'idempotency-key': 'mine' };
    const asking = queue.steal(alice, {}, key, 30);
    const { id } = await queue.put();
    expect(await asking).toMatchObject({ status: 200, body: { id } });
    await queue.put();
    expect(await queue.steal(alice, {}, key)).toMatchObject({ status: 200, body: { id } });
  });

  test('waits for a task that comes to another queue', async () => {
    const { alice, olga, queue } = await aQueue();
    const other = await TeamQueue.open(olga);
    await known(olga, [queue, other]);
    const asking = queue.steal(alice, {}, {}, 30);
    const { id } = await other.put();
    expect(await asking).toMatchObject({ status: 200, body: { id, queueId: other.id } });
  });
});
