/** Paperclip's words for where an issue stands and how urgent it is, in both directions. */
import { isHeld, isTerminal } from '../../../workflows/task-state.ts';
import type { TaskStatus } from '../../../workflows/task-state.ts';
import { unawareHolder } from '../../services/holds.ts';
import type { Seen } from '../../services/last-seen.ts';
import type { TaskRow } from '../../services/listing.ts';
import type { Child } from '../../../workflows/tree.ts';

export const WORDS = ['backlog', 'todo', 'in_progress', 'in_review', 'done', 'blocked', 'cancelled'] as const;
export type Word = (typeof WORDS)[number];

/** The states behind each word. What is queued may be any of three, which more than its state decides. */
const STATES: Record<Word, readonly TaskStatus[]> = {
  backlog: ['queued'],
  todo: ['queued'],
  // Also what its agent lost without knowing.
  in_progress: ['assigned', 'running', 'queued'],
  in_review: ['review'],
  done: ['done'],
  blocked: ['handoff'],
  cancelled: ['cancelled', 'failed'],
};

/** The states that these words may stand for. */
export const statesOf = (words: readonly Word[]): TaskStatus[] => [
  ...new Set(words.flatMap((word) => STATES[word])),
];

/** The label of a task that was put into the backlog; it counts while the task is neither assigned nor in a queue. */
export const BACKLOG = 'backlog';

export const withoutBacklog = (labels: readonly string[]): string[] =>
  labels.filter((label) => label !== BACKLOG);

const ofQueued = ({
  labels,
  assignee,
  queue,
}: {
  labels: readonly string[];
  assignee?: string | undefined;
  queue?: string | undefined;
}): Word => (labels.includes(BACKLOG) && assignee === undefined && queue === undefined ? 'backlog' : 'todo');

function ofOthers(status: Exclude<TaskStatus, 'queued'>): Word {
  if (isHeld(status)) return 'in_progress';
  if (status === 'review') return 'in_review';
  if (status === 'handoff') return 'blocked';
  return status === 'done' ? 'done' : 'cancelled';
}

/** Whether the hold of a task lapsed, and it is still assigned to whoever had it: to that agent it is in progress. */
export const isLapsed = (task: Seen): boolean =>
  task.definition.assignee !== undefined && unawareHolder(task) === task.definition.assignee;

/** The word for where a task stands. One that is being cancelled counts as cancelled: nothing can save it any more. */
export function wordOf(task: Seen): Word {
  if (task.cancel && !isTerminal(task.status)) return 'cancelled';
  if (task.status !== 'queued') return ofOthers(task.status);
  return isLapsed(task) ? 'in_progress' : ofQueued(task.definition);
}

/** The word for a task in a list, which does not know whether a hold lapsed. */
export const wordOfRow = (row: TaskRow): Word =>
  row.status === 'queued' ? ofQueued(row) : ofOthers(row.status);

/** The word for a sub-task that its parent knows to be over; undefined while it is open. */
export function wordOfChild(status: Child['status']): Word | undefined {
  if (status === 'open') return undefined;
  return status === 'done' ? 'done' : 'cancelled';
}

/** Whether only the task itself knows what its word is. */
export const mayBeLapsed = (row: TaskRow): boolean =>
  row.status === 'queued' && row.assignee !== undefined && row.lastRun !== undefined;

/** Whether a task is what somebody who names these words expects. What lapsed can be taken up or begun anew. */
export function isExpected(task: Seen, expected: readonly Word[]): boolean {
  const word = wordOf(task);
  return expected.includes(word) || (isLapsed(task) && expected.includes('todo'));
}

export const PRIORITIES = ['critical', 'high', 'medium', 'low'] as const;
export type Priority = (typeof PRIORITIES)[number];

/** What Baton has a fifth word for is low here too. */
export const priorityOf = (native: number): Priority => PRIORITIES[native - 1] ?? 'low';
export const nativePriority = (priority: Priority): number => PRIORITIES.indexOf(priority) + 1;
