/** What keeps some runs of an agent from beginning, or its workflow from going on, keeps back no others. */
import { ApplicationFailure } from '@temporalio/common';
import { expect, test } from 'vitest';
import { patiently } from '../support/patience.ts';
import { useRunner } from '../support/runner.ts';
import { ada } from '../support/task-fixture.ts';
import { describeOnWorkers } from '../support/worker.ts';

const profileOn = (runner: string, also: object = {}) => ({
  name: 'Ada',
  role: 'engineer',
  adapter: { type: 'process', launcher: 'claude', runner },
  limits: { runsAtOnce: 2, ...also },
});

describeOnWorkers('a task that does not answer', (baton) => {
  const runner = useRunner();

  test('is asked again, and keeps no slot meanwhile', async () => {
    const company = `company-${crypto.randomUUID()}`;
    const profile = profileOn(runner.name, { runsAtOnce: 1 });
    const agent = await baton.startAgent({ company, profile });
    const wedged = crypto.randomUUID();
    const { client } = baton;
    const nobody = await client.workflow.start('task', {
      workflowId: wedged,
      taskQueue: `nobody-${wedged}`,
      memo: { company },
    });
    await agent.signal('wake', { reason: 'assignment', taskId: wedged });
    await agent.until(({ runs: [run] }) => run?.taskId === wedged);
    const task = await baton.create({ assignee: 'ada' }, { company });
    await agent.until(({ wakes }) => wakes.length === 1);
    // As if all its attempts were used up.
    const { raw } = await agent.handle.describe();
    const asking = raw.pendingActivities!.find(({ activityType }) => activityType?.name === 'launch_run')!;
    const { workflowId } = agent.handle;
    const gaveUp = ApplicationFailure.nonRetryable('Nobody answers.');
    await client.activity.fail({ workflowId, activityId: asking.activityId! }, gaveUp);
    expect((await runner.next()).input.taskId).toBe(task.id);
    const { wakes } = await agent.until(({ runs: [run] }) => run?.phase === 'claimed');
    expect(wakes).toMatchObject([{ taskId: wedged, reasons: ['assignment'] }]);
    await agent.update('terminate');
    await nobody.terminate();
  });
});

describeOnWorkers(
  'a run that an agent holds itself for long',
  (baton) => {
    const runner = useRunner({ hasty: true });

    test('keeps its history open, but no others back', async () => {
      const company = `company-${crypto.randomUUID()}`;
      const profile = profileOn(runner.name);
      const agent = await baton.startAgent({ company, profile });
      await agent.signal('wake', { reason: 'manual' });
      const held = await runner.next();
      const isLong = async () =>
        (await agent.handle.describe()).raw.workflowExecutionInfo!.historySizeBytes!.toNumber() > 200 * 1024;
      while (!(await isLong())) {
        await agent.update('put_profile', { profile: { ...profile, title: 'x'.repeat(150) } });
      }
      const task = await baton.create({ assignee: 'ada', review: { policy: 'none' } }, { company });
      const { input } = await runner.next();
      expect(input.taskId).toBe(task.id);
      expect(await agent.hasContinued()).toBe(false);
      await task.do('mark_complete', ada, { runId: input.runId });
      held.exit(0);
      await agent.until(({ runs }) => runs.length === 0);
      await patiently(() => agent.hasContinued(), 'It should have continued as new.');
    });
  },
  { hasty: true },
);
