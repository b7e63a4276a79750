/**
 * The agent workflow: who an agent is to its company. It decides nothing; whoever asks for an agent's manager, budget
 * or adapter reads its memo. It lives until it is cancelled.
 */
import { defineUpdate } from '@temporalio/workflow';
import { Actor } from './actor.ts';
import { continueAsNew } from './continue-as-new.ts';
import { Budget, id } from './definition.ts';
import { beginning, envelope, live } from './entity.ts';
import { LIMITS } from './limits.ts';
import { json, object, optional, text, time } from './parse.ts';
import type { Infer } from './parse.ts';
import { TaskCompanyKey } from './search-attributes.ts';

export const AgentProfile = object({
  name: text(LIMITS.idBytes, 1),
  /** What it is in its company, such as "engineer". */
  role: text(LIMITS.idBytes, 1),
  title: optional(text(LIMITS.idBytes)),
  team: optional(id),
  /** The agent that it answers to. */
  reportsTo: optional(id),
  budget: optional(Budget),
  limits: optional(json(LIMITS.noteBytes)),
  adapter: optional(json(LIMITS.commentBytes)),
});
export type AgentProfile = Infer<typeof AgentProfile>;

export const AgentRecord = object({
  id,
  company: id,
  profile: AgentProfile,
  updatedBy: Actor,
  updatedAt: time,
});
export type AgentRecord = Infer<typeof AgentRecord>;

const PutProfile = object({ ...envelope, profile: AgentProfile });
export type PutProfile = Infer<typeof PutProfile>;

/** Answers the agent after it. */
export const putProfileUpdate = defineUpdate<AgentRecord, [PutProfile]>('put_profile');

export async function agent(input: AgentRecord): Promise<void> {
  const record = await live({
    record: beginning(AgentRecord, input),
    update: putProfileUpdate,
    message: PutProfile,
    receive: (before, { profile, actor }, now) => ({ ...before, profile, updatedBy: actor, updatedAt: now }),
    attributesOf: ({ company }) => [{ key: TaskCompanyKey, value: company }],
    isOver: () => false,
  });
  return await continueAsNew<typeof agent>(record);
}
