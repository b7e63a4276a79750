/** How long `npm start` takes until it is ready, on a data folder without a past, with the server already there. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { environmentWith } from '../scripts/settings.ts';
import type { Synchronous } from './stack.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const READY = /ready in (\d+\.\d) s/;

/** The seconds that one start says it took. Throws with its output when it, or `stop`, ends it before it is ready. */
export async function startTime(
  binary: string,
  dataDir: string,
  synchronous: Synchronous,
  stop: AbortSignal,
): Promise<number> {
  const child = spawn('npm', ['start'], {
    cwd: ROOT,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: environmentWith({
      TEMPORAL_ADDRESS: '',
      TEMPORAL_CLI_PATH: binary,
      BATON_DATA_DIR: dataDir,
      BATON_PORT: '0',
      BATON_TEMPORAL_PORT: '0',
      BATON_TEMPORAL_UI_PORT: '0',
      BATON_SQLITE_SYNCHRONOUS: synchronous,
    }),
  });
  const ended = new Promise<void>((resolve) => {
    child.once('close', () => resolve());
    child.once('error', () => resolve());
  });
  let printed = '';
  const ready = new Promise<number>((resolve, reject) => {
    const read = (chunk: Buffer) => {
      printed += chunk.toString();
      const seconds = READY.exec(printed)?.[1];
      if (seconds) resolve(Number(seconds));
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    void ended.then(() => reject(new Error(`npm start ended before it was ready:\n${printed}`)));
  });
  const interrupt = () => {
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGINT');
  };
  stop.addEventListener('abort', interrupt, { once: true });
  try {
    return await ready;
  } finally {
    stop.removeEventListener('abort', interrupt);
    interrupt();
    await ended;
  }
}
