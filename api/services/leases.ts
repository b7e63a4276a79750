/**
 * The lease of a run as callers see it. Every call of a run renews it, which is also the fence: a run whose lease is
 * gone is told so before anything else happens.
 */
import type { Engine } from './engine.ts';
import { runKey } from './known-tasks.ts';
import type { RunTerms } from './known-tasks.ts';
import { Remembered } from './remembered.ts';

/** Calls of one run within this time share a heartbeat. */
const JOIN_MS = 1_000;
/** A lease just claimed, or carried over into a new execution, takes a moment until it takes heartbeats. */
const STARTING_MS = 3_000;
const FIRST_PAUSE_MS = 2;
const LONGEST_PAUSE_MS = 100;

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

export interface LeaseState {
  beat: 'live' | 'stop' | 'gone';
  /** When the lease lapses unless it is renewed. */
  expiresAt: string;
}

interface Beaten {
  at: number;
  state: LeaseState;
}

export type Leases = ReturnType<typeof createLeases>;

export function createLeases(engine: Pick<Engine, 'beat' | 'lookAtLease' | 'endLease'>) {
  const beaten = new Remembered<Beaten>();
  /** The runs that Baton launched. */
  const launched = new Remembered<true>();
  const beating = new Map<string, Promise<LeaseState>>();

  async function beatNow(
    actorId: string,
    taskId: string,
    runId: string,
    terms: RunTerms,
  ): Promise<LeaseState> {
    const at = Date.now();
    if (terms.launched) launched.set(runKey(taskId, runId), true);
    const beat = terms.launched
      ? await engine.lookAtLease(taskId, runId)
      : await engine.beat(actorId, taskId, runId, terms);
    const left = beat === 'gone' ? 0 : terms.leaseSeconds * 1000;
    const state = { beat, expiresAt: new Date(at + left).toISOString() };
    // Only a good heartbeat is worth remembering: what is over must be noticed at once.
    if (beat === 'live') beaten.set(runKey(taskId, runId), { at, state });
    else beaten.delete(runKey(taskId, runId));
    return state;
  }

  /** Renews the lease; calls of the same run within a second are joined. */
  async function renew(actorId: string, taskId: string, runId: string, terms: RunTerms): Promise<LeaseState> {
    const key = runKey(taskId, runId);
    const last = beaten.get(key);
    if (last && Date.now() - last.at < JOIN_MS) return last.state;
    const current = beating.get(key);
    if (current) return await current;
    const beat = beatNow(actorId, taskId, runId, terms).finally(() => beating.delete(key));
    beating.set(key, beat);
    return await beat;
  }

  /** Waits until the lease of a run that is known to be live takes heartbeats. Answers `gone` if it never does. */
  async function awaitLive(
    actorId: string,
    taskId: string,
    runId: string,
    terms: RunTerms,
    { ms = STARTING_MS, signal }: { ms?: number; signal?: AbortSignal | undefined } = {},
  ): Promise<LeaseState> {
    const until = Date.now() + ms;
    for (let wait = FIRST_PAUSE_MS; ; wait = Math.min(wait * 2, LONGEST_PAUSE_MS)) {
      const state = await beatNow(actorId, taskId, runId, terms);
      if (state.beat !== 'gone' || Date.now() > until || signal?.aborted) return state;
      await pause(wait);
    }
  }

  /**
   * Closes the lease of a run that is over, so that nothing stays pending behind it; failing that, it lapses. That of a
   * launched one ends with its program, and has the last of its output then.
   */
  async function close(actorId: string, taskId: string, runId: string): Promise<void> {
    beaten.delete(runKey(taskId, runId));
    if (launched.has(runKey(taskId, runId))) return;
    await engine.endLease(actorId, taskId, runId).catch(() => {});
  }

  /** The next call of this run asks Temporal how it stands, however soon it comes. */
  function forget(taskId: string, runId: string): void {
    beaten.delete(runKey(taskId, runId));
  }

  return { renew, awaitLive, close, forget };
}
