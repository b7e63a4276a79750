/** How tasks look to agents of Paperclip: as issues, whole or as rows of a list, and their comments. */
import type { Comment, Task } from '../../../workflows/task-record.ts';
import type { Actor } from '../../../workflows/actor.ts';
import type { Seen } from '../../services/last-seen.ts';
import type { TaskRow } from '../../services/listing.ts';
import { priorityOf, wordOf, wordOfRow } from './words.ts';
import type { Priority, Word } from './words.ts';

/** Whoever wakes an agent knows its run by a name of its own; a run without one is known by its id. */
export const checkoutRunIdOf = ({ run }: Pick<Task, 'run'>): string | null =>
  run?.callerRunId ?? run?.id ?? null;

/** Whom an issue belongs to: who works on it, or who should. */
export const assigneeOf = ({ run, definition }: Pick<Seen, 'run' | 'definition'>): string | null =>
  run?.agent ?? definition.assignee ?? null;

const authorOf = (prefix: 'author' | 'createdBy', { id, role }: Actor) => ({
  [`${prefix}AgentId`]: role === 'agent' ? id : null,
  [`${prefix}UserId`]: role === 'agent' ? null : id,
});

export function presentIssue(task: Task) {
  const {
    definition,
    status,
    endedRuns,
    run,
    failure,
    cancel,
    submission,
    handoff,
    gate,
    approvals,
    followedBy,
  } = task;
  const isCancelled = wordOf(task) === 'cancelled';
  return {
    id: task.id,
    companyId: task.company,
    projectId: definition.project ?? null,
    goalId: definition.goal ?? null,
    parentId: task.parent?.id ?? null,
    title: definition.title,
    description: definition.description ?? null,
    status: wordOf(task),
    priority: priorityOf(definition.priority),
    assigneeAgentId: assigneeOf(task),
    checkoutRunId: checkoutRunIdOf(task),
    ...authorOf('createdBy', task.createdBy),
    startedAt: endedRuns[0]?.startedAt ?? run?.startedAt ?? null,
    completedAt: status === 'done' ? (submission?.at ?? task.updatedAt) : null,
    cancelledAt: isCancelled ? (failure?.at ?? cancel?.at ?? task.updatedAt) : null,
    createdAt: task.createdAt,
    updatedAt: task.updatedAt,
    commentCount: task.commentCount,
    ...(status === 'failed' && failure && { failureReason: `${failure.reasonCode}: ${failure.message}` }),
    ...(status === 'handoff' && handoff && { blocker: handoff.blockers }),
    ...(gate && { waitsForIssueId: gate.blockedBy }),
    ...(approvals && { waitsForApprovalIds: approvals.map(({ id }) => id) }),
    ...(followedBy !== undefined && { followedByIssueId: followedBy }),
  };
}

/** An issue as it stands in a list. */
export interface Row {
  id: string;
  companyId: string;
  projectId: string | null;
  goalId: string | null;
  parentId: string | null;
  title: string;
  status: Word;
  priority: Priority;
  assigneeAgentId: string | null;
  /** Left out where somebody holds it: of a live run lists know the native id only, which agents here do not. */
  checkoutRunId?: string | null;
  createdAt: string;
}

/** An issue as a list knows it; `task` has been read where the list does not know enough. */
export const presentRow = (row: TaskRow, task?: Task): Row => ({
  id: row.id,
  companyId: row.company,
  projectId: row.project ?? null,
  goalId: row.goal ?? null,
  parentId: row.parent ?? null,
  title: row.title,
  status: task ? wordOf(task) : wordOfRow(row),
  priority: priorityOf(row.priority),
  assigneeAgentId: row.holder ?? row.assignee ?? null,
  ...(row.holder === undefined && { checkoutRunId: null }),
  createdAt: row.createdAt,
});

/** What a list without these words would leave out. */
export const isAmong =
  (words: readonly Word[] | undefined) =>
  ({ status }: { status: Word }): boolean =>
    words === undefined || words.includes(status);

export const presentComment = (issueId: string, { id, by, at, text }: Comment) => ({
  id,
  issueId,
  ...authorOf('author', by),
  body: text,
  createdAt: at,
});
