/** What a `PATCH` of an issue asks for: in this protocol one call says everything, and its words say which. Pure. */
import type { Edit } from '../../../workflows/definition.ts';
import { LIMITS } from '../../../workflows/limits.ts';
import { authorOf } from '../../../workflows/permissions.ts';
import { isTerminal } from '../../../workflows/task-state.ts';
import type { Seen } from '../../services/last-seen.ts';
import { assigneeOf } from './present.ts';
import type { Patch } from './schemas.ts';
import { BACKLOG, isLapsed, nativePriority, withoutBacklog, wordOf } from './words.ts';

export type Meaning =
  /** A comment or other fields; it stays where it is. */
  | 'say'
  | 'progress'
  | 'hand_in'
  | 'block'
  | 'cancel'
  | 'give_back'
  | 'resume'
  | 'reopen'
  | 'approve'
  | 'send_back';

/** What this means, coming from the agent or person `me`. */
export function meaningOf(task: Seen, patch: Patch, me: string): Meaning {
  const { status: wanted } = patch;
  const isMine = task.run?.agent === me;
  const goesOn = isMine || (isLapsed(task) && task.definition.assignee === me);
  if (wanted === undefined) {
    if (isMine && goesToAnother(task, patch)) return 'give_back';
    return goesOn && patch.comment !== undefined ? 'progress' : 'say';
  }
  if (wanted === wordOf(task) && wanted !== 'in_progress' && !task.run) return 'say';
  switch (wanted) {
    case 'cancelled':
      return 'cancel';
    case 'done':
      return task.status === 'review' && authorOf(task) !== me ? 'approve' : 'hand_in';
    case 'in_review':
      return 'hand_in';
    case 'blocked':
      return isTerminal(task.status) ? 'reopen' : 'block';
    case 'in_progress':
      if (isMine && goesToAnother(task, patch)) return 'give_back';
      return task.status === 'review' ? 'send_back' : 'progress';
    case 'todo':
    case 'backlog':
      return backToWaiting(task);
  }
}

function backToWaiting(task: Seen): Meaning {
  if (task.run) return 'give_back';
  if (task.status === 'review') return 'send_back';
  if (isTerminal(task.status)) return 'reopen';
  return task.status === 'handoff' ? 'resume' : 'say';
}

const goesToAnother = (task: Seen, { assigneeAgentId }: Patch): boolean =>
  assigneeAgentId !== undefined && assigneeAgentId !== assigneeOf(task);

/** The fields that the patch changes, in Baton's words; undefined when it changes none. */
export function editOf(task: Seen, patch: Patch): Edit | undefined {
  const { definition } = task;
  const { status, title, description, priority, assigneeAgentId, projectId, goalId } = patch;
  const waits = status === 'todo' || status === 'backlog';
  // What lapsed shows as its agent's work for as long as it is assigned to that agent.
  const isGivenUp = status === 'backlog' || (status === 'todo' && isLapsed(task));
  const assignee = assigneeAgentId === undefined && isGivenUp ? null : assigneeAgentId;
  const labels = withoutBacklog(definition.labels);
  if (status === 'backlog') labels.push(BACKLOG);
  const edit: Edit = {
    ...(title !== undefined && title !== definition.title && { title }),
    ...(description !== undefined && differs(description, definition.description) && { description }),
    ...(priority !== undefined &&
      nativePriority(priority) !== definition.priority && { priority: nativePriority(priority) }),
    ...(assignee !== undefined && differs(assignee, definition.assignee) && { assignee }),
    ...(projectId !== undefined && differs(projectId, definition.project) && { project: projectId }),
    ...(goalId !== undefined && differs(goalId, definition.goal) && { goal: goalId }),
    ...(waits && labels.length !== definition.labels.length && { labels }),
  };
  return Object.keys(edit).length > 0 ? edit : undefined;
}

const differs = (wanted: string | null, present: string | undefined): boolean => wanted !== (present ?? null);

/** A comment as far as a note may be long; the comment itself stands in full beside it. */
export const noteOf = (comment: string): string =>
  Buffer.from(comment)
    .subarray(0, LIMITS.noteBytes)
    .toString()
    .replace(/\uFFFD+$/, '');
