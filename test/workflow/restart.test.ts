import { expect, test } from 'vitest';
import { ada, bob, olga, rita } from '../support/task-fixture.ts';
import { describeOnWorkers } from '../support/worker.ts';

describeOnWorkers(
  'a worker that restarts',
  (baton) => {
    test('between creation and claim leaves a task that can be claimed and done', async () => {
      const task = await baton.create();
      await task.view();
      await baton.restart();
      await task.claim(ada);
      await task.do('mark_complete', ada);
      await task.do('approve', rita);
      expect((await task.final()).status).toBe('done');
    });

    test('during a run leaves the run alive, under the same lease', async () => {
      const task = await baton.create();
      const run = await task.claim(ada);
      await task.do('report_progress', ada, { note: 'half way' });
      await baton.restart();
      expect((await task.beat(run.id))?.cancelRequested).toBe(false);
      await task.do('report_progress', ada, { note: 'nearly there' });
      expect(await task.view()).toMatchObject({
        status: 'running',
        run: { id: run.id, attempt: 1 },
        lastProgress: { note: 'nearly there' },
      });
      await task.do('mark_complete', ada);
      await baton.restart();
      await task.do('request_changes', rita, { rework: 'same_task' });
      await baton.restart();
      expect((await task.claim(ada)).attempt).toBe(1);
    });

    test('takes the signals that came before it first saw the task in their order', async () => {
      await baton.stopWorking();
      const task = await baton.create();
      for (const name of ['hand_off', 'resume', 'hand_off'] as const) await task.signal(name, olga);
      await baton.startWorking();
      expect(await task.view()).toMatchObject({ status: 'handoff', version: 4 });
    });

    test('finds the signals that came while it was away', async () => {
      const task = await baton.create();
      await task.claim(ada);
      await baton.stopWorking();
      const messageId = await task.signal('mark_complete', ada, { output: 'sent to nobody' });
      await baton.startWorking();
      expect(await task.outcomeOf(messageId)).toBe('accepted');
      expect(await task.view()).toMatchObject({ status: 'review', submission: { output: 'sent to nobody' } });
    });

    test('notices what ran out while it was away', async () => {
      const task = await baton.create({ progressTimeoutSeconds: 1 });
      await task.claim(ada);
      await baton.stopWorking();
      await task.untilEvent((event) => event.timerFiredEventAttributes !== null);
      await baton.startWorking();
      expect(await task.view()).toMatchObject({ status: 'queued', lastFailure: { reasonCode: 'stalled' } });
      await task.claim(bob);
    });
  },
  { sideBySide: false },
);
