/** Makes sure that no agent outlives its runner, even one that is killed: a companion process watches over both. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { GuardLine } from './guard-process.ts';
import type { LaunchedRun } from './processes.ts';

// Run from source these files end in .ts, which the companion has to learn to read first; built they end in .js.
const extension = import.meta.url.slice(import.meta.url.lastIndexOf('.'));
const PROGRAM = fileURLToPath(new URL(`./guard-process${extension}`, import.meta.url));
const ARGUMENTS = [...(extension === '.ts' ? ['--import', import.meta.resolve('tsx')] : []), PROGRAM];

const PAUSE_MS = 1_000;

export interface Guard {
  /** From here on the run's processes die with this process. Told again once more is known of it. */
  watch(run: LaunchedRun): void;
  /** The run is over, and nothing of it is left. */
  forget(runId: string): void;
  /** Ends the companion, and whatever it still watches. */
  stop(): void;
}

/** Starts the companion, and starts it again whenever it dies; ready once it watches. */
export async function createGuard(): Promise<Guard> {
  const watched = new Map<string, LaunchedRun>();
  let companion = startCompanion();
  let isStopping = false;

  // One that has just died hears nothing; its successor is told of all runs.
  const tell = (line: GuardLine) => void companion.stdin.write(`${JSON.stringify(line)}\n`);
  function replace(): void {
    companion = startCompanion();
    keep();
    for (const run of watched.values()) tell({ runId: run.runId, run });
  }
  /** It comes back, but keeps nobody alive who has nothing else to do. */
  function keep(): void {
    companion.unref();
    for (const pipe of [companion.stdin, companion.stdout]) (pipe as Socket).unref();
    companion.once('exit', () => {
      if (!isStopping) setTimeout(replace, PAUSE_MS).unref();
    });
  }

  const [isWatching] = await Promise.race([once(companion.stdout, 'data'), once(companion, 'exit')]);
  if (!(isWatching instanceof Buffer))
    throw new Error('The companion that watches over agents does not start.');
  keep();
  return {
    watch(run) {
      watched.set(run.runId, run);
      tell({ runId: run.runId, run });
    },
    forget(runId) {
      watched.delete(runId);
      tell({ runId });
    },
    stop() {
      isStopping = true;
      companion.stdin.end();
    },
  };
}

function startCompanion() {
  const companion = spawn(process.execPath, ARGUMENTS, {
    // No secrets, and a session of its own, so that what a terminal sends does not reach it.
    env: {},
    detached: true,
    // With our standard error open, we count as gone only once it has done its work and gone, too.
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  companion.on('error', () => {});
  companion.stdin.on('error', () => {});
  return companion;
}
