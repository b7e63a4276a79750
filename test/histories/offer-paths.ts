/** The paths of a task that waits in a work queue. */
import { defaultPayloadConverter } from '@temporalio/common';
import type { RealTask } from '../support/real-task.ts';
import { ada, bob, olga } from '../support/task-fixture.ts';
import type { TestWorker } from '../support/test-worker.ts';
import type { HeldOffer } from '../support/work-queue.ts';
import { renew } from './path.ts';
import type { Paths } from './path.ts';

const DEFINITION = { review: { policy: 'none' }, priority: 2, project: 'soup' } as const;

async function waiting(baton: TestWorker) {
  const queue = baton.workQueue();
  return { queue, task: await baton.create({ ...DEFINITION, queue: queue.id }) };
}

/** Takes the task by its offer, and hands in. */
async function take(task: RealTask, offer: HeldOffer): Promise<RealTask> {
  const runId = (await offer.claim())!;
  await task.untilAlive(runId);
  const { run } = await task.view();
  await task.do('mark_complete', { id: run!.agent, role: 'agent' }, { runId });
  await task.completeLease(runId);
  return task;
}

export const OFFER_PATHS: Paths = {
  async dequeued(baton) {
    const { queue, task } = await waiting(baton);
    return await take(task, await queue.next(ada));
  },

  async 'offer-withdrawn-by-a-claim'(baton) {
    const { task } = await waiting(baton);
    await task.claim(ada);
    await task.do('mark_complete', ada);
    return task;
  },

  async 'offer-lost-to-a-claim'(baton) {
    const { queue, task } = await waiting(baton);
    const offer = await queue.next(bob);
    await task.claim(ada);
    await offer.claim();
    await task.do('mark_complete', ada);
    return task;
  },

  async 'offered-anew-after-edits'(baton) {
    const { queue, task } = await waiting(baton);
    const other = baton.workQueue();
    await task.do('edit', olga, { edit: { title: 'Count the peas' } });
    await task.do('edit', olga, { edit: { priority: 1 } });
    await queue.next(ada);
    await task.do('edit', olga, { edit: { queue: other.id } });
    await task.do('edit', olga, { edit: { assignee: 'ada' } });
    await task.do('edit', olga, { edit: { assignee: null } });
    return await take(task, await other.next(ada));
  },

  async 'offered-again-after-each-run'(baton) {
    const { queue, task } = await waiting(baton);
    await task.claim(ada);
    await task.do('release', ada);
    const crashing = (await (await queue.next(ada)).claim({ leaseSeconds: 5 }))!;
    await task.untilAlive(crashing);
    await task.until(({ status }) => status === 'queued');
    const failing = (await (await queue.next(bob)).claim())!;
    await task.untilAlive(failing);
    await task.do('mark_failed', bob, { runId: failing, reasonCode: 'unreachable_service' });
    await task.until(({ notBefore }) => notBefore === undefined);
    return await take(task, await queue.next(ada));
  },

  async 'offers-answered-badly'(baton) {
    const { queue, task } = await waiting(baton);
    await (await queue.next(ada)).claim({ answerBy: '2020-01-01T00:00:00Z' });
    await (await queue.next(ada)).answer([defaultPayloadConverter.toPayload('yes')]);
    await (await queue.next(ada)).giveBack({ forGood: true });
    await (await queue.next(ada)).giveBack();
    await task.do('edit', olga, { edit: { assignee: 'ada' } });
    await (await baton.inboxOf(ada).next(bob)).claim();
    return await take(task, await baton.inboxOf(ada).next(ada));
  },

  async 'handed-off-while-offered'(baton) {
    const { queue, task } = await waiting(baton);
    await task.do('hand_off', olga);
    await task.do('resume', olga);
    return await take(task, await queue.next(ada));
  },

  async 'cancelled-while-offered'(baton) {
    const { task } = await waiting(baton);
    await task.cancel();
    return task;
  },

  async 'continued-as-new-while-offered'(baton) {
    const { queue, task } = await waiting(baton);
    await renew(task);
    return await take(task, await queue.next(ada));
  },

  async 'work-queue-deleted'(baton) {
    const input = { name: 'Errands', company: 'acme', defaults: {}, createdBy: olga };
    const payload = defaultPayloadConverter.toPayload({ ...input, createdAt: '2030-01-01T00:00:00Z' });
    const queue = await baton.startRaw([payload], 'queue');
    await queue.untilEvent((event) => Boolean(event.workflowTaskCompletedEventAttributes));
    await queue.handle.cancel();
    return queue;
  },

  async 'answered-and-cancelled-unseen'(baton) {
    const { queue, task } = await waiting(baton);
    const offer = await queue.next(ada);
    await baton.stopWorking();
    await offer.claim();
    await task.handle.cancel();
    await baton.startWorking();
    await task.until(({ cancel }) => cancel !== undefined);
    const { run } = await task.view();
    if (run) await task.do('release', ada, { runId: run.id });
    return task;
  },
};
