/** Queues as people manage them: opened, listed with what they hold, watched, deleted. */
import { isDeepStrictEqual } from 'node:util';
import { expect, test } from 'vitest';
import { STATUSES } from '../../workflows/task-state.ts';
import { useApi } from '../support/api-under-test.ts';
import type { Json } from '../support/caller.ts';
import { eventually } from '../support/caller.ts';
import { QueueUnderTest, aCompany } from '../support/queues.ts';
import { taskThatIs } from '../support/task-states.ts';

const api = useApi();
const other = useApi();
const { alice, bob, olga } = aCompany(api);
const NONE = Object.fromEntries(STATUSES.map((status) => [status, 0]));

const defaults = {
  lease: { seconds: 90 },
  maxAttempts: 7,
  review: { policy: 'none' },
  progressTimeoutSeconds: 1200,
};

test('a queue is what it was opened as, for all of the company', async () => {
  const created = await alice.post('/v1/queues', { name: 'kitchen', team: 'cooks', defaults });
  const { id } = created.body;
  expect(created).toMatchObject({
    status: 201,
    body: {
      name: 'kitchen',
      team: 'cooks',
      defaults,
      createdBy: { id: 'alice', role: 'agent' },
      links: { self: `/v1/queues/${id}`, tasks: `/v1/tasks?queue=${id}` },
    },
  });
  expect(created.headers.get('location')).toBe(`/v1/queues/${id}`);
  const { status, body } = await bob.get(`/v1/queues/${id}`);
  expect(status).toBe(200);
  expect(body).toEqual({
    ...created.body,
    counts: NONE,
    waiting: { byPriority: {}, oldestSeconds: null },
    pollers: [],
  });
});

test('the Temporal UI shows it by its name', async () => {
  const queue = await QueueUnderTest.open(olga, { name: 'a name to find' });
  const described = await api.temporal.workflow.getHandle(queue.id).describe();
  expect(described.type).toBe('queue');
  expect(described.status.name).toBe('RUNNING');
  expect(await described.staticSummary()).toBe('a name to find');
});

test('what was not opened as a queue is none', async () => {
  const queue = await QueueUnderTest.open(olga);
  const { workflow } = api.temporal;
  const { taskQueue } = await workflow.getHandle(queue.id).describe();
  for (const input of [undefined, { name: 'no company' }]) {
    const workflowId = crypto.randomUUID();
    const handle = await workflow.start('queue', { workflowId, taskQueue, args: [input] });
    expect((await olga.get(`/v1/queues/${workflowId}`)).status).toBe(404);
    await expect(handle.result()).rejects.toMatchObject({ cause: { type: 'malformed_input' } });
  }
});

test('it tells how many of its tasks are in which state, what waits, and who asks for it', async () => {
  const crew = aCompany(api);
  const { id } = await QueueUnderTest.open(crew.olga);
  for (const status of STATUSES) await taskThatIs(crew, status, { queue: id });
  await taskThatIs(crew, 'done', { queue: id, settleSeconds: 600 });
  const ended = await taskThatIs(crew, 'running', { queue: id });
  await api.temporal.workflow.getHandle(ended.id).terminate('enough');
  for (const priority of [1, 1, 5]) await crew.olga.create({ queue: id, priority });
  const expected = {
    ...Object.fromEntries(STATUSES.map((status) => [status, 1])),
    done: 2,
    cancelled: 2,
    queued: 4,
  };
  const look = async () => (await crew.olga.get(`/v1/queues/${id}`)).body;
  const seen = await eventually(
    look,
    ({ counts, waiting }) =>
      isDeepStrictEqual(counts, expected) && waiting.byPriority[1] === 2 && waiting.byPriority[5] === 1,
  );
  expect(seen.counts).toEqual(expected);
  expect(seen.waiting).toEqual({ byPriority: { 1: 2, 3: 1, 5: 1 }, oldestSeconds: expect.any(Number) });
  const { items } = (await crew.olga.get('/v1/queues?limit=100')).body;
  expect(items.find((queue: Json) => queue.id === id).counts).toEqual(expected);

  // The states above were reached by claims; their offers are gone.
  await crew.alice.must(crew.alice.post(`/v1/queues/${id}/dequeue`));
  const { pollers } = await look();
  expect(pollers).toEqual([{ agent: 'alice', lastSeenAt: expect.any(String) }]);
  expect(Date.now() - Date.parse(pollers[0].lastSeenAt)).toBeLessThan(600_000);
});

test('what nobody can take from it now is not waiting there', async () => {
  const { olga: boss, alice: agent } = aCompany(api);
  const queue = await QueueUnderTest.open(boss);
  const step = (order: number) => ({ title: `step ${order}`, queue: queue.id, order, priority: 1 });
  await boss.create({ mode: 'sequence', children: [step(1), step(2), step(3)] });
  await queue.put({ assignee: 'bob', priority: 2 });
  const seen = await eventually(
    async () => (await queue.look()).body,
    ({ counts, waiting }) => counts.queued === 4 && waiting.byPriority[1] === 1,
  );
  expect(seen.waiting).toEqual({ byPriority: { 1: 1 }, oldestSeconds: expect.any(Number) });
  await queue.take(agent);
  const after = await eventually(
    async () => (await queue.look()).body,
    ({ counts }) => counts.queued === 3,
  );
  expect(after.waiting).toEqual({ byPriority: {}, oldestSeconds: null });
});

test('queues are listed page by page, the newest first', async () => {
  const { olga: boss } = aCompany(api);
  const ids: string[] = [];
  for (const name of ['a', 'b', 'c']) ids.push((await QueueUnderTest.open(boss, { name })).id);
  const page = async (query: string) => (await boss.get(`/v1/queues?${query}`)).body;
  await eventually(
    () => page('limit=10'),
    ({ items }) => items.length === 3,
  );
  const first = await page('limit=2');
  const second = await page(`limit=2&cursor=${first.next}`);
  expect([...first.items, ...second.items].map(({ id }: Json) => id)).toEqual(ids.toReversed());
  expect(first.items[0]).toMatchObject({ name: 'c', counts: NONE });
  expect(second.next).toBeNull();
  expect((await boss.get('/v1/queues?cursor=made-up')).status).toBe(422);
});

test('an empty queue is deleted, and is none from then on', async () => {
  const queue = await QueueUnderTest.open(olga);
  expect(await queue.remove()).toMatchObject({ status: 204, text: '' });
  const after = [queue.look(), queue.remove(), queue.dequeue(alice), queue.steal(alice)];
  for (const { status, body } of await Promise.all(after)) {
    expect({ status, type: body.type }).toEqual({ status: 404, type: '/problems/not_found' });
  }
  const refused = await olga.post('/v1/tasks', { title: 'Too late', queue: queue.id });
  expect(refused).toMatchObject({ status: 422, body: { errors: [{ pointer: '/queue' }] } });
  await eventually(
    async () => (await olga.get('/v1/queues?limit=100')).body.items.map(({ id }: Json) => id),
    (ids) => !ids.includes(queue.id),
  );
  const described = await eventually(
    () => api.temporal.workflow.getHandle(queue.id).describe(),
    ({ status }) => status.name !== 'RUNNING',
  );
  expect(described.status.name).toBe('CANCELLED');
});

test('one with open tasks is not, unless their end is meant: then all are cancelled', async () => {
  const { olga: boss, alice: agent } = aCompany(api);
  const queue = await QueueUnderTest.open(boss);
  const held = await queue.put({ cancelGraceSeconds: 0 });
  await queue.take(agent);
  const waiting = [await queue.put(), await queue.put()];
  const counts = { queued: 2, assigned: 1 };
  const refused = await eventually(
    () => queue.remove(),
    ({ body }) => JSON.stringify(body.counts) === JSON.stringify(counts),
  );
  expect(refused).toMatchObject({ status: 409, body: { type: '/problems/queue_not_empty', counts } });
  expect((await queue.look()).status).toBe(200);
  expect(await queue.remove(boss, '?force=true')).toMatchObject({ status: 204 });
  expect((await queue.look()).status).toBe(404);
  for (const id of [held, ...waiting]) {
    await eventually(
      () => boss.read(id),
      ({ status }) => status === 'cancelled',
    );
  }
  const { items } = (await boss.get(`/v1/tasks/${waiting[0]}/events`)).body;
  expect(items.at(-1)).toMatchObject({
    type: 'cancel_requested',
    data: { by: 'olga', reason: expect.any(String) },
  });
});

test('one with work in review is not, whatever is meant: its reviewer may send it back there', async () => {
  const { olga: boss, alice: agent, rita } = aCompany(api);
  const queue = await QueueUnderTest.open(boss);
  const handedIn = await queue.put({ review: { policy: 'required', rework: 'same_task' } });
  await (await queue.take(agent)).complete();
  const waiting = await queue.put();
  expect(await queue.remove(boss, '?force=true')).toMatchObject({
    status: 409,
    body: { type: '/problems/queue_not_empty', counts: { review: 1 } },
  });
  expect((await boss.read(waiting)).status).toBe('queued');
  await rita.must(rita.review(handedIn, 'request_changes', { comment: 'once more' }));
  expect(await boss.must(queue.dequeue(agent, 20))).toHaveProperty('task.id');
});

test('a task that has only just come is noticed', async () => {
  const { olga: boss } = aCompany(api);
  const lanes = Array.from({ length: 20 }, async () => {
    const queue = await QueueUnderTest.open(boss);
    await queue.put();
    return await queue.remove();
  });
  for (const { status, body } of await Promise.all(lanes)) {
    expect({ status, counts: body?.counts }).toEqual({ status: 409, counts: { queued: 1 } });
  }
});

test('a task that another process puts there meanwhile is cancelled, too, where that is meant', async () => {
  const company = `company-${crypto.randomUUID()}`;
  const [{ olga: boss }, { olga: elsewhere }] = [aCompany(api, company), aCompany(other, company)];
  const queue = await QueueUnderTest.open(boss);
  // The other process has seen the queue a moment ago.
  expect((await queue.look(elsewhere)).status).toBe(200);
  const removing = queue.remove(boss, '?force=true');
  await eventually(
    () => queue.look(),
    ({ status }) => status === 404,
  );
  const late = await elsewhere.post('/v1/tasks', { title: 'Just in time', queue: queue.id });
  expect((await removing).status).toBe(204);
  if (late.status !== 201) return expect(late.status).toBe(422);
  await eventually(
    () => elsewhere.read(late.body.id),
    ({ status }) => status === 'cancelled',
  );
});

test('people may delete a queue, and the agent that opened it; other agents may not', async () => {
  for (const query of ['', '?force=true']) {
    const queue = await QueueUnderTest.open(alice);
    const refused = await queue.remove(bob, query);
    expect(refused).toMatchObject({ status: 403, body: { type: '/problems/forbidden' } });
    expect((await queue.remove(query ? olga : alice, query)).status).toBe(204);
  }
});

test.each([
  [{}, '/name'],
  [{ name: '' }, '/name'],
  [{ name: 'x'.repeat(201) }, '/name'],
  [{ name: 'two\nlines' }, '/name'],
  [{ name: 'a', team: 7 }, '/team'],
  [{ name: 'a', colour: 'red' }, '/colour'],
  [{ name: 'a', defaults: { lease: { seconds: 1 } } }, '/defaults/lease/seconds'],
  [{ name: 'a', defaults: { maxAttempts: 0 } }, '/defaults/maxAttempts'],
  [{ name: 'a', defaults: { priority: 1 } }, '/defaults/priority'],
  [{ name: 'a', defaults: { review: { policy: 'sometimes' } } }, '/defaults/review/policy'],
])('%j opens no queue', async (body, pointer) => {
  const refused = await olga.post('/v1/queues', body);
  expect(refused).toMatchObject({
    status: 422,
    body: { type: '/problems/invalid_request', errors: [{ pointer }] },
  });
});

test.each(['wait=31', 'wait=-1', 'wait=1.5', 'wait=long', 'weight=3'])(
  'a dequeue with %s is refused by name',
  async (query) => {
    const queue = await QueueUnderTest.open(olga);
    for (const path of [`/v1/queues/${queue.id}/dequeue`, '/v1/agents/me/next']) {
      const refused = await alice.post(`${path}?${query}`);
      expect(refused).toMatchObject({ status: 422, body: { errors: [{ pointer: query.split('=')[0] }] } });
    }
    const lease = await alice.post(`/v1/queues/${queue.id}/steal`, { lease: { seconds: 1 } });
    expect(lease).toMatchObject({ status: 422, body: { errors: [{ pointer: '/lease/seconds' }] } });
    expect((await queue.remove(olga, '?force=maybe')).status).toBe(422);
  },
);
