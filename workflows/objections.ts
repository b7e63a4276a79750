/**
 * What stands against a message before any rule is asked: who sends it, an old version, an old run, the wrong state.
 * In this order, so that nobody learns of a task's state what they have no business with. Pure.
 */
import type { Message, MessageName } from './messages.ts';
import { mayNot } from './permissions.ts';
import type { Refusal } from './refusals.ts';
import { undecided } from './rules/approvals.ts';
import { endedRun, isSettled } from './task-record.ts';
import type { Task } from './task-record.ts';
import { allows } from './task-state.ts';
import type { TaskStatus } from './task-state.ts';

/** The first objection to this message, or undefined. */
export const objectionTo = (task: Task, message: Message, now: string): Refusal | undefined =>
  mayNot(task, message.actor, message) ??
  staleVersion(task, message) ??
  staleRun(task, message) ??
  wrongState(task, message, now) ??
  (endsWell(task, message) ? (openChildren(task) ?? undecided(task, WAIT)) : undefined);

/** Whether a refusal says that the run which spoke had ended before. */
export const runIsOver = ({ type }: Refusal): boolean =>
  type === 'run_not_active' || type === 'budget_exhausted';

function staleVersion(task: Task, { ifVersion }: Message): Refusal | undefined {
  if (ifVersion === undefined || ifVersion === task.version) return undefined;
  return {
    type: 'stale_version',
    detail: `The task has version ${task.version} by now, not ${ifVersion}.`,
    hint: 'Read the task again, decide, and send the request with its new version.',
    retryable: false,
    version: task.version,
  };
}

const RUN_ONLY = ['report_progress', 'mark_complete', 'mark_failed', 'release'];

/** A run that is over can change nothing any more, whatever it sends. */
function staleRun(task: Task, message: Message): Refusal | undefined {
  const speaks =
    RUN_ONLY.includes(message.name) || (message.name === 'hand_off' && message.runId !== undefined);
  if (!speaks || task.run?.id === message.runId) return undefined;
  const end = endedRun(task, message.runId!)?.end;
  return {
    type: end === 'budget_exhausted' ? end : 'run_not_active',
    detail: end ? `This run has ended: ${end}.` : 'The task has no such run.',
    hint: 'Stop working on it. Claim the task again if it is queued, or take another one.',
    retryable: false,
    status: task.status,
    ...(end && { endedBy: end }),
    ...(task.run && { holder: task.run.agent }),
  };
}

/** What an agent that winds down may do, and what other workflows tell the task meanwhile. */
const WHILE_WINDING_DOWN: readonly MessageName[] = [
  'release',
  'mark_failed',
  'mark_complete',
  'comment',
  'cancel',
  'child_closed',
  'open_gate',
  'close_gate',
  'approval_asked',
  'approval_decided',
];

/** A state as it reads after "is". */
function inWords(status: TaskStatus): string {
  if (status === 'review') return 'in review';
  return status === 'handoff' ? 'handed off' : status;
}

function wrongState(task: Task, message: Message, now: string): Refusal | undefined {
  const { name } = message;
  const { status } = task;
  // To cancel twice is to cancel once; only what comes along with it may come too late.
  const cancelsAgain = name === 'cancel' && (status === 'cancelled' || task.cancel !== undefined);
  if (cancelsAgain && message.comment === undefined && !message.edit) return undefined;
  if (isSettled(task, now)) {
    return {
      type: message.edit ? 'frozen' : 'transition_not_allowed',
      detail: `The task is ${status} and closed for good.`,
      hint: 'Create a new task.',
      retryable: false,
      status,
    };
  }
  if (task.cancel && task.run && !WHILE_WINDING_DOWN.includes(name)) {
    return {
      type: 'cancel_requested',
      detail: 'This task is being cancelled.',
      hint: `Wind down before ${task.cancel.graceUntil}: release the run, or hand in what there is.`,
      retryable: false,
    };
  }
  if (message.edit && !allows('edit', status)) {
    return {
      type: 'frozen',
      detail: `The task is ${inWords(status)}, so what it asks for can no longer be changed.`,
      hint: 'Create a new task, or comment on this one.',
      retryable: false,
      status,
    };
  }
  if (name === 'hand_off' && task.run && message.runId === undefined && message.actor.role === 'agent') {
    const mine = task.run.agent === message.actor.id;
    return {
      type: 'held',
      detail: mine ? 'You hold this task.' : `${task.run.agent} holds this task.`,
      hint: mine ? 'Hand it off as the run that holds it.' : 'Leave a comment instead.',
      retryable: false,
      holder: task.run.agent,
    };
  }
  const isOther = message.actor.role === 'agent' && task.run?.agent !== message.actor.id;
  if (message.edit && task.run && isOther && name !== 'claim') {
    return {
      type: 'held',
      detail: `${task.run.agent} holds this task, so other agents may not edit it.`,
      hint: 'Leave a comment instead.',
      retryable: false,
      holder: task.run.agent,
    };
  }
  // A claim of a held task is told who holds it, which the claim rule knows how to say.
  if (allows(name, status) || cancelsAgain || (name === 'claim' && task.run)) return undefined;
  return {
    type: 'transition_not_allowed',
    detail: `The task is ${inWords(status)} and does not take ${name}.`,
    hint: 'Read `actions` of the task for what it takes now.',
    retryable: false,
    status,
  };
}

const WAIT = 'Send this anew once that is decided. A run may be released until then.';

/** Whether the task may be done by this. One that is being cancelled takes with it what is in the way. */
const endsWell = ({ cancel }: Task, { name }: Message): boolean =>
  !cancel && (name === 'mark_complete' || name === 'approve');

/** A task is done only when its sub-tasks are. */
function openChildren({ children }: Task): Refusal | undefined {
  const open = children.filter(({ status }) => status === 'open');
  const [first] = open;
  if (!first) return undefined;
  const named = open.slice(0, 3).map(({ id }) => id);
  const more = open.length > named.length ? ` and ${open.length - named.length} more` : '';
  return {
    type: 'open_children',
    detail: `Sub-tasks are still open: ${named.join(', ')}${more}.`,
    hint: 'Wait until they are done, or cancel them.',
    retryable: true,
    blockedBy: first.id,
  };
}
