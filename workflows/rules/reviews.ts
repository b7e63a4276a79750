/** The rules of review: who has decided, when that is enough, and what happens when nobody does. */
import { DEFAULTS } from '../limits.ts';
import type { Actor } from '../actor.ts';
import type { MessageOf } from '../messages.ts';
import { authorOf } from '../permissions.ts';
import { TIME_LIMIT } from '../actor.ts';
import type { Task } from '../task-record.ts';
import { isContainer } from '../tree.ts';
import { enter, refuse, takeUpAgain } from './rule.ts';
import type { Verdict } from './rule.ts';

/** Nobody judges their own work, unless the task says so. */
function isSelfReview(task: Task, actor: Actor): boolean {
  return actor.id === authorOf(task) && !task.definition.review.selfReview;
}

const selfReview: Verdict = refuse({
  type: 'self_review',
  detail: 'You did this work, so somebody else must review it.',
  hint: 'Ask a reviewer or an operator for a decision.',
});

export function approve(task: Task, message: MessageOf<'approve'>, now: string): Verdict {
  if (isSelfReview(task, message.actor)) return selfReview;
  const { approvals } = task.review!;
  const by = message.actor.id;
  if (approvals.some((approval) => approval.by === by)) {
    return refuse({
      type: 'already_decided',
      detail: 'You approved this submission already; it waits for others.',
    });
  }
  const review = { ...task.review!, approvals: [...approvals, { by, at: now }] };
  const enough = review.approvals.length >= (task.definition.review.quorum ?? DEFAULTS.quorum);
  const reviewed = { ...task, review };
  return { task: enough ? enter(reviewed, 'done', now, decided(reviewed, 'approved', by, now)) : reviewed };
}

/** The review as it ended, which a closed task keeps. */
const decided = (
  task: Task,
  decision: 'approved' | 'changes_requested',
  by: string,
  at: string,
): Pick<Task, 'review'> => ({
  review: { ...task.review!, decision: { decision, by, at } },
});

/**
 * Sends the work back: by default this task fails and a new one, linked in both directions, asks for it again under
 * a minted id; with `same_task` its agent gets it back. What was submitted stays as it is in both.
 */
export function requestChanges(
  task: Task,
  message: MessageOf<'request_changes'>,
  now: string,
  mintId: () => string,
): Verdict {
  if (isSelfReview(task, message.actor)) return selfReview;
  return { task: sendBack(task, message.actor.id, message.rework, now, mintId) };
}

function sendBack(
  task: Task,
  by: string,
  rework: MessageOf<'request_changes'>['rework'],
  now: string,
  mintId: () => string,
): Task {
  // A container has no agent to go back to, and a new one would have nothing below it: it waits for more sub-tasks.
  if (isContainer(task)) return takeUpAgain(task, now);
  if ((rework ?? task.definition.review.rework) === 'same_task') {
    const definition = { ...task.definition, assignee: authorOf(task) };
    return takeUpAgain({ ...task, definition }, now);
  }
  const failure = {
    reasonCode: 'changes_requested',
    message: `Changes were requested by ${by}.`,
    at: now,
  } as const;
  const review = decided(task, 'changes_requested', by, now);
  return enter(task, 'failed', now, { ...review, failure, followedBy: mintId() });
}

/** The review's time limit passed: the policy says what that means. */
export function passTimeLimit(task: Task, now: string, mintId: () => string): Task {
  const { dueAt: _dueAt, ...review } = task.review!;
  switch (task.definition.review.onTimeout) {
    case 'approve':
      return enter(task, 'done', now, decided(task, 'approved', TIME_LIMIT.id, now));
    case 'reject':
      return sendBack(task, TIME_LIMIT.id, undefined, now, mintId);
    default:
      return { ...task, review: { ...review, escalatedAt: now }, updatedAt: now };
  }
}
