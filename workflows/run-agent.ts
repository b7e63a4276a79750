/**
 * The activity in which the runner of a machine starts an agent's program and heartbeats for as long as it lives. It is
 * the lease of the run.
 */
import {
  ActivityCancellationType,
  ActivityFailure,
  CancelledFailure,
  scheduleActivity,
} from '@temporalio/workflow';
import { exitOf, runnerQueue } from './launch.ts';
import type { Exit, RunAgentInput } from './launch.ts';

/** The activity type, which every runner registers. */
export const RUN_AGENT = 'run_agent';

/** Far beyond any run; Temporal wants some limit. */
const LONGEST_RUN = '10 years';

/**
 * Has the runner launch it; resolves with what it answers once the program is gone. When it is given up it rejects only
 * then, too (see `exitOnRequest`), or at once where nobody `waits`.
 */
export function runAgent(
  input: RunAgentInput,
  runner: string,
  summary: string,
  { waits = true } = {},
): Promise<unknown> {
  return scheduleActivity(RUN_AGENT, [input], {
    activityId: input.runId,
    taskQueue: runnerQueue(runner),
    heartbeatTimeout: `${input.leaseSeconds}s`,
    scheduleToStartTimeout: `${input.leaseSeconds}s`,
    startToCloseTimeout: LONGEST_RUN,
    retry: { maximumAttempts: 1 },
    cancellationType: ActivityCancellationType[waits ? 'WAIT_CANCELLATION_COMPLETED' : 'TRY_CANCEL'],
    summary,
  });
}

/** How a program ended that was given up; undefined for any other end, and for a launch that Temporal never heard of. */
export function exitOnRequest(error: unknown): Exit | undefined {
  if (!(error instanceof ActivityFailure) || !(error.cause instanceof CancelledFailure)) return undefined;
  // Begun and given up in one workflow task, it is in no history.
  const { scheduledEventId } = error.failure?.activityFailureInfo ?? {};
  return Number(scheduledEventId ?? 0) > 0 ? exitOf(error.cause.details[0]) : undefined;
}
