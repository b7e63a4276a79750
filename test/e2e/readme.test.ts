/** The README's walk-through, run as it stands: a user who copies it gets what it promises. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { onPath } from '../../scripts/on-path.ts';
import { isolated, useStartedBaton } from '../support/started-baton.ts';

const README = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
const SLOW = 180_000;

const { dataDir, run } = useStartedBaton();

/** The blocks of this language in the walk-through, as one text. */
function walkThrough(language: string): string {
  const [, text = ''] = /<!-- walk-through([\s\S]*?)<!-- end of the walk-through/.exec(README) ?? [];
  const blocks = [...text.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))];
  return blocks.map(([, block]) => block).join('');
}

const onThisMachine = (shell: string) => onPath([shell], process.env['PATH'] ?? '') !== undefined;

// macOS and many Linux users have zsh; a test machine may not.
it.each(['bash', 'sh', 'zsh'].filter(onThisMachine))(
  'prints what the README says, in %s',
  { timeout: SLOW },
  async (shell) => {
    const script = walkThrough('sh').replace('http://127.0.0.1:3000', run().apiUrl);
    const env = isolated(dataDir);
    const { stdout } = await promisify(execFile)(shell, ['-euc', script], { env });
    const aTime = /\d{4}-\d\d-\d\dT[\d:.]+Z/g;
    expect(stdout.replace(aTime, 'TIME')).toBe(walkThrough('text').replace(aTime, 'TIME'));
  },
);

it('has no command that only scripts understand: an interactive zsh runs comments', () => {
  const lines = README.split(/```sh\n([\s\S]*?)```/).filter((_text, i) => i % 2 === 1);
  expect(lines.join('')).not.toMatch(/(^|\s)#/);
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
  expect(stdout).toContain(`${run().temporalUiUrl}/namespaces/baton/workflows/`);
  expect(stdout).toMatch(/It took 2 runs, of which 1 crashed/);
  expect(stdout).toMatch(/Summarise .* was ended by SIGKILL/);
  expect(stdout).toMatch(/The reviewer sends "Assemble the overview" back/);
  expect(stdout).toMatch(/^ +\d+ files, \d+ lines\.$/m);
  expect(stdout).toMatch(/Checked: it is complete/);
});
