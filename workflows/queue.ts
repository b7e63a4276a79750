/**
 * The work queue workflow: a name for a task queue of offers, and what its tasks get where they do not say. All that a
 * queue is stands in its memo, so that it is read without a worker; it lives until it is cancelled, which deletes it.
 */
import { ApplicationFailure, CancellationScope } from '@temporalio/workflow';
import { Actor } from './actor.ts';
import { Review, id } from './definition.ts';
import { LIMITS, RANGES } from './limits.ts';
import { integer, object, optional, parse, text, time } from './parse.ts';
import type { Infer } from './parse.ts';

/** What a task of the queue gets where it does not say itself. */
const QueueDefaults = object({
  lease: optional(object({ seconds: integer(...RANGES.leaseSeconds) })),
  maxAttempts: optional(integer(...RANGES.maxAttempts)),
  review: optional(Review),
  progressTimeoutSeconds: optional(integer(...RANGES.progressTimeoutSeconds)),
});

/** What a queue workflow is started with; its memo has the same. */
export const QueueInput = object({
  name: text(LIMITS.idBytes, 1),
  team: optional(id),
  company: id,
  defaults: QueueDefaults,
  createdBy: Actor,
  createdAt: time,
});
export type QueueInput = Infer<typeof QueueInput>;

/** Ends only as cancelled, once that is asked for. Fails when it is started with something else than a queue. */
export async function queue(input: QueueInput): Promise<void> {
  const parsed = parse(QueueInput, input);
  if (!parsed.ok)
    throw ApplicationFailure.nonRetryable(`The queue can't be opened: ${parsed.fault}.`, 'malformed_input');
  await CancellationScope.current().cancelRequested;
}
