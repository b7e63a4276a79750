/** The README's walk-through, run as it stands: a user who copies it gets what it promises. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { RunInfo } from '../../scripts/run-file.ts';
import { isolated, startBaton } from '../support/started-baton.ts';
import type { StartedBaton } from '../support/started-baton.ts';

const README = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
const SLOW = 180_000;

const dataDir = mkdtempSync(join(tmpdir(), 'baton-readme-'));
let baton: StartedBaton;
let run: RunInfo;

beforeAll(async () => {
  baton = startBaton(dataDir);
  run = await baton.ready();
}, SLOW);

afterAll(async () => {
  baton.signal('SIGTERM');
  await baton.exited;
  rmSync(dataDir, { recursive: true, force: true });
}, SLOW);

/** The code block that follows a line of the README. */
function blockAfter(line: string): string {
  const block = README.split(line)[1]?.match(/```\w+\n([\s\S]*?)```/)?.[1];
  if (block === undefined) throw new Error(`The README has no block after: ${line}`);
  return block;
}

it('prints what the README says', { timeout: SLOW }, async () => {
  const script = blockAfter('<!-- walk-through').replace('http://127.0.0.1:3000', run.apiUrl);
  const { stdout } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', script], {
    env: isolated(dataDir),
  });
  const aTime = /\d{4}-\d\d-\d\dT[\d:.]+Z/g;
  expect(stdout.replace(aTime, 'TIME')).toBe(blockAfter('It prints:').replace(aTime, 'TIME'));
});

it('shows the demo that the README promises', { timeout: SLOW }, async () => {
  const env = isolated(dataDir);
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['scripts/bootstrap.mjs', 'scripts/demo.ts'],
    { env },
  );
  expect(stdout).toMatch(/ada is killed with SIGKILL/);
  expect(stdout).toMatch(/the lease lapsed: its agent had crashed/);
  expect(stdout).toMatch(/cleo approved: .* done\n/);
  expect(stdout).toContain(`${run.temporalUiUrl}/namespaces/baton/workflows/`);
  expect(stdout).toMatch(/It took 2 runs, of which 1 crashed/);
});
