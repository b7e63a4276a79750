/**
 * What the small workflows have in common that stand for one thing each, an agent, an approval or a memory: a record,
 * shown in full in their memo so that it is read without a worker, and one update that changes it. A signal with the
 * same message may do so too, where it has to be durable at once and nobody waits for an answer.
 */
import {
  ApplicationFailure,
  allHandlersFinished,
  condition,
  patched,
  setHandler,
  upsertMemo,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import type { SearchAttributePair, SignalDefinition, UpdateDefinition } from '@temporalio/common';
import { Actor } from './actor.ts';
import { id } from './definition.ts';
import { CALLER_GONE } from './messages.ts';
import { optional, parse, time } from './parse.ts';
import type { Parser } from './parse.ts';
import type { Refusal } from './refusals.ts';
import { AgentTeller } from './tell-agents.ts';
import type { ToldAgent } from './tell-agents.ts';
import { TaskTeller } from './tell-tasks.ts';
import type { ToldTasks } from './tell-tasks.ts';

/** The memo that has the whole record. */
export const RECORD_MEMO = 'record';

/** What every update of an entity carries. */
export const envelope = {
  messageId: id,
  contentHash: optional(id),
  actor: Actor,
  callerRunId: optional(id),
  answerBy: optional(time),
};

interface Entity<R extends { company: string }, M> {
  record: R;
  update: UpdateDefinition<R, [M]>;
  message: Parser<M>;
  /** The record after an update, or why there is none. Pure. */
  receive: (record: R, message: M, now: string) => R | { refusal: Refusal };
  signal?: SignalDefinition<[M]>;
  /** The record after a signal, which can not be refused. Pure. */
  hear?: (record: R, message: M, now: string) => R;
  attributesOf: (record: R) => SearchAttributePair[];
  isOver: (record: R) => boolean;
  /** Which agents are to hear of a change. */
  tells?: (record: R) => ToldAgent[];
  /** What tasks are to hear of its beginning or of a change. They hear of it first, and the update answers after that. */
  tellsTasks?: (record: R) => ToldTasks | undefined;
  /** Answers once tasks have heard of its beginning. */
  begunUpdate?: UpdateDefinition<void, [{ messageId: string }]>;
}

const now = () => new Date().toISOString();

/**
 * Keeps a record until it is over; answers it then, or as it is when the history has grown long and another execution
 * should go on with it. Ends as cancelled once that is asked for.
 */
export async function live<R extends { company: string }, M extends { answerBy?: string | undefined }>(
  entity: Entity<R, M>,
): Promise<R> {
  let { record } = entity;
  const agents = new AgentTeller();
  const tasks = new TaskTeller();
  const show = () => {
    upsertMemo({ [RECORD_MEMO]: record as Record<string, unknown> });
    upsertSearchAttributes(entity.attributesOf(record));
  };
  const tellTasks = (): Promise<void> | undefined => {
    const told = entity.tellsTasks?.(record);
    // Those that are there for long held nothing back, and go on so.
    return told && told.to.length > 0 && patched('approvals') ? tasks.tell(told) : undefined;
  };
  const tellAgents = (after: R): R => {
    const told = entity.tells?.(after) ?? [];
    // Those that are there for long did not tell anybody once, and do so from now on.
    if (told.length > 0 && patched('wakes')) agents.tell(after.company, told);
    return after;
  };
  // An execution begins with a command, before any message.
  show();
  const begun = tellTasks();
  if (entity.begunUpdate) setHandler(entity.begunUpdate, () => begun);
  if (entity.signal) {
    // First, for what came along with the start is taken as soon as there is a handler for it.
    setHandler(entity.signal, (message) => {
      const parsed = parse(entity.message, message);
      // What can't be read stands in the history, and changes nothing.
      const heard = parsed.ok ? entity.hear?.(record, parsed.value, now()) : undefined;
      if (heard === undefined || heard === record) return;
      record = heard;
      show();
    });
  }
  takeUpdate(entity.update, entity.message, {
    after: (message) => entity.receive(record, message, now()),
    become(after) {
      record = after;
      show();
      return tellTasks()?.then(() => tellAgents(after)) ?? tellAgents(after);
    },
  });
  const mayClose = () => entity.isOver(record) || workflowInfo().continueAsNewSuggested;
  await condition(() => mayClose() && !agents.isBusy && !tasks.isBusy && allHandlersFinished());
  return record;
}

interface Taking<M, V extends object, R> {
  /** What the message comes to, or why to nothing. Pure. */
  after: (message: M) => V | { refusal: Refusal };
  /** Makes it so; answers what the caller gets. */
  become: (after: V, message: M) => R | Promise<R>;
}

/** Takes an update. One that is refused, or comes after its caller has gone, is turned down before it leaves a trace. */
export function takeUpdate<R, M extends { answerBy?: string | undefined }, V extends object>(
  update: UpdateDefinition<R, [M]>,
  parser: Parser<M>,
  { after, become }: Taking<M, V, R>,
): void {
  const verdictOn = (message: M): V => {
    const verdict = after(message);
    if ('refusal' in verdict) throw failureOf(verdict.refusal);
    return verdict;
  };
  const take = (args: M): R | Promise<R> => {
    const message = readable(parser, args);
    return become(verdictOn(message), message);
  };
  setHandler(update, take, {
    validator(args) {
      const message = readable(parser, args);
      verdictOn(message);
      if (message.answerBy === undefined || Date.now() <= Date.parse(message.answerBy)) return;
      throw ApplicationFailure.nonRetryable('Its caller waits no longer.', CALLER_GONE);
    },
  });
}

/** What an execution begins with. Throws what fails the workflow when that can not be read. */
export function beginning<R>(parser: Parser<R>, input: unknown): R {
  const parsed = parse(parser, input);
  if (parsed.ok) return parsed.value;
  throw ApplicationFailure.nonRetryable(`It can't be started: ${parsed.fault}.`, 'malformed_input');
}

function readable<M>(parser: Parser<M>, message: unknown): M {
  const parsed = parse(parser, message);
  if (parsed.ok) return parsed.value;
  throw failureOf({ type: 'malformed_message', detail: parsed.fault });
}

const failureOf = (refusal: Refusal): ApplicationFailure =>
  ApplicationFailure.create({
    message: refusal.detail,
    type: refusal.type,
    nonRetryable: true,
    details: [refusal],
  });
