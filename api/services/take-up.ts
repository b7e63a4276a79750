/**
 * From a claim that was made to a run that its agent can work with: finds out whether the claim got the task, waits
 * until the run's lease is live, and gives the run back when nobody would work with it.
 */
import { PICK_UP_SECONDS } from '../../workflows/limits.ts';
import type { Arguments } from '../../workflows/messages.ts';
import { endedRun } from '../../workflows/task-record.ts';
import type { Run, Task } from '../../workflows/task-record.ts';
import type { Problem } from '../problems.ts';
import type { KnownTasks } from './known-tasks.ts';
import type { LeaseState, Leases } from './leases.ts';
import { refusalOf } from './messages.ts';
import type { Messenger, Request } from './messages.ts';
import { noWorker } from './reading.ts';

interface Deps {
  known: KnownTasks;
  leases: Leases;
  messenger: Messenger;
}

export interface Claimed {
  task: Task;
  runId: string;
  lease: LeaseState;
}

/** The workflow waits no longer either. */
const PICK_UP_MS = PICK_UP_SECONDS * 1000;

/** How many runs may follow one another under a key while nobody works with them. */
export const MOST_RUNS = 5;

export type TakeUp = ReturnType<typeof createTakeUp>;

export function createTakeUp({ known, leases, messenger }: Deps) {
  /**
   * Answers the run on this task once its lease is live. Throws `no_worker` when it does not come alive, or the caller
   * hangs up: then the run is given back, unless a key lets its caller ask for it again.
   */
  async function takeUp(task: Task, run: Run, request: Request, hungUp?: AbortSignal): Promise<Claimed> {
    const { principal, key } = request;
    const terms = { agent: principal.id, leaseSeconds: run.leaseSeconds };
    known.rememberRun(task.id, run.id, terms);
    known.rememberSchema(task.id, task.definition.outputSchema);
    const isGone = key === undefined ? hungUp : undefined;
    const wait = { ms: PICK_UP_MS, signal: isGone };
    const lease = await leases.awaitLive(principal.id, task.id, run.id, terms, wait);
    if (lease.beat !== 'gone' && !isGone?.aborted) return { task, runId: run.id, lease };
    // Nobody else is kept waiting: a run whose lease is not picked up in time is ended by its task.
    if (key === undefined) await giveBack(task.id, run.id, request);
    throw noWorker();
  }

  /** Releases a run that nobody will work with; one that can't be told so lapses by itself. */
  async function giveBack(taskId: string, runId: string, { principal }: Request): Promise<void> {
    const comment = 'Nobody took the claim up.';
    const released = messenger.send(taskId, 'release', { principal }, { runId, comment });
    await released.then(
      () => leases.close(principal.id, taskId, runId),
      () => {},
    );
  }

  return { takeUp, giveBack };
}

/** The run that this claim holds on the task. Throws why it holds none, or that its key came with another request. */
export function runOf(task: Task, message: Arguments<'claim'>): Run {
  // A repeated claim may be answered from a record, whatever its content and whatever has become of the run since.
  const reused = refusalOf(task, { name: 'claim', ...message });
  if (reused) throw reused;
  const { run } = task;
  if (run?.id !== message.runId) throw refusalOfClaim(task, message) ?? noWorker();
  return run;
}

/** Whether the run is over without that anybody could have worked with it. */
export const neverStarted = (task: Task, runId: string): boolean =>
  endedRun(task, runId)?.end === 'never_started';

/** Why a claim gets no run: the rules of the task, or that the run which it once got is over. */
export function refusalOfClaim(task: Task, message: Arguments<'claim'>): Problem | undefined {
  const name = endedRun(task, message.runId) ? 'release' : 'claim';
  return refusalOf({ ...task, remembered: [] }, { name, ...message });
}
