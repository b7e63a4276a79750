/** How an agent takes a task by its id: one update decides, and the answer waits until the run's lease is live. */
import { uuidv7 } from 'uuidv7';
import { claimUpdate } from '../../workflows/messages.ts';
import type { Arguments } from '../../workflows/messages.ts';
import type { Task } from '../../workflows/task-record.ts';
import { uuidFrom } from '../idempotency.ts';
import { Problem } from '../problems.ts';
import type { Engine } from './engine.ts';
import { NoAnswer, NotOpen } from './engine.ts';
import type { KnownTasks } from './known-tasks.ts';
import type { LeaseState, Leases } from './leases.ts';
import { envelope, refusalOf } from './messages.ts';
import type { Messenger, Request } from './messages.ts';
import { noWorker } from './reading.ts';
import type { Reader } from './reading.ts';

interface Deps {
  engine: Engine;
  known: KnownTasks;
  leases: Leases;
  reader: Reader;
  messenger: Messenger;
}

export interface Claimed {
  task: Task;
  runId: string;
  lease: LeaseState;
}

/** How long a worker may take to pick the lease up, in milliseconds; the workflow waits no longer either. */
const PICK_UP_MS = 10_000;

export function createClaim({ engine, known, leases, reader, messenger }: Deps) {
  /**
   * Takes the task for the caller. Throws why not: `held` and its like, or `no_worker`. A caller that hangs up
   * meanwhile gives the run back, unless its key lets it ask for the same run again.
   */
  return async function claim(
    taskId: string,
    request: Request,
    wish: Pick<Arguments<'claim'>, 'expected' | 'leaseSeconds'>,
    hungUp?: AbortSignal,
  ): Promise<Claimed> {
    const { principal, key } = request;
    await known.mustBeOf(principal, taskId);
    const runId = key === undefined ? uuidv7() : uuidFrom('run', principal.id, key, taskId);
    const message = { ...envelope('claim', taskId, request, wish), ...wish, runId };
    const run = await engine
      .update(principal.id, taskId, claimUpdate, message.messageId, message)
      .catch(async (error: unknown) => {
        throw await explain(error, taskId, message);
      });
    // Claimed before by the same key, and over by now.
    if (!run)
      throw refusalOf(await reader.task(principal, taskId), { name: 'release', ...message }) ?? noWorker();

    const terms = { agent: principal.id, leaseSeconds: run.leaseSeconds };
    known.rememberRun(runId, terms);
    try {
      const live = leases.awaitLive(principal.id, taskId, runId, terms, { ms: PICK_UP_MS, signal: hungUp });
      const [lease, task] = await Promise.all([live, reader.live(taskId)]);
      if (lease.beat === 'gone' || (hungUp?.aborted && key === undefined)) throw noWorker();
      known.rememberSchema(taskId, task.definition.outputSchema);
      return { task, runId, lease };
    } catch (error) {
      const comment = 'Nobody took the claim up.';
      await messenger.send(taskId, 'release', { principal }, { runId, comment }).catch(() => {});
      throw error;
    }
  };

  async function explain(error: unknown, taskId: string, message: Arguments<'claim'>): Promise<unknown> {
    if (error instanceof NotOpen)
      return refusalOf(await reader.closed(taskId), { name: 'claim', ...message }) ?? noWorker();
    if (error instanceof NoAnswer) return noWorker(error);
    return error instanceof Problem && error.type === 'held' ? await withLease(error, taskId) : error;
  }

  /** Adds to a conflict what Temporal knows of the holder: whether it lives, and until when its lease runs. */
  async function withLease(problem: Problem, taskId: string): Promise<Problem> {
    const { raw } = await engine.describe(taskId);
    const lease = raw.pendingActivities?.[0];
    const beatenAt = lease?.lastHeartbeatTime?.seconds;
    const terms = lease?.activityId ? await known.termsOf(taskId, lease.activityId) : undefined;
    const expiresAt = terms && beatenAt ? (Number(beatenAt) + terms.leaseSeconds) * 1000 : undefined;
    return new Problem('held', {
      ...problem.details,
      detail: problem.message,
      holderAlive: lease !== undefined,
      ...(expiresAt !== undefined && { leaseExpiresAt: new Date(expiresAt).toISOString() }),
    });
  }
}
