import { describe, expect, test } from 'vitest';
import { askFor, untilItWaits } from '../support/approvals.ts';
import { large, renew } from '../support/long-history.ts';
import { patiently } from '../support/patience.ts';
import { ada, bob, olga, rita } from '../support/task-fixture.ts';
import { describeOnWorkers } from '../support/worker.ts';

const pending = { type: 'approval_pending', retryable: true };

describeOnWorkers('a task that an approval is about', (baton) => {
  test('is withdrawn, and offered again once it is approved, which the answer waits for', async () => {
    const task = await baton.create({ queue: baton.workQueue().id });
    expect(await task.offer()).toBeDefined();
    const approval = await askFor(baton, [task], { requestedBy: olga });
    expect((await untilItWaits(task)).approvals).toMatchObject([{ id: approval.id, type: 'hire_agent' }]);
    expect(await task.offer()).toBeUndefined();
    expect(await task.page()).toContain(`May not start before approval ${approval.id}`);
    expect(await task.send('claim', ada)).toMatchObject({ ...pending, blockedBy: approval.id });
    await approval.step('request_revision');
    await approval.step('resubmit', olga);
    expect(await task.send('claim', ada)).toMatchObject(pending);
    await approval.step('approve');
    expect(await task.view()).not.toHaveProperty('approvals');
    expect(await task.offer()).toBeDefined();
    await task.claim(ada);
    await approval.handle.result();
  });

  test('goes to people when it is rejected, but not what is for whoever asked', async () => {
    const [theirs, others] = [
      await baton.create({ assignee: 'ada' }),
      await baton.create({ assignee: 'bob' }, { createdBy: ada }),
    ];
    const approval = await askFor(baton, [theirs, others]);
    await Promise.all([theirs, others].map(untilItWaits));
    await approval.step('reject', rita, { note: 'Too dear.' });
    expect(await others.view()).toMatchObject({
      status: 'handoff',
      handoff: { by: 'rita', blockers: expect.stringContaining('was rejected by rita: Too dear.') },
    });
    expect((await theirs.view()).status).toBe('queued');
    await theirs.claim(ada);
  });

  test('can not be handed in by the run that asked, which goes on', async () => {
    const task = await baton.create({ assignee: 'ada', review: { policy: 'none' } });
    const run = await task.claim(ada);
    const approval = await askFor(baton, [task]);
    await untilItWaits(task);
    expect((await task.beat(run.id))?.cancelRequested).toBe(false);
    await task.do('report_progress', ada);
    expect(await task.send('mark_complete', ada)).toMatchObject(pending);
    await approval.step('approve');
    await task.do('mark_complete', ada);
    expect((await task.final()).status).toBe('done');
  });

  test('does not wait for it where whoever asked has no say in it, or where it has closed', async () => {
    const [theirs, others, closed] = await Promise.all([
      baton.create({ assignee: 'ada' }),
      baton.create({ assignee: 'bob' }),
      baton.create(),
    ]);
    await closed.cancel();
    await closed.final();
    const approval = await askFor(baton, [closed, others, theirs]);
    await untilItWaits(theirs);
    await approval.step('approve');
    expect(await theirs.view()).not.toHaveProperty('approvals');
    await others.claim(bob);
    await approval.handle.result();
  });

  test('waits for all of several', async () => {
    const task = await baton.create();
    const [first, second] = [
      await askFor(baton, [task], { requestedBy: olga }),
      await askFor(baton, [task], { requestedBy: olga }),
    ];
    await task.until(({ approvals }) => approvals?.length === 2);
    await first.step('approve');
    expect(await task.send('claim', ada)).toMatchObject({ ...pending, blockedBy: second.id });
    await second.step('approve');
    await task.claim(ada);
  });

  test('wakes whoever asked only once its task is free', async () => {
    const company = `company-${crypto.randomUUID()}`;
    const task = await baton.create({ assignee: 'bob' }, { company, createdBy: ada });
    const approval = await askFor(baton, [task], { company });
    await untilItWaits(task);
    await approval.step('approve');
    const agent = await baton.agentOf(company, 'ada');
    const { wakes } = await agent.until((record) => record.wakes.length > 0);
    expect(wakes).toMatchObject([{ reasons: ['approval_decided'], approvalId: approval.id }]);
    await task.claim(bob);
    const events = (await approval.handle.fetchHistory()).events ?? [];
    const at = (isIt: (event: (typeof events)[number]) => unknown) => events.findLastIndex(isIt);
    const told = at(({ externalWorkflowExecutionSignaledEventAttributes: it }) => it);
    expect(told).toBeGreaterThan(-1);
    expect(at(({ activityTaskScheduledEventAttributes: it }) => it)).toBeGreaterThan(told);
  });
});

describeOnWorkers(
  'an approval and its task',
  (baton) => {
    describe('while no worker is there', () => {
      test('come to the same, decided before the task has heard that it was asked for', async () => {
        const task = await baton.create({ queue: baton.workQueue().id });
        await task.offer();
        await baton.stopWorking();
        const approval = await askFor(baton, [task], { requestedBy: olga });
        const decided = approval.step('approve');
        await baton.startWorking();
        await decided;
        expect(await task.view()).not.toHaveProperty('approvals');
        expect(await task.offer()).toBeDefined();
        const events = await task.events();
        expect(
          events.flatMap((event) => event.workflowExecutionSignaledEventAttributes?.signalName ?? []),
        ).toEqual(['approval_asked', 'approval_decided']);
      });

      test('forget nothing', async () => {
        const task = await baton.create();
        const approval = await askFor(baton, [task], { requestedBy: olga });
        await untilItWaits(task);
        await baton.restart();
        expect(await task.send('claim', ada)).toMatchObject(pending);
        await approval.step('reject');
        expect((await task.view()).status).toBe('handoff');
      });
    });
  },
  { sideBySide: false },
);

describeOnWorkers(
  'an approval and its task that continue as new',
  (baton) => {
    test('go on waiting for each other', async () => {
      const task = await baton.create();
      const approval = await askFor(baton, [task], { requestedBy: olga });
      await untilItWaits(task);
      await renew(task);
      const first = (await approval.handle.describe()).runId;
      const hasContinued = async () => {
        await approval.step('request_revision');
        await approval.step('resubmit', olga, { payload: large('x') });
        return (await approval.handle.describe()).runId !== first;
      };
      await patiently(hasContinued, 'It should have continued as new.');
      expect(await task.send('claim', ada)).toMatchObject({ ...pending, blockedBy: approval.id });
      await approval.step('approve');
      await task.claim(ada);
      expect((await task.view()).approvals).toBeUndefined();
    });
  },
  { hasty: true },
);
