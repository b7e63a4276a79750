/** How an agent takes a task by its id: one update decides, and the answer waits until the run's lease is live. */
import { uuidv7 } from 'uuidv7';
import { claimUpdate } from '../../workflows/messages.ts';
import type { Arguments } from '../../workflows/messages.ts';
import { endedRun } from '../../workflows/task-record.ts';
import type { Run, Task } from '../../workflows/task-record.ts';
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
    await engine.update(principal.id, taskId, claimUpdate, message).catch(async (error: unknown) => {
      throw await explain(error, taskId, message);
    });
    const { task, run } = await taken(taskId, message);
    const terms = { agent: principal.id, leaseSeconds: run.leaseSeconds };
    known.rememberRun(taskId, runId, terms);
    known.rememberSchema(taskId, task.definition.outputSchema);
    const lease = await leases.awaitLive(principal.id, taskId, runId, terms, {
      ms: PICK_UP_MS,
      signal: hungUp,
    });
    if (lease.beat !== 'gone' && !(hungUp?.aborted && key === undefined)) return { task, runId, lease };
    const comment = 'Nobody took the claim up.';
    await messenger.send(taskId, 'release', { principal }, { runId, comment }).catch(() => {});
    throw noWorker();
  };

  /**
   * The task that this claim holds. Temporal answers a repeated update from its record, whatever its content and
   * whatever has become of the run since, so both are looked at here.
   */
  async function taken(taskId: string, message: Arguments<'claim'>): Promise<{ task: Task; run: Run }> {
    const task = await reader.live(taskId, message.messageId);
    const reused = refusalOf(task, { name: 'claim', ...message });
    if (reused) throw reused;
    const { run } = task;
    if (run?.id !== message.runId) throw refusalOfClaim(task, message) ?? noWorker();
    return { task, run };
  }

  async function explain(error: unknown, taskId: string, message: Arguments<'claim'>): Promise<unknown> {
    if (error instanceof NotOpen) return refusalOfClaim(await reader.closed(taskId), message) ?? noWorker();
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

/** Why a claim gets no run: the rules of the task, or that the run which it once got is over. */
function refusalOfClaim(task: Task, message: Arguments<'claim'>): Problem | undefined {
  const name = endedRun(task, message.runId) ? 'release' : 'claim';
  return refusalOf({ ...task, remembered: [] }, { name, ...message });
}
