/** Where a task stands, in one sentence: for whom or what it waits, and since when. The same for everybody who asks. Pure. */
import { TIME_LIMIT, TREE } from './actor.ts';
import { DEFAULTS } from './limits.ts';
import type { Task } from './task-record.ts';
import { areDecided } from './rules/approvals.ts';
import { isTerminal } from './task-state.ts';
import { areDone, isContainer, isOutOfTheWay } from './tree.ts';
import type { Child } from './tree.ts';

/** For what a task may wait. */
export const AWAITED = [
  'anybody',
  'agent',
  'queue',
  'run',
  'time',
  'task',
  'approval',
  'subtasks',
  'reviewer',
  'person',
] as const;

export interface WaitingFor {
  kind: (typeof AWAITED)[number];
  /** The one, where there is one: an agent, a queue, a run, a task, an approval. */
  id?: string;
  /** All of them, where there may be several. */
  ids?: string[];
}

/** For whom or what the task waits; undefined when it has ended. */
export function waitingFor(task: Task): WaitingFor | undefined {
  const { run, gate, approvals, definition } = task;
  switch (task.status) {
    case 'queued': {
      if (gate) return { kind: 'task', id: gate.blockedBy };
      if (approvals && (!isContainer(task) || areDone(task))) return waitingForApprovals(approvals);
      if (isContainer(task)) return waitingForSubtasks(task);
      if (task.notBefore) return { kind: 'time' };
      if (definition.assignee !== undefined) return { kind: 'agent', id: definition.assignee };
      return definition.queue === undefined ? { kind: 'anybody' } : { kind: 'queue', id: definition.queue };
    }
    case 'assigned':
    case 'running':
      return { kind: 'run', ...(run && { id: run.id }) };
    case 'review':
      return {
        kind: 'reviewer',
        ...(definition.review.reviewers && { ids: [...definition.review.reviewers] }),
      };
    case 'handoff':
      return { kind: 'person' };
    default:
      return undefined;
  }
}

function waitingForApprovals(approvals: NonNullable<Task['approvals']>): WaitingFor {
  const ids = approvals.map(({ id }) => id);
  return ids.length === 1 ? { kind: 'approval', id: ids[0]! } : { kind: 'approval', ids };
}

function waitingForSubtasks(task: Task): WaitingFor {
  const ids = task.children.filter(({ status }) => status === 'open').map(({ id }) => id);
  const held = heldUpBy(task);
  return held ? { kind: 'person', id: held.id } : { kind: 'subtasks', ids };
}

/** The sub-task that a person has to decide on before its parent, or a step behind it, goes on. */
export const heldUpBy = ({ children, definition }: Task): Child | undefined =>
  children.find((child) => child.status === 'failed' && !isOutOfTheWay(child, definition));

/** One sentence: where the task stands and for whom or what it waits; another, where an approval keeps it from its end. */
export function standing(task: Task): string {
  const stands = byStatus(task);
  const { approvals, status, cancel } = task;
  const maySoStart = status !== 'queued' || isContainer(task);
  if (!approvals || !maySoStart || cancel || isTerminal(status)) return stands;
  return `${stands} It can't be done before ${areDecided(approvals)}.`;
}

function byStatus(task: Task): string {
  const { run, review } = task;
  if (task.cancel && run)
    return `Being cancelled${by(task.cancel.by)}; ${run.agent} has until ${task.cancel.graceUntil} to wind down.`;
  switch (task.status) {
    case 'queued':
      return waiting(task);
    case 'assigned':
      return run?.launch
        ? `${run.agent} is launched for it by runner ${run.launch.runner}, and has not reported yet.`
        : `${run?.agent} has claimed it and not reported yet.`;
    case 'running':
      return `${run?.agent} works on it.`;
    case 'review':
      return review?.escalatedAt
        ? `Review is overdue since ${review.escalatedAt}: ${reviewers(task)} must decide.`
        : `Waits for ${reviewers(task)} to decide on the submission of ${authorOf(task)}.`;
    case 'handoff':
      return `Waits for a person, handed off by ${task.handoff?.by}: ${task.handoff?.blockers}`;
    case 'done':
      return `Done; the work of ${authorOf(task)} ${acceptance(task)}.`;
    case 'failed':
      return failed(task);
    case 'cancelled':
      if (task.terminated) return 'Cancelled: its workflow was ended from outside.';
      return `Cancelled${by(task.cancel?.by)}.`;
  }
}

const by = (who: string | undefined): string => (who === undefined ? '' : ` by ${who}`);

function acceptance({ review }: Task): string {
  const decider = review?.decision?.by;
  if (decider === undefined) return 'needed no review';
  return `was accepted ${decider === TIME_LIMIT.id ? 'when the time limit of the review passed' : `by ${decider}`}`;
}

function failed({ failure, followedBy }: Task): string {
  const said = `Failed: ${failure?.reasonCode}. ${failure?.message}`;
  return followedBy === undefined ? said : `${said} Task ${followedBy} asks for it again.`;
}

/** For what a queued task waits. */
function waiting(task: Task): string {
  const { gate, approvals, notBefore, definition } = task;
  const approved = approvals && !isContainer(task) && areDecided(approvals);
  const first = [...(gate ? [`task ${gate.blockedBy} is done`] : []), ...(approved ? [approved] : [])];
  if (first.length > 0) return `May not start before ${first.join(' and ')}.`;
  if (isContainer(task)) return subtasks(task);
  if (notBefore) return `Waits until ${notBefore} before the next run, after ${lastEnd(task)}.`;
  const { assignee, queue } = definition;
  if (task.endedRuns.at(-1)?.end === 'continued' && assignee !== undefined)
    return `To be continued by ${assignee}, at its next wake.`;
  const where = queue !== undefined && assignee === undefined ? ` in queue ${queue}` : '';
  const after = task.endedRuns.length > 0 ? `, after ${lastEnd(task)}` : '';
  const how = queue === undefined && assignee === undefined ? ' by its id' : '';
  return `Waits${where} for ${assignee ?? 'an agent'} to claim it${how}${after}.`;
}

function subtasks(task: Task): string {
  if (task.children.length === 0) return 'Waits for sub-tasks to be created, and to be done.';
  const held = heldUpBy(task);
  if (held) return `Held, for sub-task ${held.title} failed: a person must retry or skip it.`;
  if (areDone(task))
    return task.approvals
      ? 'All its sub-tasks are done.'
      : 'Was taken up again, and waits for further sub-tasks.';
  return `Waits for its sub-tasks: ${progressOf(task)}.`;
}

const authorOf = ({ submission }: Task): string | undefined =>
  submission?.agent === TREE.id ? 'its sub-tasks' : submission?.agent;

export const progressOf = ({ children, definition }: Task): string =>
  `${children.filter((child) => isOutOfTheWay(child, definition)).length} of ${children.length} done`;

function lastEnd({ endedRuns }: Task): string {
  const last = endedRuns.at(-1);
  return last ? `the run of ${last.agent} ended: ${last.reasonCode ?? last.end}` : 'a failed run';
}

function reviewers({ definition: { review }, review: progress }: Task): string {
  const who = review.reviewers?.join(', ') ?? 'a reviewer';
  const quorum = review.quorum ?? DEFAULTS.quorum;
  return quorum > 1 ? `${who} (${progress?.approvals.length ?? 0} of ${quorum} approvals)` : who;
}

/** Since when the task stands as it does. One that was carried over from before this was noted was last changed then. */
export function standingSince({ cancel, run, review, since, updatedAt }: Task): string {
  if (cancel && run) return cancel.at;
  return review?.escalatedAt ?? since ?? updatedAt;
}
