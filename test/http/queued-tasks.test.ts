/** Tasks that name a queue: what the queue gives them, where they wait, and what becomes of them when that is changed. */
import { beforeAll, expect, test } from 'vitest';
import { useApi } from '../support/api-under-test.ts';
import type { Json } from '../support/caller.ts';
import { eventually } from '../support/caller.ts';
import { QueueUnderTest, aCompany, askNext, runOf } from '../support/queues.ts';

const api = useApi();
const { alice, bob, olga } = aCompany(api);
let queue: QueueUnderTest;
beforeAll(async () => {
  queue = await QueueUnderTest.open(olga);
});

const any = { 'if-match': '*' };
const edit = (id: string, changes: object) => olga.must(olga.patch(`/v1/tasks/${id}`, changes, any));

test('a task gets what its queue gives, as far as it does not say itself', async () => {
  const defaults = {
    lease: { seconds: 90 },
    maxAttempts: 7,
    review: { policy: 'none' },
    progressTimeoutSeconds: 1200,
  };
  const generous = await QueueUnderTest.open(olga, { defaults });
  expect(await olga.read(await generous.put())).toMatchObject(defaults);
  const own = { lease: { seconds: 8 }, maxAttempts: 1 };
  expect(await olga.read(await generous.put(own))).toMatchObject({ ...defaults, ...own });
  const nested = await olga.create({
    children: [{ title: 'part', queue: generous.id, maxAttempts: 2, children: [{ title: 'part of it' }] }],
  });
  const part = await olga.read(nested.children[0].id);
  expect(part).toMatchObject({ ...defaults, maxAttempts: 2 });
  expect((await olga.read(part.children[0].id)).maxAttempts).toBe(3);
});

test('it is listed by its queue', async () => {
  const own = await QueueUnderTest.open(olga);
  const ids = [await own.put(), await own.put()];
  const listed = await eventually(
    async () => (await olga.get(`/v1/tasks?queue=${own.id}`)).body.items,
    (items) => items.length === 2,
  );
  expect(listed.map(({ id, queue: where }: Json) => [id, where])).toEqual(
    ids.toReversed().map((id) => [id, own.id]),
  );
});

test.each([crypto.randomUUID(), 'kitchen', '../x', "' OR 1=1"])(
  '%s is no queue to put a task in',
  async (id) => {
    const goal = crypto.randomUUID();
    const task = await olga.create({ goal });
    const pointers = async (answer: Promise<Json>) =>
      (await answer).body.errors?.map(({ pointer }: Json) => pointer);
    expect(await pointers(olga.post('/v1/tasks', { title: 'a', goal, queue: id }))).toEqual(['/queue']);
    const tree = { title: 'a', goal, children: [{ title: 'b' }, { title: 'c', queue: id }] };
    expect(await pointers(olga.post('/v1/tasks', tree))).toEqual(['/children/1/queue']);
    expect(await pointers(olga.post(`/v1/tasks/${task.id}/subtasks`, { title: 'a', queue: id }))).toEqual([
      '/queue',
    ]);
    expect(await pointers(olga.patch(`/v1/tasks/${task.id}`, { queue: id }, any))).toEqual(['/queue']);
    await eventually(
      async () => (await olga.get(`/v1/tasks?goal=${goal}`)).body.items,
      (items) => items.length === 1,
    );
  },
);

test('a task that is made more urgent while it waits is handed out before others', async () => {
  const own = await QueueUnderTest.open(olga);
  const first = await own.put();
  const second = await own.put({ priority: 5 });
  await edit(second, { priority: 1 });
  // It counts for the order a moment later.
  const waiting = async () => (await olga.get(`/v1/queues/${own.id}`)).body.waiting.byPriority;
  await eventually(waiting, (byPriority) => byPriority[1] === 1);
  expect((await own.take(alice)).taskId).toBe(second);
  expect((await own.take(alice)).taskId).toBe(first);
});

test('a task that is moved while it waits is handed out there, and not where it was', async () => {
  const [from, to] = [await QueueUnderTest.open(olga), await QueueUnderTest.open(olga)];
  const id = await from.put();
  expect((await edit(id, { queue: to.id })).queue).toBe(to.id);
  expect((await from.dequeue(alice)).status).toBe(204);
  expect((await to.take(alice)).taskId).toBe(id);
});

test('one that is taken out of its queue is handed out by none, and can be claimed', async () => {
  const id = await queue.put();
  expect((await edit(id, { queue: null })).queue).toBeUndefined();
  expect((await queue.dequeue(alice)).status).toBe(204);
  expect((await bob.claim(id)).taskId).toBe(id);
});

test('one that is assigned waits in the inbox of its agent alone; without an assignee it is back in its queue', async () => {
  const crew = aCompany(api);
  const own = await QueueUnderTest.open(crew.olga);
  const id = await own.put();
  const assign = (assignee: string | null) =>
    crew.olga.must(crew.olga.patch(`/v1/tasks/${id}`, { assignee }, any));
  await assign('bob');
  expect((await own.dequeue(crew.alice)).status).toBe(204);
  expect((await askNext(crew.alice)).status).toBe(204);
  const run = runOf(crew.bob, (await askNext(crew.bob, 20)).body);
  expect(run.taskId).toBe(id);
  await run.release();
  await assign(null);
  expect((await own.take(crew.alice)).taskId).toBe(id);
});

test('a task that nobody took before its deadline fails, and is handed out no more', async () => {
  const id = await queue.put({ deadline: new Date(Date.now() + 1_500).toISOString() });
  const late = await eventually(
    () => olga.read(id),
    ({ status }) => status !== 'queued',
  );
  expect(late).toMatchObject({ status: 'failed', failure: { reasonCode: 'deadline_passed' }, attempts: 0 });
  expect((await queue.dequeue(alice)).status).toBe(204);
});

test('one whose deadline was past when it was created is overdue, fails nothing, and is handed out', async () => {
  const id = await queue.put({ deadline: '2020-01-01T00:00:00Z' });
  expect(await olga.read(id)).toMatchObject({ status: 'queued', overdue: true });
  const { body } = await queue.dequeue(alice, 20);
  expect(body.task).toMatchObject({ id, status: 'assigned', overdue: true });
});

test('a released task is handed out again, and a crashed one too', async () => {
  const id = await queue.put({ lease: { seconds: 5 } });
  const first = await queue.take(alice);
  await first.release();
  const second = await queue.take(bob);
  expect([first.taskId, second.taskId]).toEqual([id, id]);
  // Bob sends no heartbeat.
  const third = await eventually(
    () => queue.dequeue(alice, 20),
    ({ status }) => status === 200,
  );
  expect(third.body.task).toMatchObject({ id, attempts: 1, lastFailure: { reasonCode: 'crashed' } });
});

test('a step that may not start yet is handed out when its turn has come', async () => {
  const own = await QueueUnderTest.open(olga);
  const step = (order: number) => ({
    title: `step ${order}`,
    queue: own.id,
    order,
    review: { policy: 'none' },
  });
  const { children } = await olga.create({ mode: 'sequence', children: [step(1), step(2)] });
  const run = await own.take(alice);
  expect(run.taskId).toBe(children[0].id);
  expect((await own.dequeue(bob)).status).toBe(204);
  const waiting = own.take(bob, 30);
  await run.complete();
  expect((await waiting).taskId).toBe(children[1].id);
});
