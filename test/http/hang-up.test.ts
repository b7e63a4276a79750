/** Who hangs up while it waits for work takes none away: what it would have got goes to the next one at once. */
import { expect, test } from 'vitest';
import { useApi } from '../support/api-under-test.ts';
import { eventually } from '../support/caller.ts';
import { QueueUnderTest, aCompany } from '../support/queues.ts';

const api = useApi();
const { alice, bob, olga } = aCompany(api);

/** Begins to wait for a task, and hangs up once Temporal knows that somebody waits. */
async function hangUpWaiting(queue: QueueUnderTest, key?: string): Promise<void> {
  const hangUp = new AbortController();
  const waiting = queue.dequeue(alice, 30, { key, signal: hangUp.signal }).catch(() => {});
  await eventually(
    async () => (await queue.look()).body.pollers,
    (pollers) => pollers.some(({ agent }: { agent: string }) => agent === 'alice'),
  );
  hangUp.abort();
  await waiting;
}

/** How often an offer of the task was handed out in vain before the claim, and what Temporal says of the last time. */
async function refusedOffers(taskId: string): Promise<{ tries: number; last: string | undefined }> {
  const { events } = await api.temporal.workflow.getHandle(taskId).fetchHistory();
  const completed = events!.find(
    ({ activityTaskCompletedEventAttributes: attributes }) => attributes?.identity === 'bob',
  );
  const startedId = completed!.activityTaskCompletedEventAttributes!.startedEventId;
  const started = events!.find(({ eventId }) => String(eventId) === String(startedId));
  const { attempt, lastFailure } = started!.activityTaskStartedEventAttributes!;
  return { tries: (attempt ?? 1) - 1, last: lastFailure?.message ?? undefined };
}

test('a task that was matched to a caller which had hung up goes to the next one at once, not after a timeout', async () => {
  const queue = await QueueUnderTest.open(olga);
  await hangUpWaiting(queue);
  const id = await queue.put();
  const { body } = await queue.dequeue(bob, 30);
  expect(body.task.id).toBe(id);
  // Alice's poll was there first and is never aborted; it ends by giving back, which a timeout would not be.
  const { tries, last } = await refusedOffers(id);
  if (tries > 0) expect({ tries, last }).toEqual({ tries: 1, last: 'given back' });
  expect(await olga.read(id)).toMatchObject({ attempts: 0, endedRuns: [], run: { agent: 'bob' } });
});

/** Has alice ask for the task while no worker takes its lease up, and hang up once she holds it. */
async function hangUpWhileItStarts(queue: QueueUnderTest, id: string, key?: string): Promise<void> {
  await api.stopWorker();
  await api.startWorker({ activities: false });
  const hangUp = new AbortController();
  const asking = queue.dequeue(alice, 20, { key, signal: hangUp.signal }).catch(() => {});
  await eventually(
    () => olga.read(id),
    ({ status }) => status === 'assigned',
  );
  hangUp.abort();
  await asking;
  await api.stopWorker();
  await api.startWorker();
}

test('a run that was claimed for a caller which had hung up is given back, and is no attempt', async () => {
  const queue = await QueueUnderTest.open(olga);
  const id = await queue.put();
  await hangUpWhileItStarts(queue, id);
  expect((await queue.take(bob)).taskId).toBe(id);
  expect(await olga.read(id)).toMatchObject({
    attempts: 0,
    endedRuns: [{ agent: 'alice', end: 'released' }],
    run: { agent: 'bob' },
  });
});

test('with a key it is kept for the same request, which comes again', async () => {
  const queue = await QueueUnderTest.open(olga);
  const id = await queue.put();
  await hangUpWhileItStarts(queue, id, 'again');
  const { body } = await queue.dequeue(alice, 20, { key: 'again' });
  expect(body.task).toMatchObject({ id, version: 2, endedRuns: [], run: { agent: 'alice' } });
});
