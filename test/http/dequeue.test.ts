/** Taking from a queue: the most urgent task first, one agent each, and no waiting longer than asked. */
import { beforeAll, expect, test } from 'vitest';
import { useApi } from '../support/api-under-test.ts';
import type { Json } from '../support/caller.ts';
import { QueueUnderTest, aCompany } from '../support/queues.ts';

const { alice, bob, olga } = aCompany(useApi());
let queue: QueueUnderTest;
beforeAll(async () => {
  queue = await QueueUnderTest.open(olga);
});

test('a task is handed out with a run whose lease is live, as by a claim', async () => {
  const id = await queue.put({ lease: { seconds: 100 } });
  const { status, headers, body } = await queue.dequeue(alice, 20);
  expect({ status, etag: headers.get('etag') }).toEqual({ status: 200, etag: '"2"' });
  expect(body).toMatchObject({
    task: {
      id,
      status: 'assigned',
      queue: queue.id,
      run: { agent: 'alice' },
      links: { self: `/v1/tasks/${id}` },
    },
    run: { id: body.task.run.id, agent: 'alice', leaseSeconds: 100, leaseExpiresAt: expect.any(String) },
  });
  const beat = await alice.post(`/v1/tasks/${id}/runs/${body.run.id}/heartbeat`);
  expect(beat).toMatchObject({ status: 200, body: { stop: null } });
});

test('its events say who took it, as of any claim', async () => {
  const id = await queue.put();
  const run = await queue.take(alice);
  await run.progress();
  await run.complete();
  const { items } = (await olga.get(`/v1/tasks/${id}/events`)).body;
  expect(items.map(({ type, by, outcome }: Json) => [type, by.id, outcome])).toEqual([
    ['created', 'olga', 'accepted'],
    ['claim', 'alice', 'accepted'],
    ['report_progress', 'alice', 'accepted'],
    ['mark_complete', 'alice', 'accepted'],
  ]);
  expect(items[1].run).toBe(run.id);
});

/** A task counts for the order a moment after it was created. */
async function countWaiting(queue: QueueUnderTest): Promise<number> {
  const { waiting } = await olga.must(queue.look());
  return Object.values<number>(waiting.byPriority).reduce((sum, each) => sum + each, 0);
}

test('tasks are handed out by priority, and of one priority the oldest first', async () => {
  const own = await QueueUnderTest.open(olga);
  const priorities = [3, 5, 1, 4, 2, 1, undefined, 5, 2];
  const ids: string[] = [];
  for (const priority of priorities) ids.push(await own.put(priority === undefined ? {} : { priority }));
  const inOrder = ids
    .map((id, i) => ({ id, priority: priorities[i] ?? 3 }))
    .toSorted((a, b) => a.priority - b.priority);
  await expect.poll(() => countWaiting(own)).toBe(ids.length);
  const taken: string[] = [];
  for (const _ of ids) taken.push((await own.take(alice)).taskId);
  expect(taken).toEqual(inOrder.map(({ id }) => id));
});

test('an empty queue answers 204, and so does one whose tasks are all held', async () => {
  const own = await QueueUnderTest.open(olga);
  expect(await own.dequeue(alice)).toMatchObject({ status: 204, text: '' });
  await own.put();
  await own.take(alice);
  expect((await own.dequeue(bob, 2)).status).toBe(204);
});

test('who waits gets a task that is created later', async () => {
  const own = await QueueUnderTest.open(olga);
  const waiting = own.dequeue(alice, 30);
  const other = own.dequeue(bob, 30);
  const ids = [await own.put(), await own.put()];
  const taken: string[] = (await Promise.all([waiting, other])).map(({ body }) => body.task.id);
  expect(taken.toSorted()).toEqual(ids.toSorted());
});

test('the lease may be asked for', async () => {
  await queue.put({ lease: { seconds: 30 } });
  const { body } = await queue.dequeue(alice, 20, { body: { lease: { seconds: 77 } } });
  expect(body.run.leaseSeconds).toBe(77);
  expect(body.task.run.leaseSeconds).toBe(77);
});
