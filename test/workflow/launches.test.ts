/** Agents that Baton launches, with a runner whose programs are what the test says. */
import { WorkflowFailedError } from '@temporalio/client';
import { CancelledFailure } from '@temporalio/common';
import { expect, test } from 'vitest';
import { approvalUpdate } from '../../workflows/approval.ts';
import { LIMITS } from '../../workflows/limits.ts';
import { APPROVAL, json } from '../support/entities.ts';
import { launchedAgent, untilIdle } from '../support/launched-agent.ts';
import { patiently } from '../support/patience.ts';
import { useRunner } from '../support/runner.ts';
import { ada, bob, olga } from '../support/task-fixture.ts';
import { describeOnWorkers } from '../support/worker.ts';

describeOnWorkers(
  'an agent that is launched',
  (baton) => {
    const runner = useRunner();
    const an = (limits?: object, also?: object) => launchedAgent(baton, runner.name, limits, also);

    test('gets the task that it was woken for, in a run of that wake, and is free again when it has done it', async () => {
      const { company, agent, create } = await an();
      const task = await create();
      const program = await runner.next();
      const { input } = program;
      expect(input).toMatchObject({
        company,
        agentId: 'ada',
        taskId: task.id,
        launcher: 'claude',
        wake: { reason: 'assignment' },
      });
      const { runs } = await agent.until(({ runs: [run] }) => run?.phase === 'claimed');
      expect(runs).toMatchObject([{ id: input.runId, taskId: task.id }]);
      expect(await agent.page()).toContain(`Its run ${input.runId} about task ${task.id} is on`);
      await task.do('mark_complete', ada, { runId: input.runId });
      expect((await task.final()).status).toBe('done');
      expect(await untilIdle(agent)).toMatchObject({ lastRun: { id: input.runId, end: 'completed' } });
      await patiently(() => Promise.resolve(program.isStopped), 'Its program should have been stopped.');
    });

    test('goes on with a task at its next wake, which waits for the end of the run', async () => {
      const { agent, create } = await an({ runsAtOnce: 2 });
      const task = await create();
      const first = await runner.next();
      await task.do('report_progress', ada, { runId: first.input.runId });
      await task.do('comment', bob, { comment: '@ada', mentions: ['ada'], messageId: 'c1' });
      await agent.until(({ wakes }) => wakes.length === 1);
      first.exit(0);
      const second = await runner.next();
      expect(second.input).toMatchObject({ taskId: task.id, wake: { reason: 'mention', commentId: 'c1' } });
      expect((await task.view()).run?.id).toBe(second.input.runId);
      await task.do('mark_complete', ada, { runId: second.input.runId });
      await untilIdle(agent);
      expect((await task.final()).endedRuns.map(({ end }) => end)).toEqual(['continued', 'completed']);
    });

    test('is launched beside the task where somebody else has it, or where there is none', async () => {
      const { company, agent, create } = await an();
      const task = await create({ assignee: 'bob' });
      await task.claim(bob);
      await task.do('comment', bob, { comment: '@ada', mentions: ['ada'] });
      const { input, ...program } = await heldProgram();
      expect(input).toMatchObject({ taskId: task.id, wake: { reason: 'mention' } });
      expect(await agent.record()).toMatchObject({ runs: [{ id: input.runId, phase: 'held' }] });
      expect((await task.view()).run?.agent).toBe('bob');
      program.exit(0);
      expect(await untilIdle(agent)).toMatchObject({ lastRun: { end: 'exited' }, runsWithoutProgress: 0 });

      const asked = { ...APPROVAL, id: crypto.randomUUID(), company };
      const { handle } = await baton.startRaw(json(asked), 'approval');
      const step = { messageId: crypto.randomUUID(), actor: olga, step: 'approve' };
      await handle.executeUpdate(approvalUpdate, { args: [step as never] });
      const decided = await heldProgram();
      expect(decided.input).not.toHaveProperty('taskId');
      expect(decided.input.wake).toEqual({
        reason: 'approval_decided',
        approvalId: asked.id,
        approvalStatus: 'approved',
      });
      decided.exit(1);
      expect(await untilIdle(agent)).toMatchObject({
        lastRun: { end: 'agent_exited' },
        runsWithoutProgress: 1,
      });

      async function heldProgram() {
        const next = await runner.next();
        await agent.until(({ runs: [run] }) => run?.phase === 'held');
        return { input: next.input, exit: (code: number) => next.exit(code) };
      }
    });

    test('is not launched for what it can not have, or has ended', async () => {
      const { agent, create } = await an();
      await agent.update('pause');
      const [gone, taken, mine] = [await create(), await create(), await create()];
      await agent.until(({ wakes }) => wakes.length === 3);
      await gone.cancel();
      await taken.do('claim', olga);
      await agent.update('resume');
      const { input } = await runner.next();
      expect(input.taskId).toBe(mine.id);
      await mine.do('mark_complete', ada, { runId: input.runId });
      expect((await untilIdle(agent)).lastRun).toMatchObject({ id: input.runId });
      // It would be launched for what was taken, once its holder has been silent for too long.
      await agent.update('terminate');
    });

    test('takes the most urgent task when the clock wakes it, and nothing when there is none', async () => {
      const { agent, create, profile } = await an();
      await agent.update('pause');
      await create({ priority: 4 });
      const urgent = await create({ priority: 2 });
      await create({ priority: 2 });
      const { wakes } = await agent.until((record) => record.wakes.length === 3);
      for (const { id } of wakes) await agent.update('handled', { wakeId: id });
      await agent.update('resume');
      await agent.update('put_profile', { profile: { ...profile, limits: { heartbeatSeconds: 5 } } });
      const { input } = await runner.next();
      expect(input).toMatchObject({ taskId: urgent.id, wake: { reason: 'timer' } });
      await agent.update('terminate');

      const other = await an();
      await other.agent.update('put_profile', {
        profile: { ...other.profile, limits: { heartbeatSeconds: 5 } },
      });
      await other.agent.until(({ timerAt }) => timerAt !== undefined);
      expect((await untilIdle(other.agent)).lastRun).toBeUndefined();
      await other.agent.update('terminate');
    });

    test('takes one task after the other where more wake it than it keeps apart', async () => {
      const { agent, create } = await an({ runsAtOnce: 10 });
      await agent.update('pause');
      const many = Array.from({ length: LIMITS.wakes }, (_, i) => `gone-${i}`);
      await Promise.all(many.map((taskId) => agent.signal('wake', { reason: 'assignment', taskId })));
      await agent.until(({ wakes }) => wakes.length === LIMITS.wakes);
      const tasks = [await create(), await create(), await create()];
      await agent.until(({ wakes }) => wakes.at(-1)?.count === tasks.length);
      await agent.update('resume');
      for (const _ of tasks) {
        const { input } = await runner.next();
        const task = tasks.find(({ id }) => id === input.taskId);
        expect(task, JSON.stringify(input)).toBeDefined();
        await task!.do('mark_complete', ada, { runId: input.runId });
      }
      for (const task of tasks) expect((await task.final()).status).toBe('done');
      await agent.update('terminate');
    });

    test('has its runs stopped when it is terminated, and its tasks wait for others', async () => {
      const { agent, create } = await an({ runsAtOnce: 2 });
      const mine = await create();
      const others = await create({ assignee: 'bob' });
      await others.do('comment', bob, { comment: '@ada', mentions: ['ada'] });
      const programs = [await runner.next(), await runner.next()];
      await agent.until(({ runs }) => runs.every(({ phase }) => phase !== 'launching') && runs.length === 2);
      await agent.update('terminate', { note: 'Too dear.' });
      const stopped = async () => programs.every(({ isStopped }) => isStopped);
      await patiently(stopped, 'Its programs should have been stopped.');
      expect(await mine.until(({ status }) => status === 'queued')).toMatchObject({
        endedRuns: [{ end: 'released' }],
        comments: [{ by: { id: 'ada' }, text: 'Its agent was terminated.' }],
      });
      await agent.until(({ runs }) => runs.length === 0);
    });

    test('keeps the slot of a run that it holds until its program is gone', async () => {
      const { agent, create } = await an();
      const task = await create({ assignee: 'bob' });
      await task.claim(bob);
      await task.do('comment', bob, { comment: '@ada', mentions: ['ada'] });
      const program = await runner.next();
      program.isStubborn = true;
      await agent.until(({ runs: [run] }) => run?.phase === 'held');
      await agent.update('terminate');
      await patiently(() => Promise.resolve(program.isStopped), 'Its program should have been stopped.');
      const stopping = [{ id: program.input.runId, stopping: 'terminated' }];
      expect(await agent.record()).toMatchObject({ runs: stopping });
      program.exit(0);
      expect(await untilIdle(agent)).toMatchObject({ lastRun: { id: program.input.runId } });
    });

    test('is free again when its task is cancelled and its program has ended, which is not held against it', async () => {
      const { agent, create } = await an();
      const task = await create({ cancelGraceSeconds: 3_600 });
      const { input } = await runner.next();
      await agent.until(({ runs: [run] }) => run?.phase === 'claimed');
      await task.cancel();
      expect(await untilIdle(agent)).toMatchObject({
        lastRun: { id: input.runId, end: 'cancelled' },
        runsWithoutProgress: 0,
      });
      const { cancel, endedRuns } = await task.final();
      expect(endedRuns[0]!.endedAt < cancel!.graceUntil).toBe(true);
    });

    test('whose runs come to nothing is paused, and its manager told', async () => {
      const { company, agent, create } = await an({ runsWithoutProgress: 2 });
      for (let i = 0; i < 2; i += 1) {
        await create({ maxAttempts: 1 });
        (await runner.next()).exit(1);
        await agent.until(({ runsWithoutProgress }) => runsWithoutProgress === i + 1);
      }
      expect(await agent.record()).toMatchObject({
        paused: { why: 'no_progress' },
        lastRun: { end: 'agent_exited' },
      });
      expect(await agent.page()).toContain('2 runs in a row came to nothing');
      const manager = await baton.agentOf(company, 'bob');
      const [wake] = (await manager.until(({ wakes }) => wakes.length === 1)).wakes;
      expect(wake).toMatchObject({ reasons: ['escalation'] });
      // What comes meanwhile waits.
      const later = await create();
      await agent.until(({ wakes }) => wakes.length === 1);
      await agent.update('resume');
      expect((await runner.next()).input.taskId).toBe(later.id);
      await agent.update('terminate');
    });

    test('that nobody launches loses no wake, and is tried again', async () => {
      const { agent, create, profile } = await an();
      const adapter = { ...profile.adapter, runner: `nobody-${crypto.randomUUID()}` };
      await agent.update('put_profile', { profile: { ...profile, adapter } });
      const task = await create({ lease: { seconds: 5 } });
      const { wakes } = await agent.until(({ unanswered }) => unanswered?.launches === 1);
      expect(wakes).toMatchObject([{ taskId: task.id }]);
      expect(await task.view()).toMatchObject({ attempts: 0, endedRuns: [{ end: 'never_started' }] });
      await agent.update('put_profile', { profile });
      const { input } = await runner.next();
      await task.do('mark_complete', ada, { runId: input.runId });
      expect((await untilIdle(agent)).unanswered).toBeUndefined();
    });

    test('whose run spends its budget is stopped and paused until there is more', async () => {
      const { agent, create, profile } = await an({}, { budget: { usd: 1 } });
      const task = await create();
      const program = await runner.next();
      const { runId } = program.input;
      await task.do('report_progress', ada, { runId, cost: { usd: 1.5 } });
      expect(await task.final()).toMatchObject({ failure: { reasonCode: 'budget_exhausted' } });
      await patiently(() => Promise.resolve(program.isStopped), 'Its program should have been stopped.');
      await untilIdle(agent);
      const later = await create();
      await agent.until(({ wakes }) => wakes.length === 1);
      expect(await agent.page()).toContain('State:** paused');
      await agent.update('put_profile', { profile: { ...profile, budget: { usd: 9 } } });
      expect((await runner.next()).input.taskId).toBe(later.id);
      await agent.update('terminate');
    });

    test('may be ended in the Temporal UI while it holds a run', async () => {
      const { agent, create } = await an();
      const task = await create({ assignee: 'bob' });
      await task.do('comment', bob, { comment: '@ada', mentions: ['ada'] });
      const program = await runner.next();
      await agent.handle.cancel();
      const end = await agent.handle.result().catch((error: unknown) => error);
      expect((end as WorkflowFailedError).cause).toBeInstanceOf(CancelledFailure);
      await patiently(() => Promise.resolve(program.isStopped), 'Its program should have been stopped.');
    });
  },
  { sideBySide: false },
);
