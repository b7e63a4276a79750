/**
 * The rules of an approval that a task waits for: while it is open, nobody takes the task and nothing of it is handed
 * in. It tells the task itself that it was asked for, and what was decided.
 */
import { LIMITS } from '../limits.ts';
import type { MessageOf } from '../messages.ts';
import type { Refusal } from '../refusals.ts';
import type { OpenApproval, Task } from '../task-record.ts';
import { enter, refuse } from './rule.ts';
import type { Verdict } from './rule.ts';

/** The task waits for one more approval. A run that has begun goes on; it can't hand in before. */
export function awaitApproval(task: Task, message: MessageOf<'approval_asked'>, now: string): Verdict {
  const { approvalId: id, type, actor: requestedBy } = message;
  const open = task.approvals ?? [];
  if (open.some((each) => each.id === id)) return { task };
  if (open.length < LIMITS.approvals) {
    return { task: withApprovals(task, [...open, { id, type, requestedBy, since: now }], now) };
  }
  return refuse({
    type: 'task_full',
    detail: `The task waits for ${LIMITS.approvals} approvals already, which are the most.`,
    retryable: false,
  });
}

/**
 * One approval less to wait for. After a rejection people decide what becomes of a task that waits, unless it is for
 * the one who asked: that one is woken, and knows what to do.
 */
export function hearOfDecision(task: Task, message: MessageOf<'approval_decided'>, now: string): Task {
  const { approvalId, decision, note, actor } = message;
  const approval = task.approvals?.find(({ id }) => id === approvalId);
  if (!approval) return task;
  const left = task.approvals!.filter((each) => each !== approval);
  const after = withApprovals(task, left, now);
  const isTheirs = task.definition.assignee === approval.requestedBy.id;
  if (decision === 'approved' || task.status !== 'queued' || isTheirs) return after;
  const why = note === undefined ? '.' : `: ${note}`;
  const blockers = `Approval ${approval.id} (${approval.type}) was rejected by ${actor.id}${why}`;
  return enter(after, 'handoff', now, { handoff: { blockers, by: actor.id, at: now } });
}

function withApprovals({ approvals: _before, ...task }: Task, approvals: OpenApproval[], now: string): Task {
  const since = task.status === 'queued' ? { since: now } : {};
  return { ...task, ...since, ...(approvals.length > 0 && { approvals }) };
}

/** What somebody is told who wants to take the task, or to hand it in, before that may be. */
export function undecided(task: Task, hint: string): Refusal | undefined {
  const [first] = task.approvals ?? [];
  return (
    first && {
      type: 'approval_pending',
      detail: `The task waits until ${areDecided(task.approvals!)}.`,
      hint,
      retryable: true,
      blockedBy: first.id,
    }
  );
}

/** What has to be so first, as it stands in a sentence. */
export function areDecided(approvals: readonly OpenApproval[]): string {
  const each = approvals.map(
    ({ id, type, requestedBy }) => `${id} (${type}, asked for by ${requestedBy.id})`,
  );
  const shown = each.slice(0, MOST_NAMED).join(' and ');
  const more = each.length > MOST_NAMED ? ` and ${each.length - MOST_NAMED} more` : '';
  return each.length === 1 ? `approval ${shown} is decided` : `approvals ${shown}${more} are decided`;
}

const MOST_NAMED = 3;
