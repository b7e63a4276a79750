/** Finds Chromium or Chrome for the browser tests; on Debian, as root, installs it. */
import { execFile, spawn } from 'node:child_process';
import { promisify } from 'node:util';
import { onPath } from './on-path.ts';
import type { Settings } from './settings.ts';
import { SetupError } from './setup-error.ts';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];
const PROGRESS_EVERY_MS = 15_000;

/** The browser that is installed, or undefined. */
export function installedBrowser({ chromiumPath, path }: Settings): string | undefined {
  return chromiumPath ?? onPath(NAMES, path);
}

/**
 * The path of a browser that runs; may install one, and says so through `say`. Throws a `SetupError` with the remedies
 * when there is none to be had.
 */
export async function findBrowser(settings: Settings, say: (line: string) => void): Promise<string> {
  const found = installedBrowser(settings) ?? (await installWithApt(settings, say));
  if (!found) {
    throw new SetupError(
      'The browser tests need Chromium or Chrome. Install it, or set CHROMIUM_PATH to where it is.',
    );
  }
  try {
    await promisify(execFile)(found, ['--version'], { timeout: 30_000 });
    return found;
  } catch (cause) {
    throw new SetupError(`${found} does not run. Set CHROMIUM_PATH to a Chromium or Chrome that does.`, {
      cause,
    });
  }
}

async function installWithApt(settings: Settings, say: (line: string) => void): Promise<string | undefined> {
  const apt = onPath(['apt-get'], settings.path);
  if (!apt || process.getuid?.() !== 0) return undefined;
  say('Installing Chromium for the browser tests (apt-get install chromium) ...');
  const started = Date.now();
  const progress = setInterval(() => {
    say(`  still installing, ${Math.round((Date.now() - started) / 1000)} s`);
  }, PROGRESS_EVERY_MS);
  try {
    await run(apt, ['update']);
    await run(apt, ['install', '-y', '--no-install-recommends', 'chromium']);
  } finally {
    clearInterval(progress);
  }
  return installedBrowser(settings);
}

function run(program: string, args: string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'inherit'] });
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve();
      else
        reject(
          new SetupError(
            `${program} ${args.join(' ')} failed (exit code ${code}). Set CHROMIUM_PATH instead.`,
          ),
        );
    });
  });
}
