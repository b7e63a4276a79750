/** Builds the Temporal CLI from the Go module proxy, at the version that `temporal-cli/go.mod` pins. */
import { execFile, spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const MODULE = fileURLToPath(new URL('./temporal-cli', import.meta.url));
const OLDEST_GO = 25;
const PROGRESS_EVERY_MS = 15_000;

/** Compiles the CLI into `folder` and returns its path. Throws when Go is missing, too old, or the build fails. */
export async function buildTemporal(
  cliVersion: string,
  folder: string,
  say: (line: string) => void,
): Promise<string> {
  await checkGo();
  const target = join(folder, 'temporal');
  say(
    `Building the Temporal server (CLI ${cliVersion}) with Go; this happens once and takes about 5 minutes ...`,
  );
  const started = Date.now();
  const progress = setInterval(() => {
    const seconds = Math.round((Date.now() - started) / 1000);
    say(`  still building, ${Math.floor(seconds / 60)} min ${seconds % 60} s`);
  }, PROGRESS_EVERY_MS);
  try {
    await goBuild(target);
  } finally {
    clearInterval(progress);
  }
  return target;
}

function goBuild(target: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn('go', ['build', '-o', target, 'github.com/temporalio/cli/cmd/temporal'], {
      cwd: MODULE,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const abandon = () => child.kill();
    process.once('exit', abandon);
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-2000);
    });
    child.once('error', reject);
    child.once('close', (code) => {
      process.off('exit', abandon);
      if (code === 0) resolve();
      else reject(new Error(`go build failed: ${lastLines(said)}`));
    });
  });
}

async function checkGo(): Promise<void> {
  const version = await goVersion();
  const [, minor] = /go1\.(\d+)/.exec(version) ?? [];
  if (Number(minor) < OLDEST_GO) throw new Error(`needs Go 1.${OLDEST_GO} or newer, and this is: ${version}`);
}

async function goVersion(): Promise<string> {
  try {
    return (await promisify(execFile)('go', ['version'])).stdout.trim();
  } catch (cause) {
    throw new Error('there is no Go on PATH', { cause });
  }
}

function lastLines(text: string): string {
  return text.trim().split('\n').slice(-3).join(' / ');
}
