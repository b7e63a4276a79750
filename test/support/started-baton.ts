/** Runs `npm start` for a test the way a user does, on free ports, and stops it the way a terminal does. */
import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll } from 'vitest';
import { findRun, type RunInfo } from '../../scripts/run-file.ts';
import { environmentWith } from '../../scripts/settings.ts';
import { temporalUnderTest } from './temporal.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const BOOTSTRAP = fileURLToPath(new URL('../../scripts/bootstrap.mjs', import.meta.url));
/** Far longer than a start takes, so that a busy machine fails no test. */
const READY_WITHIN_MS = 120_000;

export type StartedBaton = {
  /** Resolves with the exit code once the process has ended. */
  readonly exited: Promise<number | null>;
  /** All it has printed so far. */
  output(): string;
  /** Resolves once it is ready. Throws with its output when it ends before that. */
  ready(): Promise<RunInfo>;
  /** Sends a signal to its whole process group, as Ctrl-C in a terminal does. */
  signal(name: NodeJS.Signals): void;
};

type Variables = Record<string, string | undefined>;

/** The variables of a Baton with these data, on free ports and untouched by what the developer has set. */
export function isolated(dataDir: string, variables: Variables = {}): NodeJS.ProcessEnv {
  return environmentWith({
    TEMPORAL_ADDRESS: '',
    TEMPORAL_CLI_PATH: temporalUnderTest().binary,
    BATON_DATA_DIR: dataDir,
    BATON_PORT: '0',
    BATON_TEMPORAL_PORT: '0',
    BATON_TEMPORAL_UI_PORT: '0',
    BATON_TEMPORAL_UI_URL: '',
    BATON_SQLITE_SYNCHRONOUS: 'NORMAL',
    BATON_JWT_SECRET: '',
    BATON_JWKS_URL: '',
    ...variables,
  });
}

/** Starts it; `ready` tells when it serves. */
export function startBaton(dataDir: string, variables: Variables = {}): StartedBaton {
  const child = spawn(process.execPath, [BOOTSTRAP, 'scripts/start.ts'], {
    cwd: ROOT,
    env: isolated(dataDir, variables),
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let printed = '';
  const collect = (chunk: Buffer) => (printed += chunk.toString());
  child.stdout.on('data', collect);
  child.stderr.on('data', collect);
  const exited = new Promise<number | null>((resolve) => child.once('close', resolve));
  return {
    exited,
    output: () => printed,
    ready: async () => {
      const deadline = Date.now() + READY_WITHIN_MS;
      while (Date.now() < deadline && child.exitCode === null) {
        const run = await findRun(dataDir);
        // The last words of a start; run.json of the one before may still lie there.
        if (run && printed.includes('Ctrl-C')) return run;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      throw new Error(`npm start did not get ready. It printed:\n${printed}`);
    },
    signal: (name) => {
      const runs = child.exitCode === null && child.signalCode === null;
      if (runs && child.pid !== undefined) process.kill(-child.pid, name);
    },
  };
}

/** A Baton for all tests of a file, with data of its own: up before the first, gone with its data after the last. */
export function useStartedBaton(): { dataDir: string; run: () => RunInfo } {
  const dataDir = mkdtempSync(join(tmpdir(), 'baton-started-'));
  let baton: StartedBaton;
  let run: RunInfo;
  beforeAll(async () => {
    baton = startBaton(dataDir);
    run = await baton.ready();
  }, READY_WITHIN_MS);
  afterAll(async () => {
    baton.signal('SIGTERM');
    await baton.exited;
    rmSync(dataDir, { recursive: true, force: true });
  }, READY_WITHIN_MS);
  return { dataDir, run: () => run };
}

/** A token as `npm run token` makes it. */
export async function tokenFor(dataDir: string, role: string, sub: string): Promise<string> {
  const args = [BOOTSTRAP, 'scripts/token.ts', '--role', role, '--sub', sub];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: ROOT, env: isolated(dataDir) });
  return stdout.trim();
}

/** Whether a process with this id exists. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
