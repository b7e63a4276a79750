/**
 * The lease of a run: an activity, named by the run's id, that lives as long as its agent sends heartbeats. Nobody
 * works in it; the API beats it by id on the agent's behalf, and its heartbeat timeout is how a crash is noticed. That
 * of a launched run is the activity in which its program runs.
 */
import {
  ActivityCancellationType,
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  TimeoutFailure,
  isCancellation,
  scheduleActivity,
} from '@temporalio/workflow';
import { exitOf, failureOfRunner } from './launch.ts';
import type { Launch, RunAgentInput } from './launch.ts';
import { DEFAULTS, PICK_UP_SECONDS } from './limits.ts';
import type { LeaseEnd } from './occur.ts';
import { wallSecondsLeft } from './rules/budget.ts';
import { exitOnRequest, runAgent } from './run-agent.ts';
import type { Run, Task } from './task-record.ts';

/** The activity type, which the worker registers. */
const LEASE = 'lease';

/** Far beyond any run; Temporal wants some limit. */
const LONGEST_RUN = '10 years';

/** Starts the lease of the task's run, which lasts until the scope is cancelled, or until `over` hears otherwise. */
export function holdLease(task: Task, run: Run, over: (end: LeaseEnd) => void): CancellationScope {
  const scope = new CancellationScope();
  const summary = `${run.agent}, attempt ${run.attempt} of ${task.definition.maxAttempts}`;
  const { launch } = run;
  const held = launch
    ? scope.run(() => runAgent(launchOf(task, run, launch), launch.runner, summary))
    : scope.run(() => openLease(run, summary));
  held.then(
    (answer) => over(launch ? { exit: exitOf(answer) } : 'lost'),
    (error: unknown) => {
      if (!isCancellation(error)) return over(endOf(run, error));
      // A program is gone only now; any other lease was over when nobody wanted it any more.
      const exit = launch && exitOnRequest(error);
      if (exit) over({ exit });
    },
  );
  return scope;
}

function openLease(run: Run, summary: string): Promise<unknown> {
  return scheduleActivity(LEASE, [{ agent: run.agent, attempt: run.attempt }], {
    activityId: run.id,
    heartbeatTimeout: `${run.leaseSeconds}s`,
    // An agent that goes on through a continue-as-new is not to blame for a worker that is away for a moment.
    scheduleToStartTimeout: `${run.carriedOver ? Math.max(PICK_UP_SECONDS, run.leaseSeconds) : PICK_UP_SECONDS}s`,
    startToCloseTimeout: LONGEST_RUN,
    retry: { maximumAttempts: 1 },
    cancellationType: ActivityCancellationType.TRY_CANCEL,
    summary,
  });
}

function launchOf(task: Task, run: Run, launch: Launch): RunAgentInput {
  const wallSeconds = wallSecondsLeft(task, launch);
  return {
    runId: run.id,
    agentId: run.agent,
    company: task.company,
    launcher: launch.launcher,
    taskId: task.id,
    wake: launch.wake,
    leaseSeconds: run.leaseSeconds,
    graceSeconds: task.definition.cancelGraceSeconds ?? DEFAULTS.cancelGraceSeconds,
    ...(wallSeconds !== undefined && { wallSeconds }),
  };
}

function endOf(run: Run, error: unknown): LeaseEnd {
  const cause = error instanceof ActivityFailure ? error.cause : undefined;
  if (cause instanceof ApplicationFailure && run.launch) {
    return { failure: failureOfRunner(cause.type, cause.message, cause.details?.[0]) };
  }
  const timeout = cause instanceof TimeoutFailure ? cause : undefined;
  if (timeout?.timeoutType === 'SCHEDULE_TO_START') return 'never_started';
  const silent = timeout?.timeoutType === 'HEARTBEAT' && timeout.lastHeartbeatDetails === undefined;
  return silent && !run.carriedOver ? 'never_started' : 'lost';
}
