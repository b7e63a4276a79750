/** The paths of tasks that an approval holds back, and of such approvals. */
import { askFor, untilItWaits } from '../support/approvals.ts';
import { ada, olga, rita } from '../support/task-fixture.ts';
import type { TestWorker } from '../support/test-worker.ts';
import { renew } from './path.ts';
import type { Paths } from './path.ts';

/** A task in a work queue that waits for an approval, for which olga asked. */
async function heldBack(baton: TestWorker) {
  const task = await baton.create({ queue: baton.workQueue().id, review: { policy: 'none' } });
  await task.offer();
  const approval = await askFor(baton, [task], { requestedBy: olga });
  await untilItWaits(task);
  return { task, approval };
}

export const APPROVAL_PATHS: Paths = {
  async 'task-held-back-then-approved'(baton) {
    const { task, approval } = await heldBack(baton);
    await task.send('claim', ada);
    await approval.step('approve');
    await task.claim(ada);
    await task.do('mark_complete', ada);
    return task;
  },

  async 'task-held-back-then-rejected'(baton) {
    const { task, approval } = await heldBack(baton);
    await approval.step('reject', rita, { note: 'Too dear.' });
    await task.do('resume', olga);
    await task.cancel();
    return task;
  },

  async 'task-held-back-and-continued-as-new'(baton) {
    const { task, approval } = await heldBack(baton);
    await renew(task);
    await approval.step('approve');
    await task.cancel();
    return task;
  },

  async 'run-that-waits-for-its-approval'(baton) {
    const task = await baton.create({ assignee: 'ada', review: { policy: 'none' } });
    await task.claim(ada);
    const approval = await askFor(baton, [task]);
    await untilItWaits(task);
    await task.send('mark_complete', ada);
    await approval.step('approve');
    await task.do('mark_complete', ada);
    return task;
  },

  async 'approval-that-holds-tasks-back'(baton) {
    const company = `company-${crypto.randomUUID()}`;
    const tasks = [await baton.create({ assignee: 'ada' }), await baton.create()];
    const approval = await askFor(baton, tasks, { company });
    await untilItWaits(tasks[0]!);
    await approval.step('request_revision');
    await approval.step('resubmit', ada);
    await approval.step('approve');
    return approval.asTask;
  },

  async 'approval-of-tasks-rejected-before-the-first-workflow-task'(baton) {
    const task = await baton.create();
    await task.view();
    await baton.stopWorking();
    const approval = await askFor(baton, [task], { requestedBy: olga });
    const rejected = approval.step('reject');
    await baton.startWorking();
    await rejected;
    return approval.asTask;
  },
};
