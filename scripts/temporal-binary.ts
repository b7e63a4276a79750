/**
 * Finds a Temporal server to run, or gets one. In this order: TEMPORAL_CLI_PATH, `temporal` on PATH, the one kept
 * in the cache, the SDK's download, a build from the Go module proxy. Whatever is found has been run once.
 */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { buildTemporal } from './build-temporal.ts';
import { downloadTemporal } from './download-temporal.ts';
import { onPath } from './on-path.ts';
import type { Settings } from './settings.ts';
import { SetupError } from './setup-error.ts';

export type Say = (line: string) => void;

/** Makes a binary below `folder` and returns its path, or throws an error that says why it can't. */
export type Getter = (cliVersion: string, folder: string, say: Say) => Promise<string>;

/** The oldest server with task priorities and everything else that Baton relies on. */
const OLDEST_SERVER = [1, 29] as const;

/** How to get a binary when none is found, in the order in which it is tried. */
const WAYS: Record<string, Getter> = { download: downloadTemporal, build: buildTemporal };

/**
 * The path of a Temporal CLI that runs. The first call on a machine may take minutes, and says so through `say`.
 * Throws one `SetupError` that tells what was tried, and the remedies, when there is none to be had.
 */
export async function findTemporalBinary(settings: Settings, say: Say, ways = WAYS): Promise<string> {
  if (settings.temporalCliPath) {
    const problem = await problemOf(settings.temporalCliPath);
    if (problem) throw new SetupError(`TEMPORAL_CLI_PATH: ${problem}`);
    return settings.temporalCliPath;
  }
  const installed = onPath(['temporal'], settings.path);
  const tried = installed ? [] : ['there is no `temporal` on PATH'];
  const cliVersion = pinnedVersion();
  const cached = join(settings.cacheDir, `temporal-${cliVersion}`);
  for (const candidate of installed ? [installed, cached] : [cached]) {
    const problem = await problemOf(candidate);
    if (!problem) return candidate;
    tried.push(problem);
  }
  for (const [way, getter] of Object.entries(ways)) {
    try {
      await keep(getter, cliVersion, cached, say);
      return cached;
    } catch (error) {
      tried.push(`${way}: ${error instanceof Error ? error.message : String(error)}`);
      say(`  ${tried.at(-1)}`);
    }
  }
  throw new SetupError(nothingWorked(tried));
}

/** Gets a binary in a folder of its own and moves it into the cache in one step, so that no half of one is ever seen. */
async function keep(getter: Getter, cliVersion: string, cached: string, say: Say): Promise<void> {
  const cacheDir = join(cached, '..');
  mkdirSync(cacheDir, { recursive: true });
  const folder = mkdtempSync(join(cacheDir, 'partial-'));
  const discard = () => rmSync(folder, { recursive: true, force: true });
  process.once('exit', discard);
  try {
    const made = await getter(cliVersion, folder, say);
    const problem = await problemOf(made);
    if (problem) throw new Error(problem);
    renameSync(made, cached);
  } finally {
    process.off('exit', discard);
    discard();
  }
}

/** Why this file is no Temporal server for us, or undefined when it is one. */
async function problemOf(file: string): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)(file, ['--version'], { timeout: 30_000 });
    const [, version, major, minor] = /Server ((\d+)\.(\d+)[.\d]*)/.exec(stdout) ?? [];
    if (!version) return `${file} is not the Temporal CLI`;
    const [oldestMajor, oldestMinor] = OLDEST_SERVER;
    if (Number(major) > oldestMajor) return undefined;
    if (Number(major) === oldestMajor && Number(minor) >= oldestMinor) return undefined;
    return `${file} has server ${version}, and Baton needs ${OLDEST_SERVER.join('.')} or newer`;
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    return missing ? `${file} does not exist` : `${file} does not run`;
  }
}

/** The version that the Go module pins; a download takes the same one. */
function pinnedVersion(): string {
  const goMod = readFileSync(new URL('./temporal-cli/go.mod', import.meta.url), 'utf8');
  const [, version] = /github\.com\/temporalio\/cli v(\S+)/.exec(goMod) ?? [];
  if (!version)
    throw new Error('scripts/temporal-cli/go.mod does not name a version of github.com/temporalio/cli');
  return version;
}

function nothingWorked(tried: string[]): string {
  return `No Temporal server to run. Tried:
${tried.map((line) => `  - ${line}`).join('\n')}
Do one of these, and try again:
  - install the Temporal CLI (https://docs.temporal.io/cli), so that \`temporal\` is on PATH, or set TEMPORAL_CLI_PATH
  - install Go 1.25 or newer (https://go.dev/dl): the server is then built here, which takes about 5 minutes
  - set TEMPORAL_ADDRESS to a Temporal server that runs elsewhere (npm start then starts none)`;
}
