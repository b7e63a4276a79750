/** A run whose lease nobody picked up is none: the same request with the same key, as its refusal advises, gets another. */
import { expect, test } from 'vitest';
import { useApi } from '../support/api-under-test.ts';
import type { Answer } from '../support/caller.ts';
import { eventually } from '../support/caller.ts';
import { QueueUnderTest, aCompany } from '../support/queues.ts';

const api = useApi();
const { alice, bob, olga } = aCompany(api);
const key = { 'idempotency-key': 'again' };

test('a dequeue and a claim that came to nothing are repeated under their keys, and give one task each', async () => {
  const queue = await QueueUnderTest.open(olga);
  const id = await queue.put();
  const { id: byId } = await olga.create();
  const asks = [
    () => queue.dequeue(alice, 0, { key: 'again' }),
    () => bob.post(`/v1/tasks/${byId}/claim`, undefined, key),
  ];
  await olga.read(id);
  await api.stopWorker();
  await api.startWorker({ activities: false });
  await olga.read(id);
  for (const { status, body } of await Promise.all(asks.map((ask) => ask()))) {
    expect({ status, ...body }).toMatchObject({ status: 503, type: '/problems/no_worker', retryable: true });
  }
  for (const each of [id, byId]) {
    await eventually(
      () => olga.read(each),
      ({ endedRuns }) => endedRuns[0]?.end === 'never_started',
    );
  }
  await api.stopWorker();
  await api.startWorker();

  const again = async (ask: () => Promise<Answer>) =>
    await eventually(ask, ({ status }) => status !== 503 && status !== 204);
  const answers = await Promise.all(asks.map(again));
  expect(answers.map(({ status, body }) => [status, body.task?.id])).toEqual([
    [200, id],
    [200, byId],
  ]);
  const more = await queue.put();
  const repeated = await Promise.all(asks.map(again));
  expect(repeated.map(({ body }) => body.run)).toMatchObject(
    answers.map(({ body }) => ({ id: body.run.id })),
  );
  await api.restartApp();
  await eventually(
    async () => (await olga.get(`/v1/tasks?queue=${queue.id}&status=assigned`)).body.items,
    (items) => items.length === 1,
  );
  expect((await asks[0]!()).body.run.id).toBe(answers[0]!.body.run.id);
  expect(await olga.read(more)).toMatchObject({ status: 'queued', endedRuns: [] });
});
