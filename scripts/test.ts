/**
 * `npm test`: gets what the tests need, then runs the checks and vitest, and ends with one line that counts them all.
 * Arguments go to vitest, such as a part of a file's name; `--no-checks` leaves the checks out.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { runChecks } from './check.ts';
import { findBrowser } from './find-browser.ts';
import { runScript } from './run-script.ts';
import { environmentWith, readSettings } from './settings.ts';
import { findTemporalBinary } from './temporal-binary.ts';

type Count = { passed: number; failed: number };

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const VITEST = fileURLToPath(new URL('../node_modules/vitest/vitest.mjs', import.meta.url));

/** The part of vitest's JSON report that is counted. */
const Report = z.object({
  numPassedTests: z.number(),
  numFailedTests: z.number(),
  testResults: z.array(
    z.object({ status: z.string(), assertionResults: z.array(z.object({ status: z.string() })) }),
  ),
});

async function main(): Promise<void> {
  const args = process.argv.slice(2);
  const settings = readSettings();
  const found = {
    TEMPORAL_CLI_PATH: await findTemporalBinary(settings, console.log),
    CHROMIUM_PATH: await findBrowser(settings, console.log),
  };
  const nothing: Count = { passed: 0, failed: 0 };
  const checks = args.includes('--no-checks') ? nothing : await runChecks();
  const vitestArgs = args.filter((arg) => arg !== '--no-checks');
  const tests = await runVitest(vitestArgs, environmentWith(found));
  const failed = checks.failed + tests.failed;
  console.log(`${checks.passed + tests.passed} passed, ${failed} failed`);
  if (failed > 0) process.exitCode = 1;
}

async function runVitest(args: string[], env: NodeJS.ProcessEnv): Promise<Count> {
  const folder = mkdtempSync(join(tmpdir(), 'baton-test-'));
  const report = join(folder, 'report.json');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  try {
    const child = spawn(process.execPath, [VITEST, 'run', ...reporters, ...args], {
      cwd: ROOT,
      env,
      stdio: 'inherit',
    });
    const ok = await new Promise<boolean>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code) => resolve(code === 0));
    });
    const count = existsSync(report) ? countReport(readFileSync(report, 'utf8')) : { passed: 0, failed: 0 };
    // Vitest can fail without a failed test: nothing was found, or an error was thrown outside of any.
    return { ...count, failed: ok ? count.failed : Math.max(1, count.failed) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function countReport(json: string): Count {
  const report = Report.parse(JSON.parse(json));
  // A file that could not be loaded fails as a whole, without a failed test in it.
  const brokenFiles = report.testResults.filter(
    ({ status, assertionResults }) =>
      status === 'failed' && !assertionResults.some((assertion) => assertion.status === 'failed'),
  );
  return { passed: report.numPassedTests, failed: report.numFailedTests + brokenFiles.length };
}

await runScript(import.meta.url, main);
