/**
 * Runs that Baton launches: what the runner of a machine is told when it is to start an agent's program, and what it
 * answers when that is gone. Pure.
 */
import { id } from './definition.ts';
import { LIMITS, RANGES } from './limits.ts';
import { integer, list, nullable, number, object, optional, parse, text } from './parse.ts';
import type { Infer } from './parse.ts';

/** Why an agent is woken, as its program finds it in its environment. */
export const WakeCause = object({
  reason: id,
  commentId: optional(id),
  approvalId: optional(id),
  approvalStatus: optional(id),
  linkedIssueIds: optional(list(id, LIMITS.links)),
});
export type WakeCause = Infer<typeof WakeCause>;

/** What makes a claim that of a run which Baton launches: whose machine it runs on, what is started there, and why. */
export const Launch = object({
  runner: id,
  launcher: id,
  wake: WakeCause,
  /** How long it may last, by what its agent may spend. */
  wallSeconds: optional(number(...RANGES.wallSeconds)),
});
export type Launch = Infer<typeof Launch>;

/** The Temporal task queue of a runner. */
export const runnerQueue = (runner: string): string => `runner/${runner}`;

/** What the runner is given. Nothing in it says what to execute: `launcher` names an entry of the runner's own configuration. */
export interface RunAgentInput {
  runId: string;
  agentId: string;
  company: string;
  launcher: string;
  /** The task it is about. It is held by this run, unless the agent's own workflow is who asks. */
  taskId?: string;
  wake: WakeCause;
  leaseSeconds: number;
  /** How long the program may take to end once it is asked to. */
  graceSeconds: number;
  /** How long it may run, by what may be spent; for as long as any run unless given. */
  wallSeconds?: number;
}

/** How a launched program ended. */
export const Exit = object({
  exitCode: nullable(integer(-1, 255)),
  signal: nullable(text(LIMITS.idBytes)),
  /** The last of its output. */
  tail: text(LIMITS.tailBytes),
  wallSeconds: number(0, Number.MAX_SAFE_INTEGER),
});
export type Exit = Infer<typeof Exit>;

/** Why a runner could not launch a program, or ended it of its own accord. */
export interface RunnerFailure {
  type: string;
  message: string;
  /** How it ended, if it was launched. */
  exit?: Exit;
}
/** Why a program could not be launched, and what that calls for: another attempt, one later on, or a person. */
export const LAUNCH_FAILURES = {
  /** The runner's configuration has no such launcher, or can't be read. */
  unknown_launcher: 'person',
  launchers_unreadable: 'person',
  /** What the launcher names is not there, or is no program. */
  command_not_found: 'person',
  /** A context file has a path or an address that is not allowed. */
  context_refused: 'person',
  /** A context file could not be fetched now. */
  context_unavailable: 'later',
  /** Something that a launch needs did not answer or was not possible now. */
  not_prepared: 'later',
  /** This run was launched before. */
  already_launched: 'now',
} as const;
export type LaunchFailureType = keyof typeof LAUNCH_FAILURES;
/** The type with which a runner ends its runs when it is told to stop. */
export const RUNNER_STOPPED = 'runner_stopped';
/** That with which it ends a run whose `wallSeconds` are over. */
export const TIME_SPENT = 'time_spent';

/** What a runner says of a run that it did not launch, or ended. */
export const failureOfRunner = (
  type: string | null | undefined,
  message: string | null | undefined,
  detail: unknown,
): RunnerFailure => ({
  type: type ?? '',
  message: message ?? '',
  ...(detail !== undefined && { exit: exitOf(detail) }),
});

/** Reads the runner's answer; one that can't be read says nothing of how the program ended. */
export function exitOf(answer: unknown): Exit {
  const parsed = parse(Exit, answer);
  return parsed.ok ? parsed.value : { exitCode: null, signal: null, tail: '', wallSeconds: 0 };
}

/** One line for people. */
export function inWords({ exitCode, signal }: Exit): string {
  if (exitCode !== null) return `exited with code ${exitCode}`;
  return signal === null ? 'ended' : `was ended by ${signal}`;
}
