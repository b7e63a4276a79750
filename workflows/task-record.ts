/** The state of a task: everything its workflow knows, carries over when it continues as new, and answers with. */
import { Actor, TIME_LIMIT } from './actor.ts';
import { Definition, id } from './definition.ts';
import type { LINKS, Review } from './definition.ts';
import type { FailureReason } from './failure-reasons.ts';
import type { Launch } from './launch.ts';
import { DEFAULTS, LIMITS } from './limits.ts';
import type { Arguments, Outcome } from './messages.ts';
import { byteLength, integer, object, optional, text, time } from './parse.ts';
import type { Infer } from './parse.ts';
import type { RunEnd } from './refusals.ts';
import { isTerminal } from './task-state.ts';
import type { TaskStatus } from './task-state.ts';
import { Follows, Subtree, firstChildren, gated } from './tree.ts';
import type { Child, TreeNode } from './tree.ts';

/** What a task workflow is started with. */
export const TaskInput = object({
  definition: Definition,
  company: text(LIMITS.idBytes, 1),
  createdBy: Actor,
  createdAt: optional(time),
  /** Set on the task that follows one whose reviewer asked for changes, or that is retried. */
  follows: optional(Follows),
  /** Set on a sub-task: where it belongs. */
  parent: optional(
    object({
      id,
      // One that comes last may come after the highest that anybody may give.
      order: optional(integer(0, Number.MAX_SAFE_INTEGER)),
      depth: integer(1, LIMITS.treeDepth),
    }),
  ),
  /** Set on a step that may not start yet. */
  gate: optional(object({ blockedBy: id })),
  /** The sub-tasks that come into being with it. */
  children: optional(Subtree),
});
export type TaskInput = Infer<typeof TaskInput>;

/** An agent's hold of the task. Its id fences every later write. */
export interface Run {
  id: string;
  agent: string;
  attempt: number;
  leaseSeconds: number;
  startedAt: string;
  /** The last sign of progress, which the stall watch counts from. */
  checkpointAt: string;
  /** Its lease was started again after a continue-as-new, so a missing heartbeat no longer means it never began. */
  carriedOver?: true;
  /** Its agent sends no heartbeats, and checkpoints only when it likes. */
  patient?: boolean;
  /** The claimer's own name for its wake. */
  callerRunId?: string;
  /** Set on a run that Baton launches. */
  launch?: Launch;
  /** A launched run has left a checkpoint or a comment, so that another may go on where it stopped. */
  reported?: true;
}

export interface EndedRun extends Pick<Run, 'id' | 'agent' | 'attempt' | 'startedAt'> {
  endedAt: string;
  end: RunEnd;
  reasonCode?: FailureReason;
  /** Fingerprint of the message that ended it: the same message again gets the same answer. */
  contentHash?: string;
  /** A submission came after the end; the events have it. */
  lateSubmission?: true;
}

export interface Comment {
  id: string;
  by: Actor;
  at: string;
  text: string;
}

export interface Progress extends Pick<
  Arguments<'report_progress'>,
  'note' | 'understanding' | 'plan' | 'blockers' | 'percent'
> {
  at: string;
  run: string;
  agent: string;
}

export interface Submission extends Pick<
  Arguments<'mark_complete'>,
  'output' | 'reasoning' | 'memoryPromotions' | 'costNote'
> {
  at: string;
  run: string;
  agent: string;
}

/** Why a run, or the whole task, failed. */
export interface Failure {
  reasonCode: FailureReason;
  message: string;
  at: string;
  run?: string;
  report?: Pick<Arguments<'mark_failed'>, 'beliefs' | 'tried' | 'blocker' | 'nextStep'>;
}

export interface ReviewProgress {
  since: string;
  /** When its time limit passes; absent once it has, or when there is none. */
  dueAt?: string;
  approvals: { by: string; at: string }[];
  escalatedAt?: string;
  /** `by` is `time-limit` when the policy decided because nobody else did. */
  decision?: { decision: 'approved' | 'changes_requested'; by: string; at: string };
}

/** An approval that is not decided yet; `since` is when the task heard of it. */
export interface OpenApproval {
  id: string;
  type: string;
  requestedBy: Actor;
  since: string;
}

export interface RememberedMessage {
  id: string;
  hash?: string;
  outcome: Outcome;
}

export interface Task {
  id: string;
  company: string;
  createdBy: Actor;
  createdAt: string;
  updatedAt: string;
  /** When it came to stand as it does: it entered its state, a gate opened or closed, or a sub-task ended. */
  since?: string;
  /** Raised by edits and changes of state, and by nothing else. */
  version: number;
  status: TaskStatus;
  definition: Definition & { priority: number; labels: string[]; maxAttempts: number; review: Review };
  attempts: number;
  run?: Run;
  endedRuns: EndedRun[];
  comments: Comment[];
  commentCount: number;
  lastProgress?: Progress;
  /** How the last failed run ended, for the next one to read. */
  lastFailure?: Failure;
  submission?: Submission;
  review?: ReviewProgress;
  failure?: Failure;
  /** By the reports of agents; `wallSeconds` is how long programs ran that Baton launched. */
  cost: { usd: number; inputTokens: number; outputTokens: number; wallSeconds?: number };
  /** Why the task was last handed off, for whoever takes it next. */
  handoff?: { blockers: string; nextStep?: string; by: string; at: string };
  /** When a task that still waits fails; its deadline, unless that was past already when it was set. */
  failsAt?: string;
  /** No run may start before this time. */
  notBefore?: string;
  /** The message that announced a cancellation which has not come yet. */
  cancelAnnounced?: { message: string; by: string };
  /** `by` is who announced it; Temporal's own cancellation does not say. */
  cancel?: { at: string; graceUntil: string; by?: string };
  /** Ended from outside, in the Temporal UI or by a time limit of Temporal's. */
  terminated?: true;
  settleUntil?: string;
  parent?: TaskInput['parent'];
  /** It may not start yet: another step of its sequence has to be done first. */
  gate?: { blockedBy: string };
  /** It may be neither taken nor handed in before these are decided; absent when there are none. */
  approvals?: OpenApproval[];
  children: Child[];
  /** When to look next at those sub-tasks whose end nothing would tell. */
  lookAt?: string;
  follows?: TaskInput['follows'];
  followedBy?: string;
  links?: { to: string; type: (typeof LINKS)[number]; by: string; at: string }[];
  archived?: { by: string; at: string };
  /** The latest messages and what became of them. */
  remembered: RememberedMessage[];
  /** The last message that could not be read, so that whoever sent it finds out why nothing happened. */
  malformed?: { message: string; fault: string; at: string };
}

/** The state of a task that has just been created. */
export function newTask(taskId: string, input: TaskInput, now: string): Task {
  const at = input.createdAt ?? now;
  const { follows, parent, gate, children = [] } = input;
  const comments = follows ? [{ id: `${taskId}-feedback`, by: follows.by, at, text: follows.comment }] : [];
  const definition = {
    ...input.definition,
    priority: input.definition.priority ?? DEFAULTS.priority,
    labels: input.definition.labels ?? [],
    maxAttempts: input.definition.maxAttempts ?? DEFAULTS.maxAttempts,
    review: input.definition.review ?? ({ policy: 'required' } as const),
    ...completingItself(input),
  };
  const family = { children: firstChildren(children, definition.mode), definition, ...(gate && { gate }) };
  return {
    id: taskId,
    company: input.company,
    createdBy: input.createdBy,
    createdAt: at,
    updatedAt: at,
    since: at,
    version: 1,
    status: 'queued',
    definition,
    ...failingAt(input.definition.deadline, at),
    attempts: 0,
    endedRuns: [],
    comments,
    commentCount: comments.length,
    cost: { usd: 0, inputTokens: 0, outputTokens: 0 },
    ...(parent && { parent }),
    ...(gate && { gate }),
    children: gated(family),
    ...(follows && { follows }),
    remembered: [],
  };
}

/** A task that comes with all its sub-tasks, and that no agent is asked to do, is done when they are. */
function completingItself({ definition, children = [] }: TaskInput): Pick<Definition, 'autoComplete'> {
  const { autoComplete, assignee, queue } = definition;
  const byItself = autoComplete ?? (children.length > 0 && assignee === undefined && queue === undefined);
  return byItself ? { autoComplete: true } : {};
}

/** A deadline that is past when it is set is shown as overdue and fails nothing. */
export const failingAt = (deadline: string | undefined, now: string): Pick<Task, 'failsAt'> =>
  deadline !== undefined && Date.parse(deadline) > Date.parse(now) ? { failsAt: deadline } : {};

/** Whether it may not start yet: for its turn, or for an approval. */
export const isGated = ({ gate, approvals }: Task): boolean => gate !== undefined || approvals !== undefined;

/** The task's size when it is carried over, in bytes. */
export const sizeOf = (task: Task): number => byteLength(JSON.stringify(task));

/** Whether a task has ended and need not wait any longer for comments or reopening. */
export const isSettled = (task: Pick<Task, 'status' | 'settleUntil'>, now: string): boolean =>
  isTerminal(task.status) && Date.parse(task.settleUntil ?? now) <= Date.parse(now);

/** The run that ended under this id, if the task still remembers it. */
export const endedRun = (task: Task, runId: string): EndedRun | undefined =>
  task.endedRuns.find((run) => run.id === runId);

/** Whether this agent holds the task, or held it within those of its runs that it still remembers. */
export const heldBy = ({ run, endedRuns }: Task, agent: string): boolean =>
  run?.agent === agent || endedRuns.some((ended) => ended.agent === agent);

/** What the task that follows is started with: the same work, and what its reviewer wants to be different. */
export function successorInput(task: Task): TaskInput {
  const { decision } = task.review ?? {};
  const said = task.comments.at(-1);
  const feedback = said?.by.id === decision?.by && said?.at === decision?.at ? said : undefined;
  return {
    definition: task.definition,
    company: task.company,
    // Not the reviewer: who creates a task may also change the controls on it.
    createdBy: task.createdBy,
    follows: {
      task: task.id,
      by: feedback?.by ?? TIME_LIMIT,
      comment: feedback?.text ?? 'The time limit of the review passed.',
      changesRequested: true,
    },
    ...(task.parent && { parent: task.parent }),
    ...(task.gate && { gate: task.gate }),
  };
}

/** What a sub-task is started with. It belongs to the same project, goal and client unless it says otherwise. */
export function childInput(task: Task, node: TreeNode, createdBy: Actor): TaskInput {
  const { project, goal, client } = task.definition;
  const { order, blockedBy } = task.children.find(({ id: childId }) => childId === node.id) ?? {};
  return {
    definition: {
      ...(project !== undefined && { project }),
      ...(goal !== undefined && { goal }),
      ...(client !== undefined && { client }),
      ...node.definition,
    },
    company: task.company,
    createdBy: node.createdBy ?? createdBy,
    ...(node.follows && { follows: node.follows }),
    parent: { id: task.id, depth: (task.parent?.depth ?? 0) + 1, ...(order !== undefined && { order }) },
    ...(blockedBy !== undefined && { gate: { blockedBy } }),
    ...(node.children && { children: node.children }),
  };
}
