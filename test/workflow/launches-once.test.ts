/** Launches while the worker comes and goes. */
import { expect, test } from 'vitest';
import { launchedAgent, untilIdle } from '../support/launched-agent.ts';
import { useRunner } from '../support/runner.ts';
import { ada, bob } from '../support/task-fixture.ts';
import { describeOnWorkers } from '../support/worker.ts';

describeOnWorkers(
  'a launch, whatever becomes of the worker',
  (baton) => {
    const runner = useRunner();

    test('happens once, and its end is heard of', async () => {
      const { agent, create } = await launchedAgent(baton, runner.name, { runsAtOnce: 3 });
      await baton.stopWorking();
      const tasks = await Promise.all([create(), create(), create()]);
      await Promise.all(
        tasks.map((task) => task.signal('comment', bob, { comment: '@ada', mentions: ['ada'] })),
      );
      await baton.startWorking();
      const programs = [await runner.next(), await runner.next(), await runner.next()];
      await baton.restart();
      expect(new Set(programs.map(({ input }) => input.taskId))).toEqual(new Set(tasks.map(({ id }) => id)));
      await baton.stopWorking();
      for (const { input } of programs) {
        const task = tasks.find(({ id }) => id === input.taskId)!;
        await task.signal('mark_complete', ada, { runId: input.runId });
      }
      await baton.startWorking();
      for (const task of tasks) {
        const { status, endedRuns } = await task.final();
        expect([status, endedRuns.length]).toEqual(['done', 1]);
      }
      await untilIdle(agent);
    });
  },
  { sideBySide: false },
);
