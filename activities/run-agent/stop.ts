/** Why a run is stopped from outside, and how long its agent has then. */
import { CancelledFailure } from '@temporalio/activity';
import type { Task } from '../../workflows/task-record.ts';
import type { Exit } from '../../workflows/launch.ts';
import { stopFailure } from './failures.ts';

/** `given_up`: whoever asked for the run waits for it no longer. */
export type StopReason = 'given_up' | 'runner_stopped' | 'run_too_long' | 'time_spent';

/** Before `npm start` or a container would be killed. */
const SHUTDOWN_GRACE_MS = 10_000;
/** What a command leaves running when it ends is not part of its work. */
const LEFT_BEHIND_GRACE_MS = 5_000;

/** Temporal's word for a worker that is told to stop. */
const WORKER_SHUTDOWN = 'WORKER_SHUTDOWN';

export const isShutdown = (signal: AbortSignal): boolean =>
  signal.aborted && signal.reason instanceof CancelledFailure && signal.reason.message === WORKER_SHUTDOWN;

/** Waits for the command's end, or for a reason to bring it about, which it answers then. */
export async function untilStopped(
  exited: Promise<unknown>,
  signal: AbortSignal,
  longestRunMs: number,
  wallSeconds = Infinity,
): Promise<StopReason | undefined> {
  const over = new AbortController();
  const allowedMs = wallSeconds * 1000;
  const stopped = new Promise<StopReason>((resolve) => {
    const tooLong = allowedMs <= longestRunMs ? 'time_spent' : 'run_too_long';
    const late = setTimeout(() => resolve(tooLong), Math.min(allowedMs, longestRunMs));
    over.signal.addEventListener('abort', () => clearTimeout(late));
    const stop = () => resolve(isShutdown(signal) ? 'runner_stopped' : 'given_up');
    signal.addEventListener('abort', stop, { once: true, signal: over.signal });
    if (signal.aborted) stop();
  });
  const stop = await Promise.race([exited.then(() => undefined), stopped]);
  over.abort();
  return stop;
}

/** How long the run's processes have between SIGTERM and SIGKILL, in milliseconds. */
export function graceOf(stop: StopReason | undefined, graceSeconds: number): number {
  const asked = graceSeconds * 1000;
  if (!stop) return Math.min(asked, LEFT_BEHIND_GRACE_MS);
  return stop === 'runner_stopped' ? Math.min(asked, SHUTDOWN_GRACE_MS) : asked;
}

/** What a run that was stopped ends with; without an `exit` it was not even launched. */
export function failureOf(stop: StopReason, exit?: Exit): Error {
  if (stop === 'runner_stopped') return stopFailure(stop, 'The runner was told to stop.', exit);
  if (stop === 'run_too_long')
    return stopFailure(stop, 'It lasted longer than its runner lets any run last.', exit);
  if (stop === 'time_spent')
    return stopFailure(stop, 'It has run for as long as the budget of its task or agent allows.', exit);
  return new CancelledFailure('The run was given up.', exit && [exit]);
}

/** Whether the agent itself has ended the run, by handing in or giving it up: then it is about to exit. */
export const hasSpoken = (task: Task | undefined, runId: string): boolean =>
  task?.endedRuns.some(({ id, end }) => id === runId && OWN_ENDS.has(end)) ?? false;

const OWN_ENDS = new Set<string>(['completed', 'failed', 'released', 'handed_off']);
