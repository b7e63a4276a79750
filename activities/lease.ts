/** The lease of a run: held open by an agent's heartbeats, which the API sends on by the run's id. */
import { CompleteAsyncError } from '@temporalio/activity';

/** Leaves the activity open. Its end comes from outside: by the API, or by a missed heartbeat. */
export function lease(): never {
  throw new CompleteAsyncError();
}
