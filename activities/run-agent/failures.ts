/** Why an agent could not be launched, or was stopped by its runner, as typed failures that no retry helps. */
import { ApplicationFailure, CancelledFailure } from '@temporalio/activity';
import type { Exit, LaunchFailureType } from '../../workflows/launch.ts';

/** A launch that did not come about; `message` says what to do. Nothing was launched. */
export const launchFailure = (
  type: LaunchFailureType,
  message: string,
  cause?: unknown,
): ApplicationFailure =>
  ApplicationFailure.create({
    type,
    message,
    nonRetryable: true,
    ...(cause instanceof Error && { cause }),
  });

export type StopType =
  /** The runner was told to stop. */
  | 'runner_stopped'
  /** The run lasted longer than any may. */
  | 'run_too_long'
  /** It lasted as long as the budget allows. */
  | 'time_spent';

/** A run that its runner ended of its own accord; the failure's details have what became of it, if it was launched. */
export const stopFailure = (type: StopType, message: string, exit?: Exit): ApplicationFailure =>
  ApplicationFailure.create({ type, message, nonRetryable: true, ...(exit && { details: [exit] }) });

/** Waits for something that a launch needs; what goes wrong there becomes `not_prepared`, unless it says more itself. */
export async function needed<T>(what: string, promise: Promise<T>): Promise<T> {
  try {
    return await promise;
  } catch (error) {
    if (error instanceof ApplicationFailure || error instanceof CancelledFailure) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw launchFailure('not_prepared', `${what}: ${why}`, error);
  }
}
