/** `npm run check`: format, lint, types and dead code, each one line with its time, and its output when it fails. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { runScript } from './run-script.ts';
import { SetupError } from './setup-error.ts';

/** The same commands as the npm scripts of these names. */
const CHECKS = ['format:check', 'lint', 'typecheck', 'knip'];
const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** Runs all checks, one after the other, whatever the ones before said; returns how many passed and failed. */
export async function runChecks(): Promise<{ passed: number; failed: number }> {
  let passed = 0;
  for (const name of CHECKS) {
    const started = performance.now();
    const { ok, output } = await npmRun(name);
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    console.log(`${ok ? '✓' : '✗'} ${name} ${seconds} s`);
    if (ok) passed += 1;
    else console.log(output.trim().replace(/^/gm, '    '));
  }
  return { passed, failed: CHECKS.length - passed };
}

function npmRun(name: string): Promise<{ ok: boolean; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn('npm', ['run', '--silent', name], { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const collect = (chunk: Buffer) => (output += chunk.toString());
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.once('error', reject);
    child.once('close', (code) => resolve({ ok: code === 0, output }));
  });
}

await runScript(import.meta.url, async () => {
  const { failed } = await runChecks();
  if (failed > 0) throw new SetupError(`${failed} of ${CHECKS.length} checks failed.`);
});
