/**
 * Who asks for the next task under an idempotency key gets one run for it, however often it asks. The run's id follows
 * from the key, so whatever process is asked finds the task by its run, as soon as lists have it.
 */
import { endedRun } from '../../workflows/task-record.ts';
import { uuidFrom } from '../idempotency.ts';
import { Problem } from '../problems.ts';
import type { Engine } from './engine.ts';
import type { Reader } from './reading.ts';
import { Remembered } from './remembered.ts';
import { runOf } from './take-up.ts';
import type { Claimed, TakeUp } from './take-up.ts';
import { quoted } from './visibility.ts';
import { claimOf } from './wish.ts';
import type { Wish } from './wish.ts';

interface Deps {
  engine: Pick<Engine, 'list'>;
  reader: Reader;
  takeUp: TakeUp['takeUp'];
  timeoutMs: number;
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
    const shared = { ...wish, runId, hungUp: audience.hungUp };
    const outcome = earlier(runId, shared).then((claimed) => claimed ?? take(shared));
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

  /** The run that was claimed before, if it was. */
  async function earlier(runId: string, wish: Wish): Promise<Claimed | undefined> {
    const { principal } = wish.request;
    const taskId = tasks.get(runId) ?? (await taskOf(principal.company, runId));
    if (taskId === undefined) return undefined;
    const claim = claimOf(taskId, wish, timeoutMs);
    const task = await reader.task(principal, taskId, claim.messageId);
    if (task.run?.id !== runId && !endedRun(task, runId)) return undefined;
    return await takeUp(task, runOf(task, claim), wish.request, wish.hungUp);
  }

  async function taskOf(company: string, runId: string): Promise<string | undefined> {
    const ofCompany = `WorkflowType = 'task' AND TaskCompany = ${quoted(company)}`;
    const query = `${ofCompany} AND TaskRun = '${runId}' AND ExecutionStatus != 'ContinuedAsNew'`;
    const { executions } = await engine.list(query, 1, new Uint8Array());
    return executions?.[0]?.execution?.workflowId ?? undefined;
  }

  return { once, tried: (runId: string, taskId: string) => void tasks.set(runId, taskId) };
}

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
