/**
 * Every message a task workflow takes: its name, its shape and how the workflow checks it. Signals and updates share
 * one envelope. The API imports these constants and types, never a string.
 */
import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import { Actor } from './actor.ts';
import { Edit, LINKS, REWORKS, commentText, id, note } from './definition.ts';
import { REPORTABLE_REASONS } from './failure-reasons.ts';
import { Launch } from './launch.ts';
import { LIMITS, RANGES } from './limits.ts';
import { boolean, integer, json, list, number, object, oneOf, optional, text, time } from './parse.ts';
import type { Infer } from './parse.ts';
import type { Refusal } from './refusals.ts';
import { STATUSES } from './task-state.ts';
import type { Run, Task } from './task-record.ts';
import { TreeNode } from './tree.ts';

const envelope = {
  /** Remembered with its outcome: the same id again changes nothing and gets the same answer. */
  messageId: id,
  /** Fingerprint of the content, so that one id with two contents is noticed. */
  contentHash: optional(id),
  actor: Actor,
  /** The run that speaks, the fencing token; absent from people. */
  runId: optional(id),
  /** The caller's own name for its wake or session; recorded, never checked. */
  callerRunId: optional(id),
  /** Refused as stale unless the task still has this version. */
  ifVersion: optional(integer(1, Number.MAX_SAFE_INTEGER)),
  /** A comment and an edit ride along: all is applied together or not at all. */
  comment: optional(commentText),
  /** The agents that the comment calls, as the API found them. */
  mentions: optional(list(id, LIMITS.mentions)),
  edit: optional(Edit),
};

const updateEnvelope = {
  ...envelope,
  /** When the caller stops waiting. A worker that comes later turns the update down: nobody would know of its effect. */
  answerBy: optional(time),
};

const Cost = object({
  usd: optional(number(...RANGES.usd)),
  inputTokens: optional(integer(...RANGES.tokens)),
  outputTokens: optional(integer(...RANGES.tokens)),
});

/** How somebody wants to hold a task. */
const hold = {
  expected: optional(list(oneOf(...STATUSES), STATUSES.length, 1)),
  leaseSeconds: optional(integer(...RANGES.leaseSeconds)),
  /** Its agent speaks a protocol without heartbeats: where the task says nothing, the lease is long and nobody watches for checkpoints. */
  patient: optional(boolean),
  /** Whoever holds it already starts over under this run id; the run before is over then. */
  adopt: optional(boolean),
};

const Claim = object({
  ...updateEnvelope,
  /** The new run's id, made by the caller. */
  runId: id,
  ...hold,
  /** Set by Baton itself, when it is to launch the claimer's program. */
  launch: optional(Launch),
});

/** What a run says. One that does not hold the task yet may take it by the same message: all is applied or nothing. */
const fromRun = { ...envelope, runId: id, take: optional(object(hold)) };

/** Set by the API where the caller's protocol lets it do what natively only some may. */
const granted = optional(boolean);

const ReportProgress = object({
  ...fromRun,
  note: optional(note),
  understanding: optional(note),
  plan: optional(note),
  blockers: optional(note),
  percent: optional(number(0, 100)),
  cost: optional(Cost),
  /** Set by the API where the agent has a budget, and is to be told what it spends. */
  counted: optional(boolean),
});

const MarkComplete = object({
  ...fromRun,
  output: json(LIMITS.outputBytes),
  reasoning: text(LIMITS.reasoningBytes),
  memoryPromotions: optional(list(object({ scope: id, text: note }), LIMITS.promotions)),
  costNote: optional(note),
  /** Set by the API once the output fits the task's schema; JSON Schema is not evaluated in workflows. */
  outputChecked: optional(boolean),
  /** Its agent wants it looked at, although the policy does not ask for that. */
  forReview: optional(boolean),
});

const MarkFailed = object({
  ...fromRun,
  reasonCode: oneOf(...REPORTABLE_REASONS),
  beliefs: optional(note),
  tried: optional(list(object({ what: note, whyFailed: note }), 4)),
  blocker: optional(note),
  nextStep: optional(note),
});

/** The checks of every message that asks for something, by its name. */
export const MESSAGES = {
  claim: Claim,
  report_progress: ReportProgress,
  mark_complete: MarkComplete,
  mark_failed: MarkFailed,
  release: object({ ...envelope, runId: id }),
  hand_off: object({ ...fromRun, runId: optional(id), blockers: note, nextStep: optional(note) }),
  resume: object({ ...envelope, granted }),
  reopen: object({ ...envelope, granted, to: optional(oneOf('queued', 'handoff')) }),
  /** Announces a cancellation, which is Temporal's own and has neither sender nor comment nor id: whoever sends this asks for it next. */
  cancel: object({ ...envelope, granted }),
  /** Keeps a closed task out of the way of those who look for work. */
  archive: object(envelope),
  link: object({ ...envelope, to: id, type: oneOf(...LINKS) }),
  comment: object({ ...envelope, comment: commentText }),
  /** `holdsParent` is set by the API for an agent that holds, or held, the task which this one is part of. */
  approve: object({ ...envelope, holdsParent: optional(boolean) }),
  request_changes: object({
    ...envelope,
    holdsParent: optional(boolean),
    comment: commentText,
    rework: optional(oneOf(...REWORKS)),
  }),
  edit: object({ ...updateEnvelope, edit: Edit }),
  /** `replaces` names a sub-task that failed, whose place the new one takes. */
  create_subtask: object({ ...updateEnvelope, child: TreeNode, replaces: optional(id) }),
  skip_child: object({ ...envelope, child: id }),
  child_closed: object({ ...envelope, child: id, status: oneOf(...STATUSES), followedBy: optional(id) }),
  open_gate: object(envelope),
  close_gate: object({ ...envelope, blockedBy: id }),
  /** Its sender is whoever asked for the approval; of the other one, whoever decided. */
  approval_asked: object({ ...envelope, approvalId: id, type: id }),
  approval_decided: object({
    ...envelope,
    approvalId: id,
    decision: oneOf('approved', 'rejected'),
    note: optional(note),
  }),
} as const;
export type MessageName = keyof typeof MESSAGES;
export type Message = { [N in MessageName]: { name: N } & Infer<(typeof MESSAGES)[N]> }[MessageName];
/** The arguments of the message called `N`. */
export type MessageOf<N extends MessageName> = Extract<Message, { name: N }>;
export type Arguments<N extends MessageName> = Infer<(typeof MESSAGES)[N]>;

/** What became of a message, as the workflow remembers it. */
export type Outcome = 'accepted' | Refusal;

export interface TaskView {
  /** Of the messages it remembers, only those asked about. */
  task: Task;
  /** The outcomes of the messages asked about; one that was never received is absent. */
  outcomes: Record<string, Outcome>;
  /** The fingerprints of those messages, as far as they had one: an id that came with another content shows by it. */
  hashes: Record<string, string>;
}

// Updates answer at once and are refused without a trace in history: a refusal is the update's failure.

/** Answers the run, or null when it is a repeat of a claim whose run is over by now. */
export const claimUpdate = defineUpdate<Run | null, [Arguments<'claim'>]>('claim');
/** The type of failure with which an update is turned down that came to a worker after its caller had gone. */
export const CALLER_GONE = 'caller_gone';
/** Answers the task's new version. */
export const editUpdate = defineUpdate<number, [Arguments<'edit'>]>('edit');
/** Answers once the new sub-task has started; those below it may still be about to. */
export const createSubtaskUpdate = defineUpdate<void, [Arguments<'create_subtask'>]>('create_subtask');

const UPDATES = ['claim', 'edit', 'create_subtask'] as const satisfies readonly MessageName[];
export type SignalName = Exclude<MessageName, (typeof UPDATES)[number]>;
const signal = <N extends SignalName>(name: N) => defineSignal<[Arguments<N>]>(name);

export const SIGNALS = {
  report_progress: signal('report_progress'),
  mark_complete: signal('mark_complete'),
  mark_failed: signal('mark_failed'),
  release: signal('release'),
  hand_off: signal('hand_off'),
  resume: signal('resume'),
  reopen: signal('reopen'),
  cancel: signal('cancel'),
  archive: signal('archive'),
  link: signal('link'),
  comment: signal('comment'),
  approve: signal('approve'),
  request_changes: signal('request_changes'),
  skip_child: signal('skip_child'),
  child_closed: signal('child_closed'),
  open_gate: signal('open_gate'),
  close_gate: signal('close_gate'),
  approval_asked: signal('approval_asked'),
  approval_decided: signal('approval_decided'),
} as const satisfies Record<SignalName, unknown>;

/** The whole task, and what became of the messages named. */
export const taskQuery = defineQuery<TaskView, [{ messageIds?: string[] }?]>('task');
