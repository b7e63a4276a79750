/**
 * What every call of a run passes first. Renewing the lease shows whether the run is live; one that is over learns
 * how it ended, and what it sent changes nothing.
 */
import type { Arguments, Message } from '../../workflows/messages.ts';
import type { Task } from '../../workflows/task-record.ts';
import { Problem } from '../problems.ts';
import type { Engine } from './engine.ts';
import { termsOf } from './known-tasks.ts';
import type { KnownTasks } from './known-tasks.ts';
import { maySpeak, notThisRuns } from './launched-runs.ts';
import type { LeaseState, Leases } from './leases.ts';
import { envelope, refusalOf } from './messages.ts';
import type { Request } from './messages.ts';
import type { Reader } from './reading.ts';

interface Deps {
  engine: Pick<Engine, 'signal'>;
  known: KnownTasks;
  leases: Leases;
  reader: Reader;
}

export interface Passed {
  /** `gone` while the lease of a live run is only about to start: whether the run still stands, the workflow decides. */
  lease: LeaseState;
  /** The task, when it had to be read. */
  task?: Task;
  /** The run is over, but this message was handled before: its answer is `task`. */
  repeated?: true;
}

export type Fence = ReturnType<typeof createFence>;

export function createFence({ engine, known, leases, reader }: Deps) {
  /**
   * Passes a run that is live or winding down, with the message it sends if it sends one. Throws `forbidden` for
   * another's run, how an ended one came to its end, and `no_worker` when nobody can tell whether the message of a run
   * whose lease is gone came before.
   */
  return async function pass(
    taskId: string,
    runId: string,
    request: Request,
    message?: Message,
  ): Promise<Passed> {
    const { principal } = request;
    await known.mustBeOf(principal, taskId);
    const terms = await known.termsOf(taskId, runId);
    if (terms && terms.agent !== principal.id) {
      const hint = 'Use the run id that your own claim answered.';
      throw new Problem('forbidden', { detail: 'This run belongs to another agent.', hint });
    }
    const readRun = async () => (await reader.task(principal, taskId)).run;
    if (!(await maySpeak(principal, taskId, runId, readRun))) throw notThisRuns('speak for another run');
    const lease = terms && (await leases.renew(principal.id, taskId, runId, terms));
    if (lease?.beat === 'live') return { lease };

    const task = await reader.task(principal, taskId, message?.messageId).catch((error: unknown) => {
      const isSilent = error instanceof Problem && error.type === 'no_worker';
      // The lease is gone for sure, whatever a worker would have to say about it.
      throw isSilent && !message && lease?.beat !== 'stop' ? leaseGone(error) : error;
    });
    const { run } = task;
    if (run?.id === runId && run.agent === principal.id) {
      if (lease?.beat === 'stop') return { lease, task };
      // The run is live, so its lease is only starting: just claimed, or carried over into a new execution.
      const live = termsOf(run);
      known.rememberRun(taskId, runId, live);
      return { lease: await leases.awaitLive(principal.id, taskId, runId, live), task };
    }
    if (lease?.beat === 'stop') await leases.close(principal.id, taskId, runId);

    // Of a run that is over the rules take nothing but what they took before.
    const refusal = refusalOf(task, message ?? aReport(taskId, runId, request));
    if (!refusal) return { lease: { beat: 'gone', expiresAt: task.updatedAt }, task, repeated: true };
    if (message?.name === 'mark_complete' && !request.isFirstTry && isFirstLate(task, runId))
      await keepLate(taskId, message);
    throw refusal;
  };

  /** What came too late goes on record, once per run, for the next run to read. */
  async function keepLate(
    taskId: string,
    { name, ...args }: Extract<Message, { name: 'mark_complete' }>,
  ): Promise<void> {
    await engine.signal(args.actor.id, taskId, name, args as Arguments<'mark_complete'>).catch(() => {});
  }
}

const isFirstLate = (task: Task, runId: string): boolean =>
  task.endedRuns.some((run) => run.id === runId && !run.lateSubmission);

/** A heartbeat is refused as a report of progress would be. */
const aReport = (taskId: string, runId: string, request: Request): Message => ({
  name: 'report_progress',
  ...envelope('heartbeat', taskId, { ...request, key: undefined }, {}),
  runId,
});

const leaseGone = (cause: Problem): Problem =>
  new Problem(
    'run_not_active',
    { detail: 'The lease of this run is gone.', hint: 'Stop working on it.', retryable: false },
    { cause },
  );
