/**
 * The activity in which the runner of a machine starts an agent's program and heartbeats for as long as it lives. It is
 * the lease of the run.
 */
import { ActivityCancellationType, scheduleActivity } from '@temporalio/workflow';
import { runnerQueue } from './launch.ts';
import type { RunAgentInput } from './launch.ts';

/** The activity type, which every runner registers. */
export const RUN_AGENT = 'run_agent';

/** Far beyond any run; Temporal wants some limit. */
const LONGEST_RUN = '10 years';

/** Has the runner launch it; resolves with what it answers once the program is gone. */
export function runAgent(input: RunAgentInput, runner: string, summary: string): Promise<unknown> {
  return scheduleActivity(RUN_AGENT, [input], {
    activityId: input.runId,
    taskQueue: runnerQueue(runner),
    heartbeatTimeout: `${input.leaseSeconds}s`,
    scheduleToStartTimeout: `${input.leaseSeconds}s`,
    startToCloseTimeout: LONGEST_RUN,
    retry: { maximumAttempts: 1 },
    cancellationType: ActivityCancellationType.TRY_CANCEL,
    summary,
  });
}
