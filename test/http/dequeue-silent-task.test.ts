/** A task that answers nobody, though a worker is there for others, keeps nobody from what waits behind it. */
import { expect, test } from 'vitest';
import { useApi } from '../support/api-under-test.ts';
import { QueueUnderTest, aCompany } from '../support/queues.ts';

const api = useApi({ timeoutMs: 3_000 });
const elsewhere = useApi();
const company = `company-${crypto.randomUUID()}`;
const { alice, bob, olga } = aCompany(api, company);

test('the task behind it is handed out, and it waits until it answers again', async () => {
  const queue = await QueueUnderTest.open(olga);
  const boss = aCompany(elsewhere, company).olga;
  // Its worker, which is another one than that of all others, goes away.
  const { id: silent } = await boss.create({ queue: queue.id, priority: 1 });
  await boss.read(silent);
  await elsewhere.stopWorker();
  const behind = await queue.put({ priority: 5 });
  await olga.read(behind);
  // The API has not heard of a worker for longer than it takes one to be there.
  await new Promise((resolve) => setTimeout(resolve, 2_500));
  const { status, body } = await queue.dequeue(alice);
  expect({ status, id: body?.task?.id }).toEqual({ status: 200, id: behind });
  await new Promise((resolve) => setTimeout(resolve, 2_500));
  expect(await queue.dequeue(alice)).toMatchObject({ status: 503, body: { type: '/problems/no_worker' } });
  await elsewhere.startWorker();
  expect((await queue.take(bob, 20)).taskId).toBe(silent);
  expect((await olga.read(silent)).endedRuns).toEqual([]);
});
