import { expect, test } from 'vitest';
import { LIMITS } from '../../workflows/limits.ts';
import { ada, bob, olga, rita } from '../support/task-fixture.ts';
import { describeOnWorkers } from '../support/worker.ts';

describeOnWorkers('a cancellation', (baton) => {
  test.each(['queued', 'review', 'handoff'] as const)(
    'of a task that is %s takes effect at once',
    async (status) => {
      const task = await baton.create();
      if (status !== 'queued') {
        await task.claim(ada);
        await task.do(status === 'review' ? 'mark_complete' : 'hand_off', ada);
      }
      await task.cancel();
      expect((await task.final()).status).toBe('cancelled');
    },
  );

  test('that comes along with the start takes effect too', async () => {
    const task = await baton.create();
    await task.handle.cancel();
    expect(await task.final()).toMatchObject({ status: 'cancelled', endedRuns: [] });
  });

  test('is told to a running agent by its next heartbeat', async () => {
    const task = await baton.create({ cancelGraceSeconds: 600 });
    const run = await task.claim(ada);
    await task.cancel();
    await expect(task.untilStopped(run.id)).resolves.toBeUndefined();
    expect(await task.view()).toMatchObject({ status: 'assigned', run: { id: run.id } });
  });

  test('ends the run when the grace period is over, whatever its agent does', async () => {
    const task = await baton.create({ cancelGraceSeconds: 1 });
    const run = await task.claim(ada);
    const beats = task.keepBeating(run.id);
    await task.cancel();
    expect(await task.final()).toMatchObject({ status: 'cancelled', endedRuns: [{ end: 'cancelled' }] });
    beats.stop();
  });

  test('keeps what the agent hands in during its grace period', async () => {
    const task = await baton.create({ cancelGraceSeconds: 600 });
    const run = await task.claim(ada);
    await task.cancel();
    expect(await task.view()).toMatchObject({ status: 'assigned', run: { id: run.id } });
    await task.do('mark_complete', ada, { output: 'half of it' });
    expect(await task.final()).toMatchObject({ status: 'cancelled', submission: { output: 'half of it' } });
  });

  test.each(['release', 'mark_failed'] as const)('takes effect early on %s', async (name) => {
    const task = await baton.create({ cancelGraceSeconds: 600 });
    await task.claim(ada);
    await task.cancel();
    await task.do(name, ada);
    expect((await task.final()).status).toBe('cancelled');
  });

  test('lets nothing else happen meanwhile', async () => {
    const task = await baton.create({ cancelGraceSeconds: 600 });
    await task.claim(ada);
    await task.cancel();
    for (const [name, actor] of [
      ['claim', bob],
      ['report_progress', ada],
      ['hand_off', ada],
      ['edit', olga],
    ] as const) {
      expect(await task.send(name, actor), name).toMatchObject({ type: 'cancel_requested' });
    }
    expect(await task.view()).toMatchObject({ status: 'assigned', run: { agent: 'ada' } });
    await task.do('release', ada);
  });

  test('that a message announces closes the workflow as Canceled', async () => {
    const task = await baton.create({ cancelGraceSeconds: 600 });
    const run = await task.claim(ada);
    await task.do('cancel', olga, { comment: 'not needed' });
    expect((await task.view()).cancel).toBeUndefined();
    await task.cancel();
    await task.untilStopped(run.id);
    await task.do('release', ada);
    expect(await task.final()).toMatchObject({ status: 'cancelled', commentCount: 1 });
    expect((await task.handle.describe()).status.name).toBe('CANCELLED');
  });

  test('is not lost when the history grows long meanwhile', async () => {
    const task = await baton.create({ cancelGraceSeconds: 600, settleSeconds: 1 });
    for (let i = 0; i < 16; i += 1) {
      await task.do('edit', olga, { edit: { description: String(i % 10).repeat(250 * 1024) } });
    }
    await task.claim(ada);
    await task.cancel();
    const comment = 'c'.repeat(LIMITS.commentBytes);
    for (let i = 0; i < 12; i += 1) await task.do('comment', olga, { comment });
    const { historySize, runId, raw } = await task.handle.describe();
    expect(historySize).toBeGreaterThan(4 * 1024 * 1024);
    expect(runId, 'it has not continued as new').toBe(raw.workflowExecutionInfo?.firstRunId);
    await task.do('release', ada);
    expect((await task.final()).status).toBe('cancelled');
  });
});

describeOnWorkers('a task that settles', (baton) => {
  test('after its cancellation can be reopened, done, and cancelled again', async () => {
    const task = await baton.create({ settleSeconds: 600 });
    await task.cancel();
    expect((await task.view()).status).toBe('cancelled');
    await task.do('reopen', olga);
    await task.claim(ada);
    await task.do('mark_complete', ada);
    await task.do('approve', rita);
    await task.do('reopen', olga, { to: 'handoff', comment: 'look again' });
    expect(await task.view()).toMatchObject({ status: 'handoff', handoff: { blockers: 'look again' } });
    await task.cancel();
    expect((await task.view()).status).toBe('cancelled');
  });

  test('after a second cancellation is closed as Canceled', async () => {
    const task = await baton.create({ settleSeconds: 3 });
    await task.cancel();
    await task.do('reopen', olga);
    await task.cancel();
    expect(await task.final()).toMatchObject({ status: 'cancelled' });
    expect((await task.handle.describe()).status.name).toBe('CANCELLED');
  });

  test('after it was done stays done when somebody cancels', async () => {
    const task = await baton.create({ settleSeconds: 1, review: { policy: 'none' } });
    await task.claim(ada);
    await task.do('mark_complete', ada);
    await task.cancel();
    expect((await task.final()).status).toBe('done');
    expect((await task.handle.describe()).status.name).toBe('COMPLETED');
  });
});
