/** The paths of a task by itself. */
import type { RealTask } from '../support/real-task.ts';
import { ada, bob, olga, rita, rolf } from '../support/task-fixture.ts';
import type { TestWorker } from '../support/test-worker.ts';
import { renew } from './path.ts';
import type { Paths } from './path.ts';

const SHORT = { leaseSeconds: 5 };

const isQueued = ({ status }: { status: string }) => status === 'queued';
const soon = () => new Date(Date.now() + 1_500).toISOString();

/** Ends the run with a submission, and closes its lease as the API does. */
async function handIn(task: RealTask, output: unknown = { beans: 7 }): Promise<void> {
  const { run } = await task.view();
  await task.do('mark_complete', ada, { output, contentHash: 'h' });
  await task.completeLease(run!.id);
}

/** What happens to a task, by the name of its file. */
export const TASK_PATHS: Paths = {
  async done(baton) {
    const task = await baton.create({ description: 'All of them.', labels: ['food'], project: 'soup' });
    await task.do('comment', bob, { comment: 'I know that pantry.' });
    await task.do('edit', olga, { edit: { priority: 1 }, ifVersion: 1 });
    await task.claim(ada);
    await task.do('report_progress', ada, { note: 'half way', cost: { usd: 0.1 } });
    await task.do('report_progress', ada, { percent: 90 });
    await handIn(task);
    await task.do('approve', rita, { comment: 'fine' });
    return task;
  },

  async 'done-without-review'(baton) {
    const task = await baton.create({ review: { policy: 'none' } });
    await task.claim(ada);
    await handIn(task);
    return task;
  },

  async 'done-with-promotions'(baton) {
    const task = await baton.create({ project: 'soup', settleSeconds: 3 });
    await task.claim(ada);
    const memoryPromotions = [
      { scope: 'agent', text: 'I like beans.' },
      { scope: 'project', text: 'Beans come first.' },
      { scope: 'client', text: 'Nobody has one.' },
    ];
    const { run } = await task.view();
    await task.do('mark_complete', ada, { memoryPromotions });
    await task.completeLease(run!.id);
    await task.do('approve', rita);
    return task;
  },

  async 'approved-by-two'(baton) {
    const task = await baton.create({ review: { policy: 'required', quorum: 2, reviewers: ['rita', 'rolf'] } });
    await task.claim(ada);
    await handIn(task);
    await task.do('approve', rita);
    await task.do('approve', rolf);
    return task;
  },

  async 'failed-by-report'(baton) {
    const task = await baton.create();
    await task.claim(ada);
    await task.do('mark_failed', ada, { reasonCode: 'out_of_scope', blocker: 'not a bean' });
    return task;
  },

  async 'failed-later-after-backoff'(baton) {
    const task = await baton.create({ maxAttempts: 2 });
    await task.claim(ada);
    await task.do('mark_failed', ada, { reasonCode: 'unreachable_service' });
    await task.until(({ notBefore }) => notBefore === undefined);
    await task.claim(bob);
    await task.do('mark_failed', bob, { reasonCode: 'agent_exited' });
    return task;
  },

  async 'crashed-and-retried'(baton) {
    const task = await baton.create();
    await task.claim(bob, SHORT);
    await task.do('report_progress', bob);
    await task.until(isQueued);
    await task.send('mark_complete', bob);
    await task.claim(ada);
    await handIn(task);
    await task.do('approve', rita);
    return task;
  },

  async 'never-started'(baton) {
    const task = await baton.create({ maxAttempts: 1, lease: { seconds: 5 } });
    await task.do('claim', ada);
    await task.until(isQueued);
    await task.claim(ada);
    return task;
  },

  async 'stalled-to-failure'(baton) {
    const task = await baton.create({ progressTimeoutSeconds: 1, maxAttempts: 2 });
    await task.claim(ada);
    await task.until(isQueued);
    await task.claim(bob);
    return task;
  },

  async 'changes-in-a-new-task'(baton) {
    const task = await baton.create();
    await task.claim(ada);
    await handIn(task);
    await task.do('request_changes', rita, { comment: 'again' });
    return task;
  },

  async 'changes-in-the-same-task'(baton) {
    const task = await baton.create({ review: { policy: 'required', rework: 'same_task' } });
    await task.claim(ada);
    await handIn(task, 'first');
    await task.do('request_changes', rita, { comment: 'again' });
    await task.claim(ada);
    await handIn(task, 'second');
    await task.do('approve', rita);
    return task;
  },

  async 'cancelled-at-once'(baton) {
    const task = await baton.create();
    await task.cancel();
    return task;
  },

  async 'cancelled-with-a-comment'(baton) {
    const task = await baton.create({ cancelGraceSeconds: 60 });
    await task.claim(ada);
    await task.do('cancel', olga, { comment: 'not needed' });
    await task.cancel();
    await task.do('release', ada);
    return task;
  },

  async 'cancelled-after-grace'(baton) {
    const task = await baton.create({ cancelGraceSeconds: 1 });
    await task.claim(ada);
    await task.do('report_progress', ada);
    await task.cancel();
    return task;
  },

  async 'cancelled-and-handed-in'(baton) {
    const task = await baton.create({ cancelGraceSeconds: 60 });
    await task.claim(ada);
    await task.cancel();
    await handIn(task);
    return task;
  },

  async 'handed-off-and-resumed'(baton) {
    const task = await baton.create({ assignee: 'ada' });
    await task.claim(ada);
    await task.do('hand_off', ada, { blockers: 'no access', nextStep: 'ask' });
    await task.do('resume', olga);
    await task.claim(ada);
    await task.do('release', ada, { comment: 'no time' });
    await task.do('hand_off', olga);
    await task.claim(ada);
    await handIn(task);
    await task.do('approve', rita);
    return task;
  },

  async 'deadline-passed'(baton) {
    const task = await baton.create({ deadline: new Date(Date.now() + 3_600_000).toISOString() });
    await task.do('edit', olga, { edit: { deadline: soon() } });
    return task;
  },

  async 'budget-exhausted'(baton) {
    const task = await baton.create({ budget: { usd: 1, tokens: 1_000 } });
    await task.claim(ada);
    await task.do('report_progress', ada, { cost: { usd: 0.5 } });
    await task.do('report_progress', ada, { cost: { usd: 0.6 } });
    return task;
  },

  'review-escalated': (baton) => reviewOverdue(baton, 'escalate'),
  'review-approved-by-time': (baton) => reviewOverdue(baton, 'approve'),
  'review-rejected-by-time': (baton) => reviewOverdue(baton, 'reject'),

  async 'settled-and-reopened'(baton) {
    const task = await baton.create({ settleSeconds: 3, review: { policy: 'none' } });
    await task.claim(ada);
    await handIn(task, 'first');
    await task.do('reopen', olga);
    await task.claim(ada);
    await handIn(task, 'second');
    await task.do('comment', olga);
    return task;
  },

  async 'cancelled-and-reopened'(baton) {
    const task = await baton.create({ settleSeconds: 3 });
    await task.cancel();
    await task.do('reopen', olga, { to: 'handoff' });
    await task.cancel();
    return task;
  },

  async 'unreadable-messages'(baton) {
    const task = await baton.create({ review: { policy: 'none' } });
    await task.signalRaw('comment', []);
    await task.signalRaw('no_such_signal', [{ data: new Uint8Array([1]) }]);
    await task.claim(ada);
    await handIn(task);
    return task;
  },

  async 'claimed-before-the-first-workflow-task'(baton) {
    await baton.stopWorking();
    const task = await baton.create({ review: { policy: 'none' } });
    const claim = task.claim(ada);
    await baton.startWorking();
    await claim;
    await handIn(task);
    return task;
  },

  async 'continued-as-new-with-a-run'(baton) {
    const task = await baton.create();
    const run = await task.claim(ada);
    await renew(task);
    await task.untilAlive(run.id);
    await task.do('report_progress', ada);
    await handIn(task);
    await task.do('approve', rita);
    return task;
  },
};

async function reviewOverdue(baton: TestWorker, onTimeout: 'escalate' | 'approve' | 'reject') {
  const task = await baton.create({ review: { policy: 'required', timeoutSeconds: 1, onTimeout } });
  await task.claim(ada);
  await handIn(task);
  await task.until(({ status, review }) => status !== 'review' || review?.escalatedAt !== undefined);
  if (onTimeout === 'escalate') await task.do('approve', rita);
  return task;
}
