/**
 * What ends by itself while no worker looks is all found at once. It is taken in the order in which it happened, by the
 * workflow as by those who read its history, which the last test of the group compares.
 */
import { expect, test } from 'vitest';
import { patiently } from '../support/patience.ts';
import type { RealTask } from '../support/real-task.ts';
import { ada } from '../support/task-fixture.ts';
import { describeOnWorkers } from '../support/worker.ts';

const timerFired = (task: RealTask) => task.untilEvent((event) => Boolean(event.timerFiredEventAttributes));

describeOnWorkers(
  'what ended while no worker looked',
  (baton) => {
    /** Lets both happen while the worker is away, one after the other. */
    async function unseen(...happenings: (() => Promise<unknown>)[]): Promise<void> {
      await baton.stopWorking();
      for (const happen of happenings) await happen();
      await baton.startWorking();
    }

    const offered = async () => {
      const queue = baton.workQueue();
      const task = await baton.create({ queue: queue.id, cancelGraceSeconds: 600, settleSeconds: 600 });
      return { task, held: await queue.next(ada) };
    };

    test('an offer that was answered, then a cancellation: its taker has time to wind down', async () => {
      const { task, held } = await offered();
      await unseen(
        () => held.claim(),
        () => task.handle.cancel(),
      );
      expect(await task.view()).toMatchObject({ status: 'assigned', cancel: {}, run: { agent: 'ada' } });
    });

    test('a cancellation, then the answer to an offer: nobody takes it any more', async () => {
      const { task, held } = await offered();
      await unseen(
        () => task.handle.cancel(),
        () => held.claim(),
      );
      expect(await task.view()).toMatchObject({ status: 'cancelled', endedRuns: [] });
    });

    const held = async () => {
      const task = await baton.create({ progressTimeoutSeconds: 2 });
      const run = await task.claim(ada);
      return { task, loseLease: () => task.completeLease(run.id), stall: () => timerFired(task) };
    };

    test('a lease, then the time for a checkpoint: the run crashed', async () => {
      const { task, loseLease, stall } = await held();
      await unseen(loseLease, stall);
      expect((await task.view()).endedRuns).toMatchObject([{ end: 'crashed' }]);
    });

    test('the time for a checkpoint, then a lease: the run stalled', async () => {
      const { task, loseLease, stall } = await held();
      await unseen(stall, loseLease);
      expect((await task.view()).endedRuns).toMatchObject([{ end: 'stalled' }]);
    });

    const container = async () => {
      const child = { id: crypto.randomUUID(), definition: { title: 'A part' } };
      const task = await baton.create({ review: { policy: 'none' } }, { children: [child] });
      await task.untilEvent((event) => Boolean(event.childWorkflowExecutionStartedEventAttributes));
      // The workflow hears of that in a workflow task of its own.
      await patiently(
        async () => Boolean((await task.events()).at(-1)?.workflowTaskCompletedEventAttributes),
        'The start of the sub-task was not heard.',
      );
      return {
        task,
        terminate: async () => {
          await baton.open(child.id).handle.terminate('enough');
          await task.untilEvent((event) => Boolean(event.childWorkflowExecutionTerminatedEventAttributes));
        },
      };
    };

    test('the last sub-task, then a cancellation: done all the same', async () => {
      const { task, terminate } = await container();
      await unseen(terminate, () => task.handle.cancel());
      expect((await task.final()).status).toBe('done');
    });

    test('a cancellation, then the last sub-task: cancelled', async () => {
      const { task, terminate } = await container();
      await unseen(() => task.handle.cancel(), terminate);
      expect((await task.final()).status).toBe('cancelled');
    });
  },
  { sideBySide: false },
);
