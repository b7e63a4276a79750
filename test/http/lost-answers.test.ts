/** A claim that Temporal took in while its answer got lost is a claim: its agent gets that task, and no second one. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { useApi } from '../support/api-under-test.ts';
import { GrpcProxy } from '../support/grpc-proxy.ts';
import { QueueUnderTest, aCompany } from '../support/queues.ts';
import { temporalUnderTest } from '../support/temporal.ts';

let proxy: GrpcProxy;
beforeAll(async () => {
  proxy = await GrpcProxy.to(temporalUnderTest().address);
});
const api = useApi({ timeoutMs: 3_000, temporalAddress: () => proxy.address });
afterAll(() => proxy.close());
const { alice, olga } = aCompany(api);

const CLAIM = 'RespondActivityTaskCompleted';

test.each([
  ['the answer is lost and the claim sent again', () => proxy.loseAnswer(CLAIM)],
  ['no answer comes at all', () => void proxy.hold(CLAIM, 'after')],
])('when %s, it is the task claimed that is handed out', async (_what, disturb) => {
  const queue = await QueueUnderTest.open(olga);
  const ids = [await queue.put(), await queue.put()];
  disturb();
  const { status, body } = await queue.dequeue(alice, 5);
  proxy.release();
  expect({ status, id: body.task?.id }).toEqual({ status: 200, id: ids[0] });
  expect(await olga.read(ids[0]!)).toMatchObject({ status: 'assigned', run: { id: body.run.id } });
  expect((await olga.read(ids[1]!)).status).toBe('queued');
});

test('when the claim itself is lost, the caller is told, and the task waits for the next', async () => {
  const queue = await QueueUnderTest.open(olga);
  const id = await queue.put();
  void proxy.hold(CLAIM, 'before');
  expect(await queue.dequeue(alice, 5)).toMatchObject({ status: 503, body: { retryable: true } });
  proxy.release();
  expect((await queue.take(alice, 20)).taskId).toBe(id);
});
