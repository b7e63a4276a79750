/**
 * Lets the Temporal SDK download the CLI. The SDK only offers that together with starting a server, and can't be
 * told to give up, so it does both in a process of its own (this file, run as a script), which is ended when
 * nothing arrives any more.
 */
import { spawn } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runScript } from './run-script.ts';
import { SetupError } from './setup-error.ts';

const SILENCE_MS = 20_000;
const LOOK_EVERY_MS = 1000;

/** Downloads the CLI into `folder` and returns its path. Throws when it fails, or stands still for 20 s. */
export async function downloadTemporal(
  cliVersion: string,
  folder: string,
  say: (line: string) => void,
): Promise<string> {
  say(`Downloading the Temporal server (CLI ${cliVersion}) ...`);
  const script = fileURLToPath(import.meta.url);
  const child = spawn(
    process.execPath,
    ['--import', import.meta.resolve('tsx'), script, cliVersion, folder],
    {
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  const abandon = () => child.kill('SIGKILL');
  process.once('exit', abandon);
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  let stalled = false;
  const watch = watchGrowth(folder, () => {
    stalled = true;
    abandon();
  });
  const code = await new Promise<number | null>((resolve) => {
    child.once('error', () => resolve(null));
    child.once('close', resolve);
  });
  clearInterval(watch);
  process.off('exit', abandon);
  if (stalled) throw new Error(`nothing arrived for ${SILENCE_MS / 1000} s`);
  if (code !== 0) throw new Error(said.trim().split('\n').at(-1) ?? 'failed');
  const [file] = readdirSync(folder);
  if (!file) throw new Error('the SDK left no file');
  return join(folder, file);
}

function watchGrowth(folder: string, onSilence: () => void): NodeJS.Timeout {
  let size = 0;
  let grewAt = Date.now();
  return setInterval(() => {
    const now = readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
    if (now !== size) grewAt = Date.now();
    else if (Date.now() - grewAt > SILENCE_MS) onSilence();
    size = now;
  }, LOOK_EVERY_MS);
}

async function main(): Promise<void> {
  const [, , cliVersion, downloadDir] = process.argv;
  const { TestWorkflowEnvironment } = await import('@temporalio/testing');
  const executable = { type: 'cached-download', version: `v${cliVersion}`, downloadDir } as const;
  const environment = await TestWorkflowEnvironment.createLocal({ server: { executable } }).catch(
    (cause: Error) => {
      // The innermost causes come last in the SDK's message, and they are the news.
      throw new SetupError(cause.message.split(': ').slice(-2).join(': '), { cause });
    },
  );
  await environment.teardown();
}

await runScript(import.meta.url, main);
