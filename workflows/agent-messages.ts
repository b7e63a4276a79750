/**
 * Every message an agent workflow takes. Updates come from the API, which wants an answer; signals from the workflows of
 * tasks, approvals and other agents, and may be what starts it.
 */
import { defineUpdate } from '@temporalio/workflow';
import { AgentProfile, occasion } from './agent-record.ts';
import type { AgentRecord } from './agent-record.ts';
import { id, note } from './definition.ts';
import { envelope } from './entity.ts';
import { RANGES } from './limits.ts';
import { boolean, number, object, optional } from './parse.ts';
import type { Infer } from './parse.ts';

const messageId = { messageId: id };

/** The checks of every message, by its name. */
export const AGENT_MESSAGES = {
  put_profile: object({ ...envelope, profile: AgentProfile }),
  pause: object({ ...envelope, note: optional(note) }),
  resume: object({ ...envelope, note: optional(note) }),
  terminate: object({ ...envelope, note: optional(note) }),
  /** Somebody wakes it by hand. */
  call: object({ ...envelope, taskId: optional(id) }),
  /** The agent has seen to a wake. */
  handled: object({ ...envelope, wakeId: id }),
  /** The wake has the id of the message. */
  wake: object({ ...messageId, ...occasion }),
  /** A run of its that Baton launched is over. */
  run_ended: object({
    ...messageId,
    runId: id,
    end: id,
    progressed: optional(boolean),
    wallSeconds: optional(number(...RANGES.wallSeconds)),
  }),
  /** A run of its reported a cost. */
  spent: object({
    ...messageId,
    runId: id,
    taskId: id,
    usd: number(...RANGES.usd),
    tokens: number(...RANGES.tokens),
  }),
} as const;
export type AgentMessageName = keyof typeof AGENT_MESSAGES;
export type AgentMessageOf<N extends AgentMessageName> = { name: N } & Infer<(typeof AGENT_MESSAGES)[N]>;
export type AgentMessage = { [N in AgentMessageName]: AgentMessageOf<N> }[AgentMessageName];

/** The steps by which people take an agent out of work, and into it again. */
export const AGENT_STEPS = ['pause', 'resume', 'terminate'] as const satisfies readonly AgentMessageName[];
export type AgentStep = (typeof AGENT_STEPS)[number];

export const AGENT_UPDATES = [
  'put_profile',
  ...AGENT_STEPS,
  'call',
  'handled',
] as const satisfies readonly AgentMessageName[];
export type AgentUpdate = (typeof AGENT_UPDATES)[number];
/** The update of this name, which answers the agent after it. */
export const agentUpdate = <N extends AgentUpdate>(name: N) =>
  defineUpdate<AgentRecord, [Infer<(typeof AGENT_MESSAGES)[N]>]>(name);

export const AGENT_SIGNALS = ['wake', 'run_ended', 'spent'] as const satisfies readonly AgentMessageName[];
export type AgentSignal = (typeof AGENT_SIGNALS)[number];
