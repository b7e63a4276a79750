/** The paths of a task that is part of another. */
import { node, plant, sequence, work } from '../support/family.ts';
import type { RealTask } from '../support/real-task.ts';
import { ada, olga, rita } from '../support/task-fixture.ts';
import type { TestWorker } from '../support/test-worker.ts';
import { renew } from './path.ts';
import type { Paths } from './path.ts';

/** The second of two steps, which waits for the first. */
async function heldUp(baton: TestWorker, also: Parameters<typeof node>[1] = {}) {
  const [first, second] = [node('Peel'), node('Cook', also)];
  const root = await plant(baton, sequence('Dinner', [first, second]));
  return { root, first: baton.open(first.id), second: baton.open(second.id) };
}

export const STEP_PATHS: Paths = {
  async 'step-gated-then-run'(baton) {
    const { first, second } = await heldUp(baton);
    await second.send('claim', ada);
    await work(first);
    await work(second);
    return second;
  },

  async 'step-gated-then-dequeued'(baton) {
    const queue = baton.workQueue();
    const { first, second } = await heldUp(baton, { queue: queue.id });
    await work(first);
    const runId = (await (await queue.next(ada)).claim())!;
    await second.untilAlive(runId);
    await second.do('mark_complete', ada, { runId });
    return second;
  },

  async 'step-whose-gate-closed-again'(baton) {
    const { root, first, second } = await heldUp(baton, { queue: baton.workQueue().id });
    await work(first);
    await second.until(({ gate }) => gate === undefined);
    const between = { ...node('Chop'), order: 0 };
    await root.do('create_subtask', olga, { child: between });
    await second.until(({ gate }) => gate !== undefined);
    await work(baton.open(between.id));
    await work(second);
    return second;
  },

  async 'branch-that-passes-its-gate-on'(baton) {
    const [first, leaf] = [node('Peel'), node('Cook')];
    const branch = sequence('Stew', [leaf]);
    await plant(baton, sequence('Dinner', [first, branch]));
    await work(baton.open(first.id));
    await work(baton.open(leaf.id));
    return baton.open(branch.id);
  },

  async 'step-followed-by-another'(baton) {
    const first = node('Peel', { review: { policy: 'required' } });
    await plant(baton, sequence('Dinner', [first]));
    await work(baton.open(first.id));
    await baton.open(first.id).do('request_changes', rita, { comment: 'thinner' });
    return baton.open(first.id);
  },

  async 'step-that-follows-another'(baton) {
    const first = await STEP_PATHS['step-followed-by-another']!(baton);
    const { followedBy } = await first.final();
    await work(baton.open(followedBy!));
    await baton.open(followedBy!).do('approve', rita);
    return baton.open(followedBy!);
  },

  'step-cancelled-with-its-parent': (baton) => endedWith(baton, (root) => root.cancel()),
  'step-held-up-when-its-parent-failed': (baton) =>
    endedWith(baton, async (root) => {
      await root.do('edit', olga, { edit: { assignee: 'ada' } });
      await root.claim(ada);
      await root.do('mark_failed', ada, { reasonCode: 'out_of_scope' });
    }),

  async 'step-whose-parent-was-gone'(baton) {
    const { root, first } = await heldUp(baton);
    await root.handle.terminate('enough');
    await work(first);
    return first;
  },

  async 'step-continued-as-new-behind-its-gate'(baton) {
    const { first, second } = await heldUp(baton);
    await renew(second);
    await work(first);
    await work(second);
    return second;
  },
};

async function endedWith(baton: TestWorker, end: (root: RealTask) => Promise<void>): Promise<RealTask> {
  const { root, second } = await heldUp(baton);
  await end(root);
  return second;
}
