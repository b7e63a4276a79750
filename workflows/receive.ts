/**
 * What a message, or the passing of time, makes of a task. Pure: the workflow applies it to live messages, the API's
 * event reader to recorded ones, and both come to the same verdicts.
 */
import { LIMITS } from './limits.ts';
import { MESSAGES } from './messages.ts';
import type { Message, MessageName, MessageOf, Outcome } from './messages.ts';
import { objectionTo, runIsOver } from './objections.ts';
import { parse } from './parse.ts';
import type { Refusal } from './refusals.ts';
import { awaitApproval, hearOfDecision } from './rules/approvals.ts';
import { completedIfReady, createSubtask, hearOfChild, setGate, skipChild } from './rules/children.ts';
import { approve, requestChanges } from './rules/reviews.ts';
import { changed, enter, refuse, takeUpAgain } from './rules/rule.ts';
import type { Verdict } from './rules/rule.ts';
import {
  claim,
  handOff,
  markComplete,
  markFailed,
  release,
  repeatsTheEnd,
  reportProgress,
} from './rules/runs.ts';
import { endedRun, failingAt, sizeOf } from './task-record.ts';
import type { Task } from './task-record.ts';
import { NOTICES, isTerminal } from './task-state.ts';

/** The clock and the source of ids, given from outside to keep these functions pure. */
export interface Moment {
  now: string;
  mintId: () => string;
}

export interface Received {
  task: Task;
  outcome: Outcome;
  /** The message had been here before; its first outcome stands and nothing was done. */
  replayed?: true;
}

/** Reads and applies what arrived under `name`. What can't be read is noted, so that it shows, and changes nothing. */
export function take(
  task: Task,
  name: string,
  args: unknown,
  moment: Moment,
): Received & { message?: Message } {
  const known = Object.hasOwn(MESSAGES, name) ? MESSAGES[name as MessageName] : undefined;
  const parsed = known
    ? parse<object>(known, args)
    : { ok: false as const, fault: 'is not a message of a task' };
  if (parsed.ok) {
    const message = { name, ...parsed.value } as Message;
    return { ...receive(task, message, moment), message };
  }
  const malformed = { message: name, fault: parsed.fault, at: moment.now };
  return {
    task: { ...task, malformed },
    outcome: { type: 'malformed_message', detail: `${name} ${parsed.fault}` },
  };
}

/**
 * Takes what came of an offer: the claim of whoever took it. One that arrives after its caller has gone is none: it
 * changes nothing, and answers undefined.
 */
export function takeOffer(task: Task, args: unknown, moment: Moment): ReturnType<typeof take> | undefined {
  const received = take(task, 'claim', args, moment);
  return received.message && callerIsGone(received.message, moment.now) ? undefined : received;
}

/** Whether the caller of an update waited no longer than until a time that has passed. */
export const callerIsGone = (message: Message, now: string): boolean =>
  'answerBy' in message && message.answerBy !== undefined && Date.parse(now) > Date.parse(message.answerBy);

/** Applies a message as a whole or not at all, and remembers what became of it. */
export function receive(task: Task, message: Message, moment: Moment): Received {
  const before = task.remembered.find((each) => each.id === message.messageId);
  if (before) {
    if (before.hash === message.contentHash) return { task, outcome: before.outcome, replayed: true };
    return {
      task,
      outcome: { type: 'idempotency_key_reused', detail: 'This key was used for another request.' },
    };
  }
  const verdict = decide(task, message, moment);
  const outcome: Outcome = 'task' in verdict ? 'accepted' : verdict.refusal;
  const after = 'task' in verdict ? verdict.task : afterRefusal(task, message, verdict.refusal);
  // Such news says the same however often it comes, and must not crowd out what callers sent.
  if (Object.hasOwn(NOTICES, message.name)) return { task: after, outcome };
  const remembered = [...task.remembered, { id: message.messageId, hash: message.contentHash, outcome }];
  return { task: { ...after, remembered: remembered.slice(-LIMITS.rememberedMessages) }, outcome };
}

/** What `receive` would do, without the memory: used by the validators of updates, which may leave no trace. */
export function decide(task: Task, message: Message, moment: Moment): Verdict {
  const taken = taking(task, message, moment.now);
  if ('refusal' in taken) return isRepeat(task, message, taken.refusal) ? { task } : taken;
  // What the version was before is behind it once it has taken the task.
  const rest = taken.task === task ? message : { ...message, ifVersion: undefined };
  const refusal = objectionTo(taken.task, rest, moment.now);
  if (refusal) return isRepeat(task, message, refusal) ? { task } : refuse(refusal);

  const edited = message.edit ? applyEdit(taken.task, message.edit, moment.now) : taken.task;
  const verdict = apply(edited, message, moment);
  if ('refusal' in verdict) return verdict;
  const settled = TAKING_UP.includes(message.name)
    ? verdict.task
    : completedIfReady(task, verdict.task, moment.now);
  const after = message.comment === undefined ? settled : addComment(settled, message, moment.now);
  return overfull(after, message) ?? { task: after };
}

/** The task as its sender holds it, who may take it by the very message that it sends as its holder. */
function taking(task: Task, message: Message, now: string): Verdict {
  if (!('take' in message) || !message.take || message.runId === undefined) return { task };
  // Whether its run is live or over, it has taken the task before.
  if (task.run?.id === message.runId || endedRun(task, message.runId)) return { task };
  const { messageId, actor, runId, callerRunId, ifVersion, take: wish } = message;
  const asClaim: MessageOf<'claim'> = {
    name: 'claim',
    messageId,
    actor,
    runId,
    callerRunId,
    ifVersion,
    ...wish,
  };
  const refusal = objectionTo(task, asClaim, now);
  return refusal ? refuse(refusal) : claim(task, asClaim, now);
}

/** By these a person wants a task to go on although it was done. */
const TAKING_UP: readonly MessageName[] = ['reopen', 'request_changes'];

function apply(task: Task, message: Message, { now, mintId }: Moment): Verdict {
  switch (message.name) {
    case 'claim':
      return claim(task, message, now);
    case 'report_progress':
      return reportProgress(task, message, now);
    case 'mark_complete':
      return markComplete(task, message, now);
    case 'mark_failed':
      return markFailed(task, message, now);
    case 'release':
      return release(task, message, now);
    case 'hand_off':
      return handOff(task, message, now);
    case 'approve':
      return approve(task, message, now);
    case 'request_changes':
      return requestChanges(task, message, now, mintId);
    case 'resume':
      return { task: takeUpAgain(task, now) };
    case 'reopen':
      return { task: reopen(task, message, now) };
    case 'cancel':
      return { task: announceCancel(task, message) };
    case 'archive':
      return { task: { ...task, archived: task.archived ?? { by: message.actor.id, at: now } } };
    case 'link':
      return link(task, message, now);
    case 'create_subtask':
      return createSubtask(task, message);
    case 'skip_child':
      return skipChild(task, message, now);
    case 'child_closed':
      return { task: hearOfChild(task, message, now) };
    case 'open_gate':
      return { task: setGate(task, undefined, now) };
    case 'close_gate':
      return { task: setGate(task, message.blockedBy, now) };
    case 'approval_asked':
      return awaitApproval(task, message, now);
    case 'approval_decided':
      return { task: hearOfDecision(task, message, now) };
    case 'edit':
    case 'comment':
      return { task };
  }
}

/** Its gate is forgotten: a parent that is still there closes it again, and nobody else would ever open it. */
function reopen(task: Task, message: MessageOf<'reopen'>, now: string): Task {
  const { settleUntil: _settle, cancel: _cancel, archived: _archived, ...rest } = task;
  if (message.to !== 'handoff') return setGate(takeUpAgain(rest, now), undefined, now);
  const handoff = { blockers: message.comment ?? 'Reopened.', by: message.actor.id, at: now };
  return setGate(enter(rest, 'handoff', now, { handoff }), undefined, now);
}

function link(task: Task, { to, type, actor }: MessageOf<'link'>, now: string): Verdict {
  const links = task.links ?? [];
  if (links.some((each) => each.to === to && each.type === type)) return { task };
  if (links.length < LIMITS.links)
    return { task: { ...task, links: [...links, { to, type, by: actor.id, at: now }] } };
  return refuse({
    type: 'task_full',
    detail: `The task has ${LIMITS.links} links already, which are the most.`,
    hint: 'Name the other task in a comment.',
    retryable: false,
  });
}

/** Nothing is announced where the task is cancelled, or about to be, already. */
const announceCancel = (task: Task, { messageId: message, actor }: MessageOf<'cancel'>): Task =>
  task.cancel || isTerminal(task.status) ? task : { ...task, cancelAnnounced: { message, by: actor.id } };

/** The message that ended a run may come again, from an agent that never saw the answer. */
const isRepeat = (task: Task, message: Message, refusal: Refusal): boolean =>
  runIsOver(refusal) && repeatsTheEnd(task, message);

/** A submission that comes too late changes nothing, but the next run is told that the events have one. */
function afterRefusal(task: Task, message: Message, refusal: Refusal): Task {
  if (message.name !== 'mark_complete' || !runIsOver(refusal)) return task;
  const endedRuns = task.endedRuns.map((run) =>
    run.id === message.runId ? { ...run, lateSubmission: true as const } : run,
  );
  return { ...task, endedRuns };
}

function addComment(task: Task, message: Message, now: string): Task {
  const comment = { id: message.messageId, by: message.actor, at: now, text: message.comment! };
  const comments = [...task.comments, comment].slice(-LIMITS.comments);
  const { run } = task;
  const isLeftByRun = run?.launch && message.actor.id === run.agent;
  return {
    ...task,
    ...(isLeftByRun && { run: { ...run, reported: true as const } }),
    comments,
    commentCount: task.commentCount + 1,
  };
}

function applyEdit(task: Task, edit: MessageOf<'edit'>['edit'], now: string): Task {
  const merged = Object.entries({ ...task.definition, ...edit }).filter(([, value]) => value !== null);
  const definition = Object.fromEntries(merged) as Task['definition'];
  const { failsAt: _failsAt, ...rest } = task;
  const failsAt =
    'deadline' in edit
      ? failingAt(definition.deadline, now)
      : { ...(task.failsAt && { failsAt: task.failsAt }) };
  return changed({ ...rest, ...failsAt }, { definition }, now);
}

function fits(task: Task, { name, comment, edit }: Message): boolean {
  switch (name) {
    case 'mark_complete':
      return sizeOf(task) <= LIMITS.stateBytes - LIMITS.verdictBytes;
    case 'mark_failed':
    case 'approve':
    case 'request_changes':
      return sizeOf(task) <= LIMITS.stateBytes;
    default: {
      if (comment === undefined && edit === undefined && name !== 'create_subtask') return true;
      // What was handed in has used the room that was left for it.
      const { submission: _submission, ...rest } = task;
      return sizeOf(rest) <= LIMITS.stateBytes - LIMITS.reservedBytes;
    }
  }
}

/**
 * Comments and edits must leave room for a run to hand in its work, and for a reviewer to send it back; nothing may
 * outgrow what can be carried over.
 */
function overfull(task: Task, message: Message): Verdict | undefined {
  if (fits(task, message)) return undefined;
  return refuse({
    type: 'task_full',
    detail: 'The task has no room for this.',
    hint: isTerminal(task.status) ? 'Create a new task.' : 'Send less, or put it elsewhere and refer to it.',
    retryable: false,
  });
}
