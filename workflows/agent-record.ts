/** An agent as Baton knows it: its profile, what waits for it, what it is at, what it has spent. Its memo has all of it. */
import { Actor } from './actor.ts';
import { Budget, id } from './definition.ts';
import { DEFAULTS, LIMITS, RANGES } from './limits.ts';
import { boolean, integer, json, list, object, oneOf, optional, parse, text, time } from './parse.ts';
import type { Infer } from './parse.ts';

export const AgentProfile = object({
  name: text(LIMITS.idBytes, 1),
  /** What it is in its company, such as "engineer". */
  role: text(LIMITS.idBytes, 1),
  title: optional(text(LIMITS.idBytes)),
  team: optional(id),
  /** The agent that it answers to. */
  reportsTo: optional(id),
  /** What it may spend in a month. */
  budget: optional(Budget),
  /** As `limitsOf` reads them. */
  limits: optional(json(LIMITS.noteBytes)),
  /** As `adapterOf` reads it. */
  adapter: optional(json(LIMITS.commentBytes)),
});
export type AgentProfile = Infer<typeof AgentProfile>;

/** An agent workflow may be started with this; what it carries over has all of an `Agent`. */
export const AgentInput = object({
  id,
  company: id,
  profile: optional(AgentProfile),
  registered: optional(boolean),
  updatedBy: optional(Actor),
  updatedAt: optional(time),
});
export type AgentInput = Infer<typeof AgentInput>;

const Limits = object({
  runsAtOnce: optional(integer(...RANGES.runsAtOnce)),
  heartbeatSeconds: optional(integer(...RANGES.heartbeatSeconds)),
  runsWithoutProgress: optional(integer(...RANGES.runsWithoutProgress)),
  runsAmongAgents: optional(integer(...RANGES.runsAmongAgents)),
  /** What it may spend on one task. */
  costPerTask: optional(Budget),
});
export type AgentLimits = Infer<typeof Limits>;

/** The limits of an agent; what was set before Baton had a meaning for them is none. */
export function limitsOf({ limits = {} }: AgentProfile): AgentLimits {
  const parsed = parse(Limits, limits);
  return parsed.ok ? parsed.value : {};
}

const ProcessAdapter = object({ type: oneOf('process'), launcher: id, runner: optional(id) });
/** How an agent comes to its work: it asks for it over HTTP, or a runner launches it. */
export type Adapter = { type: 'http' } | { type: 'process'; launcher: string; runner: string };

export function adapterOf({ adapter }: AgentProfile): Adapter {
  const parsed = parse(ProcessAdapter, adapter);
  if (!parsed.ok) return { type: 'http' };
  const { launcher, runner = DEFAULTS.runner } = parsed.value;
  return { type: 'process', launcher, runner };
}

export const WAKE_REASONS = [
  'assignment',
  'mention',
  'approval_decided',
  'children_finished',
  'changes_requested',
  'escalation',
  'timer',
  'manual',
] as const;
export type WakeReason = (typeof WAKE_REASONS)[number];

/** What an agent is woken for. */
export const occasion = {
  reason: oneOf(...WAKE_REASONS),
  /** A person wants it, rather than an agent. */
  byPerson: optional(boolean),
  taskId: optional(id),
  commentId: optional(id),
  approvalId: optional(id),
  approvalStatus: optional(oneOf('approved', 'rejected', 'revision_requested')),
  /** The tasks that the approval is about. */
  linkedIssueIds: optional(list(id, LIMITS.links)),
};
const Occasion = object(occasion);
export type Occasion = Infer<typeof Occasion>;

/** A wake that waits to be answered. All that comes for one task, or one approval, is one wake. */
export interface Wake extends Omit<Occasion, 'reason'> {
  /** Changes with each that is added, so that whoever has handled the ones before does not take this one for handled. */
  id: string;
  /** Why, each once; the latest is the last. */
  reasons: WakeReason[];
  /** When the first of them came. */
  at: string;
  count: number;
  /** No run is to answer it before this. */
  notBefore?: string;
  /** Of one that stands for several tasks: how often in a row lists knew of none that was to be had. */
  tries?: number;
}

/** A run by which the agent answers a wake. It has the wake's id. */
export interface AgentRun {
  id: string;
  wake: Wake;
  /**
   * `launching`: its task is asked for. `claimed`: the task holds it, and tells of its end. `held`: nothing is claimed,
   * and the agent workflow holds it itself.
   */
  phase: 'launching' | 'claimed' | 'held';
  /** What launches it, and where. */
  launcher: string;
  runner: string;
  taskId?: string;
  /** Where the wake names no task: those that are asked for one after the other, the first of them now. */
  choice?: string[];
  /** How many tasks were asked for in vain so far. */
  passedOver?: number;
  startedAt: string;
  /** When to look whether it is still on, if nothing was heard of it. */
  lookAt?: string;
  /** Why it is being stopped. */
  stopping?: 'terminated' | 'budget_exhausted';
}

export interface Spending {
  usd: number;
  tokens: number;
  /** How long its launched programs ran. */
  wallSeconds?: number;
}

export interface Agent {
  id: string;
  company: string;
  profile: AgentProfile;
  /** Whether somebody ever said who it is. One that was only woken is not. */
  registered: boolean;
  updatedBy?: Actor;
  updatedAt?: string;
  /** Those that wait, the oldest first. */
  wakes: Wake[];
  /** Those that are on, the oldest first. */
  runs: AgentRun[];
  /** By a person, or by the loop breaker. A spent budget pauses it too, which is not kept but follows from `spending`. */
  paused?: { why: 'by_hand' | 'no_progress'; by: string; at: string; note?: string };
  terminated?: { by: string; at: string; note?: string };
  /** What it spent in this calendar month, by UTC. */
  spending?: Spending & { month: string };
  /** What it spent on its latest tasks, the latest last. */
  spentOn: ({ taskId: string } & Spending)[];
  /** Tasks that its launched runs released, or left to be continued, and that nothing has woken it for since. */
  givenBack?: string[];
  /** How many runs in a row came to nothing. */
  runsWithoutProgress: number;
  /** How many runs in a row held no task, ended well, and were for other agents alone. */
  runsAmongAgents?: number;
  /** How its last run ended. */
  lastRun?: { id: string; taskId?: string; end: string; at: string };
  /** How many launches in a row nobody took up, and when to try again. */
  unanswered?: { launches: number; until: string };
  /** When the clock woke it last. */
  timerAt?: string;
  /** The latest messages, so that a repeat is known as one. */
  remembered: { id: string; hash?: string }[];
}

/** An agent of which nothing more is known, or has happened, than this. */
export const newAgent = ({ id: agentId, company, profile, registered, ...rest }: AgentInput): Agent => ({
  id: agentId,
  company,
  profile: profile ?? { name: agentId, role: 'agent' },
  registered: registered ?? profile !== undefined,
  ...rest,
  wakes: [],
  runs: [],
  spentOn: [],
  runsWithoutProgress: 0,
  remembered: [],
});

/** What the memo shows of it. */
export type AgentRecord = Omit<Agent, 'remembered'>;
