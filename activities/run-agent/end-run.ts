/** Ends all processes of a run: SIGTERM, a time of grace, SIGKILL, until none is left. */
import { setTimeout as sleep } from 'node:timers/promises';
import { processFinder } from './processes.ts';
import type { FindProcesses, LaunchedRun } from './processes.ts';

const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 500;
/** A killed process that is still there waits for the kernel, and goes as soon as that lets it. */
const KILLED_WITHIN_MS = 10_000;

/** Asks them to end and kills who has not after `graceMs`. Returns once all are gone. */
export async function endRun(run: LaunchedRun, graceMs: number): Promise<void> {
  const find = processFinder(run);
  const asked = await signalAll(find, 'SIGTERM');
  if (asked === 0 || (await areGone(find, graceMs))) return;
  await killAll(find);
}

/** Kills them, and whoever they started meanwhile. Returns once all are gone. */
export const killRun = (run: LaunchedRun): Promise<void> => killAll(processFinder(run));

async function killAll(find: FindProcesses): Promise<void> {
  const until = performance.now() + KILLED_WITHIN_MS;
  while ((await signalAll(find, 'SIGKILL')) > 0 && performance.now() < until) await sleep(FIRST_PAUSE_MS);
}

async function areGone(find: FindProcesses, withinMs: number): Promise<boolean> {
  const until = performance.now() + withinMs;
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
    if ((await find()).length === 0) return true;
    const left = until - performance.now();
    if (left <= 0) return false;
    await sleep(Math.min(pause, left));
  }
}

/** Answers how many there were. */
async function signalAll(find: FindProcesses, signal: NodeJS.Signals): Promise<number> {
  const pids = await find();
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch {
      // It has gone by itself.
    }
  }
  return pids.length;
}
