/** The paths of a task that has sub-tasks. */
import { childrenOf, giveUp, node, parallel, plant, sequence, untilChildrenAre, work } from '../support/family.ts';
import type { RealTask } from '../support/real-task.ts';
import { ada, olga, rita } from '../support/task-fixture.ts';
import type { TestWorker } from '../support/test-worker.ts';
import { renew } from './path.ts';
import type { Paths } from './path.ts';

const REQUIRED = { policy: 'required' } as const;
/** A little longer than it takes a parent to look after sub-tasks that nothing tells of. */
const A_LOOK_MS = 305_000;

/** A sequence of two steps, and these. */
async function pipeline(baton: TestWorker, definition: Parameters<typeof sequence>[2] = {}) {
  const [first, second] = [node('Peel', { settleSeconds: 2 }), node('Cook')];
  const root = await plant(baton, sequence('Dinner', [first, second], definition));
  return { root, first: baton.open(first.id), second: baton.open(second.id) };
}

export const TREE_PATHS: Paths = {
  async 'pipeline-done'(baton) {
    const { root, first, second } = await pipeline(baton);
    await work(first);
    await work(second);
    return root;
  },

  async 'container-reviewed'(baton) {
    const leaves = [node('Peel'), node('Chop')];
    const root = await plant(baton, parallel('Prepare', leaves, { review: REQUIRED }));
    for (const { id } of leaves) await work(baton.open(id));
    await root.until(({ status }) => status === 'review');
    await root.do('request_changes', rita, { rework: 'same_task' });
    const more = node('Wash');
    await root.do('create_subtask', ada, { child: more });
    await work(baton.open(more.id));
    await root.until(({ status }) => status === 'review');
    await root.do('approve', rita);
    return root;
  },

  async 'subtasks-created-by-an-agent'(baton) {
    const task = await baton.create({ review: { policy: 'none' }, mode: 'sequence' });
    const run = await task.claim(ada);
    const [first, second] = [node('Peel'), sequence('Cook', [node('Fry')])];
    await task.do('create_subtask', ada, { child: first });
    await task.do('create_subtask', ada, { child: second });
    await task.send('mark_complete', ada);
    await work(baton.open(first.id));
    await work(baton.open(second.children![0]!.id));
    await untilChildrenAre(task, 'Peel: done', 'Cook: done');
    await task.do('mark_complete', ada);
    await task.completeLease(run.id);
    return task;
  },

  async 'subtask-that-could-not-start'(baton) {
    const stranger = await baton.create();
    const task = await baton.create({ autoComplete: true, review: { policy: 'none' } });
    await task.send('create_subtask', olga, { child: { ...node('Peel'), id: stranger.id } }).catch(() => {});
    await task.do('skip_child', olga, { child: stranger.id });
    return task;
  },

  async 'pipeline-with-steps-that-were-cancelled-and-terminated'(baton) {
    const { root, first, second } = await pipeline(baton);
    await first.handle.cancel();
    await second.until(({ gate }) => gate === undefined);
    await second.handle.terminate('enough');
    return root;
  },

  async 'pipeline-held-and-retried'(baton) {
    const { root, first, second } = await pipeline(baton);
    await giveUp(first);
    await untilChildrenAre(root, 'Peel: failed', 'Cook: held up by Peel');
    const again = { ...node('Peel again'), follows: { task: first.id, by: olga, comment: 'Once more.' } };
    await root.do('create_subtask', olga, { child: again, replaces: first.id });
    await work(baton.open(again.id));
    await work(second);
    return root;
  },

  async 'pipeline-held-and-skipped'(baton) {
    const { root, first, second } = await pipeline(baton);
    await giveUp(first);
    await untilChildrenAre(root, 'Peel: failed', 'Cook: held up by Peel');
    await root.do('skip_child', olga, { child: first.id });
    await work(second);
    return root;
  },

  async 'pipeline-that-goes-on-without-a-step'(baton) {
    const { root, first, second } = await pipeline(baton, { onChildFailure: 'continue' });
    await giveUp(first);
    await work(second);
    return root;
  },

  async 'pipeline-failed-by-a-step'(baton) {
    const { root, first } = await pipeline(baton, { onChildFailure: 'fail' });
    await giveUp(first);
    return root;
  },

  async 'pipeline-with-a-step-followed'(baton) {
    const first = node('Peel', { review: REQUIRED });
    const second = node('Cook');
    const root = await plant(baton, sequence('Dinner', [first, second]));
    await sentBack(baton.open(first.id));
    const { followedBy } = await baton.open(first.id).final();
    await work(baton.open(followedBy!));
    await baton.open(followedBy!).do('approve', rita);
    await work(baton.open(second.id));
    return root;
  },

  async 'pipeline-with-a-step-taken-up-again'(baton) {
    const { root, first, second } = await pipeline(baton);
    await work(first);
    await second.until(({ gate }) => gate === undefined);
    await first.do('reopen', olga);
    await second.until(({ gate }) => gate !== undefined);
    await work(first);
    await work(second);
    return root;
  },

  async 'pipeline-with-a-step-put-in-between'(baton) {
    const { root, first, second } = await pipeline(baton);
    const zero = { ...node('Wash'), order: 0 };
    await root.do('create_subtask', olga, { child: zero });
    await first.until(({ gate }) => gate?.blockedBy === zero.id);
    await work(baton.open(zero.id));
    await work(first);
    await work(second);
    return root;
  },

  async 'pipeline-cancelled'(baton) {
    const { root, first } = await pipeline(baton, { settleSeconds: 2 });
    await first.claim(ada);
    await root.cancel();
    return root;
  },

  async 'pipeline-cancelled-along-with-its-start'(baton) {
    const root = await baton.create({}, { children: [sequence('Branch', [node('Leaf')]), node('Leaf')] });
    await root.handle.cancel();
    return root;
  },

  async 'parent-that-failed'(baton) {
    const { root } = await pipeline(baton, { assignee: 'ada' });
    await giveUp(root);
    return root;
  },

  async 'parent-continued-as-new'(baton) {
    const { root, first, second } = await pipeline(baton);
    await renew(root);
    await work(first);
    await second.until(({ gate }) => gate === undefined);
    await renew(root);
    await work(second);
    return root;
  },

  async 'parent-that-missed-a-sub-task'(baton) {
    const first = node('Peel', { review: REQUIRED });
    const root = await plant(baton, sequence('Dinner', [first]));
    await sentBack(baton.open(first.id));
    const { followedBy } = await baton.open(first.id).final();
    await root.until(({ children }) => children[0]?.id === followedBy);
    await baton.open(followedBy!).handle.terminate('enough');
    await new Promise((resolve) => setTimeout(resolve, A_LOOK_MS));
    await root.until(({ status }) => status === 'done');
    await childrenOf(root);
    return root;
  },
};

async function sentBack(task: RealTask): Promise<void> {
  await work(task);
  await task.do('request_changes', rita, { comment: 'thinner' });
}
