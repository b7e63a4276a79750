/** Without a worker nobody could take a claim in, so no task is handed out; and none is the worse for it. */
import { expect, test } from 'vitest';
import { useApi } from '../support/api-under-test.ts';
import type { Answer } from '../support/caller.ts';
import { eventually } from '../support/caller.ts';
import { withoutWorker } from '../support/no-worker.ts';
import { QueueUnderTest, aCompany, askNext } from '../support/queues.ts';

const api = useApi({ timeoutMs: 3_000 });
const { alice, bob, carol, olga } = aCompany(api);

const expectNoWorker = ({ status, headers, body }: Answer) => {
  expect({ status, ...body }).toMatchObject({ status: 503, type: '/problems/no_worker', retryable: true });
  expect(headers.get('retry-after')).toMatch(/^\d+$/);
};

/** A new task whose offer is out, for a worker has answered for it. */
async function putOffered(queue: QueueUnderTest): Promise<string> {
  const id = await queue.put();
  await olga.read(id);
  return id;
}

/** The task is as it was before, and whoever asks gets it. */
async function expectUntouched(queue: QueueUnderTest, id: string): Promise<void> {
  const { body } = await eventually(
    () => queue.dequeue(bob, 20),
    ({ status }) => status === 200,
  );
  expect(body.task).toMatchObject({ id, attempts: 0, lastFailure: null, run: { agent: 'bob' } });
}

test('whoever asks is told so, and the task waits until a worker is back', async () => {
  const queue = await QueueUnderTest.open(olga);
  const id = await putOffered(queue);
  await api.stopWorker();
  // The API has not heard of a worker for longer than it takes one to be there.
  await new Promise((resolve) => setTimeout(resolve, 2_500));
  const answers = await Promise.all([queue.dequeue(alice), queue.dequeue(carol), queue.dequeue(alice, 5)]);
  expect(answers.map(({ status }) => status)).toContain(503);
  for (const answer of answers) if (answer.status !== 204) expectNoWorker(answer);
  const other = await QueueUnderTest.open(olga);
  expectNoWorker(
    await eventually(
      () => other.steal(alice),
      ({ status }) => status !== 204,
    ),
  );
  expectNoWorker(
    await eventually(
      () => askNext(alice),
      ({ status }) => status !== 204,
    ),
  );
  await api.startWorker();
  await expectUntouched(queue, id);
  expect((await olga.read(id)).endedRuns).toEqual([]);
});

test('one that was asked a moment before the worker went is told so too, and costs the task no attempt', async () => {
  const queue = await QueueUnderTest.open(olga);
  const id = await putOffered(queue);
  await withoutWorker(
    api,
    () => olga.read(id),
    async () => expectNoWorker(await queue.dequeue(alice)),
  );
  await expectUntouched(queue, id);
  expect(await olga.read(id)).toMatchObject({ status: 'assigned', attempts: 0 });
});

test('with a key, the same request gets its task once a worker is back', async () => {
  const queue = await QueueUnderTest.open(olga);
  const id = await putOffered(queue);
  const ask = () => queue.dequeue(alice, 0, { key: 'once' });
  await withoutWorker(
    api,
    () => olga.read(id),
    async () => {
      expectNoWorker(await ask());
      expectNoWorker(await ask());
    },
  );
  const { body } = await eventually(ask, ({ status }) => status === 200);
  expect(body.task).toMatchObject({ id, attempts: 0, run: { agent: 'alice' } });
});

test('queues are opened, looked at and deleted as if nothing were missing', async () => {
  await api.stopWorker();
  try {
    const queue = await QueueUnderTest.open(olga, { name: 'in the dark' });
    expect((await queue.look()).body.name).toBe('in the dark');
    const put = await olga.post('/v1/tasks', { title: 'Wait', queue: queue.id });
    expect(put.status).toBe(201);
    expect((await queue.remove(olga, '?force=true')).status).toBe(204);
    expect((await queue.look()).status).toBe(404);
  } finally {
    await api.startWorker();
  }
});
