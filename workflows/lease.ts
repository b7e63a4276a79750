/**
 * The lease of a run: an activity, named by the run's id, that lives as long as its agent sends heartbeats. Nobody
 * works in it; the API beats it by id on the agent's behalf, and its heartbeat timeout is how a crash is noticed.
 */
import {
  ActivityCancellationType,
  ActivityFailure,
  CancellationScope,
  TimeoutFailure,
  isCancellation,
  scheduleActivity,
} from '@temporalio/workflow';
import { PICK_UP_SECONDS } from './limits.ts';
import type { Run } from './task-record.ts';

/** The activity type, which the worker registers. */
const LEASE = 'lease';

/** Far beyond any run; Temporal wants some limit. */
const LONGEST_RUN = '10 years';

/**
 * How a lease ends: `lost` when heartbeats stopped or somebody closed it from outside, `never_started` when nobody ever
 * sent one, `ended` when the workflow itself asked for it.
 */
export type LeaseEnd = 'lost' | 'never_started' | 'ended';

/** Starts the lease of `run`, which lasts until the scope is cancelled, or until `over` hears otherwise. */
export function holdLease(run: Run, maxAttempts: number, over: (end: LeaseEnd) => void): CancellationScope {
  const scope = new CancellationScope();
  const held = scope.run(() =>
    scheduleActivity(LEASE, [{ agent: run.agent, attempt: run.attempt }], {
      activityId: run.id,
      heartbeatTimeout: `${run.leaseSeconds}s`,
      // An agent that goes on through a continue-as-new is not to blame for a worker that is away for a moment.
      scheduleToStartTimeout: `${run.carriedOver ? Math.max(PICK_UP_SECONDS, run.leaseSeconds) : PICK_UP_SECONDS}s`,
      startToCloseTimeout: LONGEST_RUN,
      retry: { maximumAttempts: 1 },
      cancellationType: ActivityCancellationType.TRY_CANCEL,
      summary: `${run.agent}, attempt ${run.attempt} of ${maxAttempts}`,
    }),
  );
  held.then(
    () => over('lost'),
    (error: unknown) => over(endOf(run, error)),
  );
  return scope;
}

function endOf(run: Run, error: unknown): LeaseEnd {
  if (isCancellation(error)) return 'ended';
  const timeout =
    error instanceof ActivityFailure && error.cause instanceof TimeoutFailure ? error.cause : undefined;
  if (timeout?.timeoutType === 'SCHEDULE_TO_START') return 'never_started';
  const silent = timeout?.timeoutType === 'HEARTBEAT' && timeout.lastHeartbeatDetails === undefined;
  return silent && !run.carriedOver ? 'never_started' : 'lost';
}
