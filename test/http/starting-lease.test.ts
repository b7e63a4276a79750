/** A run whose lease no worker has taken up yet: its task has it, and no heartbeat reaches it. */
import { beforeAll, expect, test } from 'vitest';
import { claimUpdate } from '../../workflows/messages.ts';
import { useApi } from '../support/api-under-test.ts';
import { Run } from '../support/caller.ts';

const api = useApi();
beforeAll(async () => {
  await api.stopWorker();
  await api.startWorker({ activities: false });
});

/** Claimed past the API, which gives no run out before its lease is live. */
async function claimed(): Promise<Run> {
  const { id } = await api.olga.create();
  const runId = crypto.randomUUID();
  const claim = { messageId: crypto.randomUUID(), actor: { id: 'alice', role: 'agent' as const }, runId };
  await api.temporal.workflow.getHandle(id).executeUpdate(claimUpdate, { args: [claim] });
  return new Run(api.alice, id, runId);
}

test.concurrent('what it hands in is taken, and not taken for a repeat', async () => {
  const run = await claimed();
  const completed = await run.complete();
  expect(completed).toMatchObject({
    status: 200,
    body: { status: 'review', submission: { agent: 'alice' } },
  });
  expect((await api.olga.read(run.taskId)).submission.output).toEqual({ beans: 7 });
});

test.concurrent('what it reports is taken, without a promise of time', async () => {
  const run = await claimed();
  const { status, body } = await run.progress({ note: 'halfway' });
  expect({ status, ...body }).toMatchObject({ status: 200, stop: null });
  expect(Date.parse(body.leaseExpiresAt)).toBeLessThanOrEqual(Date.now());
  expect((await api.olga.read(run.taskId)).lastProgress.note).toBe('halfway');
});

test.concurrent('a heartbeat says that there is nothing to renew, and to try again', async () => {
  const run = await claimed();
  const { status, body } = await run.heartbeat();
  expect({ status, ...body }).toMatchObject({ status: 503, type: '/problems/no_worker', retryable: true });
});
