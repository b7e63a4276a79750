/** Waits for tasks that a workflow starts, so that who asked for them finds them when it is answered. */
import type { Engine } from './engine.ts';
import { NotOpen } from './engine.ts';

const AT_ONCE = 8;
const FIRST_PAUSE_MS = 5;
const LONGEST_PAUSE_MS = 200;

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

export type AwaitStarted = ReturnType<typeof createAwaitStarted>;

export function createAwaitStarted(engine: Pick<Engine, 'describe'>, timeoutMs: number) {
  /** Whether a task of this id is there before `patience` ends. */
  async function isThere(id: string, patience: { until: number }): Promise<boolean> {
    for (let wait = FIRST_PAUSE_MS; ; wait = Math.min(wait * 2, LONGEST_PAUSE_MS)) {
      const found = await engine.describe(id).then(
        () => true,
        // What can't be asked now is waited for no longer.
        (error: unknown) => (error instanceof NotOpen ? undefined : false),
      );
      if (found !== undefined) return found;
      if (Date.now() > patience.until) return false;
      await pause(wait);
    }
  }

  /**
   * Resolves once all of these are there, or when no more have come for too long, as while no worker is up. They will
   * come all the same, since what starts them is durable.
   */
  return async function awaitStarted(ids: readonly string[]): Promise<void> {
    const patience = { until: Date.now() + timeoutMs };
    const left = ids.values();
    const look = async () => {
      for (const id of left) {
        if (!(await isThere(id, patience))) return;
        patience.until = Date.now() + timeoutMs;
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, look));
  };
}
