/** How an agent takes a task by its id: one update decides, and the answer waits until the run's lease is live. */
import { optionalTsToMs } from '@temporalio/common/lib/time.js';
import { uuidv7 } from 'uuidv7';
import { claimUpdate } from '../../workflows/messages.ts';
import type { Arguments } from '../../workflows/messages.ts';
import { TaskRunKey } from '../../workflows/search-attributes.ts';
import { uuidFrom } from '../idempotency.ts';
import { Problem } from '../problems.ts';
import type { Engine } from './engine.ts';
import { NoAnswer, NotOpen } from './engine.ts';
import type { FamilyReader } from './family.ts';
import type { KnownTasks } from './known-tasks.ts';
import { mustBeAllowedToTake, wakeOf } from './launched-runs.ts';
import type { Leases } from './leases.ts';
import type { Mentions } from './mentions.ts';
import { envelope } from './messages.ts';
import type { Request } from './messages.ts';
import { noWorker } from './reading.ts';
import type { Reader } from './reading.ts';
import { MOST_RUNS, neverStarted, refusalOfClaim, runOf } from './take-up.ts';
import type { Claimed, TakeUp } from './take-up.ts';

interface Deps {
  engine: Engine;
  known: KnownTasks;
  reader: Reader;
  family: Pick<FamilyReader, 'explainGate' | 'explainApproval'>;
  leases: Pick<Leases, 'close'>;
  mentions: Mentions;
  takeUp: TakeUp['takeUp'];
}

export function createClaim({ engine, known, reader, family, leases, mentions, takeUp }: Deps) {
  /** Takes the task for the caller. Throws why not: `held` and its like, or `no_worker`. */
  return async function claim(
    taskId: string,
    request: Request,
    wish: Pick<Arguments<'claim'>, 'expected' | 'leaseSeconds' | 'patient' | 'adopt' | 'comment' | 'edit'>,
    hungUp?: AbortSignal,
  ): Promise<Claimed> {
    const { principal, key } = request;
    const callerRunId = wakeOf(principal, request.callerRunId);
    await known.mustBeOf(principal, taskId);
    await mustBeAllowedToTake(principal, taskId, async () => {
      return (await reader.task(principal, taskId)).definition.assignee;
    });
    const runId = key === undefined ? uuidv7() : uuidFrom('run', principal.id, key, taskId);
    const called = await mentions(principal, wish.comment);
    const message = {
      ...envelope('claim', taskId, { ...request, callerRunId }, wish),
      ...wish,
      ...called,
      runId,
    };
    let claimed = await claimAs(taskId, message);
    // A repeat whose run nobody ever worked with claims anew.
    for (let runs = 1; neverStarted(claimed.task, claimed.message.runId) && runs < MOST_RUNS; runs += 1) {
      const ids = {
        messageId: uuidFrom('message', message.messageId, runs),
        runId: uuidFrom('run', runId, runs),
      };
      claimed = await claimAs(taskId, { ...message, ...ids });
    }
    const run = runOf(claimed.task, claimed.message);
    const before = claimed.task.endedRuns.at(-1);
    // The run that was taken over must notice at once.
    if (before?.end === 'adopted') await leases.close(principal.id, taskId, before.id);
    return await takeUp(claimed.task, run, request, hungUp);
  };

  /** Sends a claim that is accepted, now or before; answers the task after it. */
  async function claimAs(taskId: string, message: Arguments<'claim'>) {
    await engine.update(message.actor.id, taskId, claimUpdate, message).catch(async (error: unknown) => {
      throw await explain(error, taskId, message);
    });
    return { message, task: await reader.live(taskId, message.messageId) };
  }

  async function explain(error: unknown, taskId: string, message: Arguments<'claim'>): Promise<unknown> {
    if (error instanceof NotOpen) return refusalOfClaim(await reader.closed(taskId), message) ?? noWorker();
    if (error instanceof NoAnswer) return noWorker(error);
    if (!(error instanceof Problem)) return error;
    if (error.type === 'seq_blocked') return await family.explainGate(error, taskId);
    if (error.type === 'approval_pending') return await family.explainApproval(error);
    return error.type === 'held' ? await withLease(error, taskId) : error;
  }

  /** Adds to a conflict what Temporal knows of the holder: whether it lives, and until when its lease runs. */
  async function withLease(problem: Problem, taskId: string): Promise<Problem> {
    const { raw, typedSearchAttributes } = await engine.describe(taskId);
    // Leases of runs before it may still wait for their end, and in no order.
    const runId = typedSearchAttributes.get(TaskRunKey);
    const lease = raw.pendingActivities?.find(({ activityId }) => activityId === runId);
    const beatenAt = optionalTsToMs(lease?.lastHeartbeatTime);
    const terms = lease && runId ? await known.termsOf(taskId, runId) : undefined;
    const expiresAt = terms && beatenAt ? beatenAt + terms.leaseSeconds * 1000 : undefined;
    return new Problem('held', {
      ...problem.details,
      detail: problem.message,
      holderAlive: lease !== undefined,
      ...(expiresAt !== undefined && { leaseExpiresAt: new Date(expiresAt).toISOString() }),
    });
  }
}
