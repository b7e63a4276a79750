/**
 * Who asks for the next task under an idempotency key gets one run for it, however often it asks. The run's id follows
 * from the key, so whatever process is asked finds the task by its run, as soon as lists have it.
 */
import { endedRun } from '../../workflows/task-record.ts';
import type { Task } from '../../workflows/task-record.ts';
import { uuidFrom } from '../idempotency.ts';
import { Problem } from '../problems.ts';
import type { Engine } from './engine.ts';
import type { Reader } from './reading.ts';
import { Remembered } from './remembered.ts';
import { MOST_RUNS, neverStarted, runOf } from './take-up.ts';
import type { Claimed, TakeUp } from './take-up.ts';
import { quoted, read } from './visibility.ts';
import { claimOf } from './wish.ts';
import type { Wish } from './wish.ts';

interface Deps {
  engine: Pick<Engine, 'list'>;
  reader: Reader;
  takeUp: TakeUp['takeUp'];
  timeoutMs: number;
}

interface Held {
  runId: string;
  task: Task;
}

type Take = (wish: Wish) => Promise<Claimed | undefined>;

interface UnderWay {
  audience: Audience;
  leaseSeconds: number | undefined;
  outcome: Promise<Claimed | undefined>;
}

export type Repeats = ReturnType<typeof createRepeats>;

export function createRepeats({ engine, reader, takeUp, timeoutMs }: Deps) {
  /** The task that each run was claimed on, by the run's id; others may have been faster. */
  const tasks = new Remembered<string>();
  const underWay = new Map<string, UnderWay>();

  /**
   * What `take` makes of the wish; under a key, what it made of it the first time. Throws `run_not_active` when the
   * run of the key is over, and `idempotency_key_reused` when the key came with another wish before.
   */
  async function once(wish: Wish, take: Take): Promise<Claimed | undefined> {
    const { principal, key } = wish.request;
    if (key === undefined) return await take(wish);
    const runId = uuidFrom('run', principal.company, principal.id, key, wish.operation);
    for (;;) {
      const same = underWay.get(runId);
      if (!same) return await begin(runId, wish, take);
      if (!same.audience.hungUp.aborted) return await join(same, wish);
      // All who asked have gone, and so it ends without a task, or with a run that the next look finds.
      await same.outcome.catch(() => {});
    }
  }

  async function begin(runId: string, wish: Wish, take: Take): Promise<Claimed | undefined> {
    const audience = new Audience(wish.hungUp);
    const shared = { ...wish, hungUp: audience.hungUp };
    const outcome = repeat(runId, shared, take);
    underWay.set(runId, { audience, leaseSeconds: wish.leaseSeconds, outcome });
    try {
      return await outcome;
    } finally {
      underWay.delete(runId);
    }
  }

  async function join({ audience, leaseSeconds, outcome }: UnderWay, wish: Wish) {
    if (leaseSeconds !== wish.leaseSeconds) throw new Problem('idempotency_key_reused');
    audience.add(wish.hungUp);
    return await outcome;
  }

  /** Goes on with the latest run of the key; a run that nobody ever worked with is as none, and another follows it. */
  async function repeat(first: string, wish: Wish, take: Take): Promise<Claimed | undefined> {
    const runs = runsFrom(first);
    const held = await latest(runs, wish);
    if (!held) return await take({ ...wish, runId: first });
    const { runId, task } = held;
    const following = runs[runs.indexOf(runId) + 1];
    if (following && neverStarted(task, runId)) return await take({ ...wish, runId: following });
    const claim = claimOf(task.id, { ...wish, runId }, timeoutMs);
    return await takeUp(task, runOf(task, claim), wish.request, wish.hungUp);
  }

  /** The latest of these runs that any task knows. */
  async function latest(runs: string[], wish: Wish): Promise<Held | undefined> {
    const here = await latestOf(
      runs.toReversed().map((runId) => ({ runId, taskId: tasks.get(runId) })),
      wish,
    );
    if (here && !neverStarted(here.task, here.runId)) return here;
    // Another process may have been asked since, and got another task, or another run.
    const anywhere = await latestOf(await listed(wish.request.principal.company, runs), wish);
    return anywhere ?? here;
  }

  async function latestOf(all: { runId: string; taskId: string | undefined }[], wish: Wish) {
    for (const { runId, taskId } of all) {
      const task = taskId === undefined ? undefined : await knowing(runId, taskId, wish);
      if (task) return { runId, task };
    }
    return undefined;
  }

  /** The task, if it knows this run. */
  async function knowing(runId: string, taskId: string, wish: Wish): Promise<Task | undefined> {
    const { messageId } = claimOf(taskId, { ...wish, runId }, timeoutMs);
    const task = await reader.task(wish.request.principal, taskId, messageId);
    return task.run?.id === runId || endedRun(task, runId) ? task : undefined;
  }

  /** The tasks whose last run is one of these, the latest of these runs first. */
  async function listed(company: string, runs: string[]) {
    const ofCompany = `WorkflowType = 'task' AND TaskCompany = ${quoted(company)}`;
    const anyOf = runs.map(quoted).join(', ');
    const query = `${ofCompany} AND TaskRun IN (${anyOf}) AND ExecutionStatus != 'ContinuedAsNew'`;
    const { executions } = await engine.list(query, runs.length, new Uint8Array());
    return (executions ?? [])
      .map(({ execution, searchAttributes }) => ({
        taskId: execution?.workflowId ?? '',
        runId: read<string>(searchAttributes?.indexedFields?.['TaskRun']) ?? '',
      }))
      .sort((one, another) => runs.indexOf(another.runId) - runs.indexOf(one.runId));
  }

  return { once, tried: (runId: string, taskId: string) => void tasks.set(runId, taskId) };
}

/** The runs that one key may come to, one after another. */
const runsFrom = (first: string): string[] => [
  first,
  ...Array.from({ length: MOST_RUNS - 1 }, (_, i) => uuidFrom('run', first, i + 1)),
];

/** All who wait for one outcome. */
class Audience {
  readonly #members: AbortSignal[] = [];
  readonly #gone = new AbortController();

  constructor(first: AbortSignal) {
    this.add(first);
  }

  /** Aborted once nobody waits any more. */
  get hungUp(): AbortSignal {
    return this.#gone.signal;
  }

  add(member: AbortSignal): void {
    this.#members.push(member);
    const leave = () => this.#members.every(({ aborted }) => aborted) && this.#gone.abort();
    member.addEventListener('abort', leave, { once: true });
    leave();
  }
}
