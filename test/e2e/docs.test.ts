/** The pages of the protocols, each run as it stands by somebody who has read nothing else. */
import { execFile } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { onPath } from '../../scripts/on-path.ts';
import { isolated, useStartedBaton } from '../support/started-baton.ts';

const DOCS = fileURLToPath(new URL('../../docs/', import.meta.url));
const SLOW = 180_000;
const textOf = (page: string): string => readFileSync(join(DOCS, page), 'utf8');
const PAGES = readdirSync(DOCS).filter((page) => textOf(page).includes('```sh'));

const { dataDir, run } = useStartedBaton();

const shells = ['bash', 'sh', 'zsh'].filter(
  (shell) => onPath([shell], process.env['PATH'] ?? '') !== undefined,
);

describe.each(PAGES)('%s', (page) => {
  const text = textOf(page);
  const blocks = (language: string) =>
    [...text.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))]
      .map(([, block]) => block)
      .join('');

  it.each(shells)('prints what it says, in %s', { timeout: SLOW }, async (shell) => {
    const script = blocks('sh').replace(/http:\/\/(127\.0\.0\.1|localhost):3000/g, run().apiUrl);
    const { stdout } = await promisify(execFile)(shell, ['-euc', script], { env: isolated(dataDir) });
    expect(stdout).toBe(blocks('text'));
    expect(stdout).not.toBe('');
  });

  it('has no command that only scripts understand: an interactive zsh runs comments', () => {
    expect(blocks('sh')).not.toMatch(/(^|\s)#/);
  });
});

it('leads from page to page, and to tests, that are there', () => {
  const linked = readdirSync(DOCS).flatMap((page) =>
    [...textOf(page).matchAll(/\]\(([^)#]+)/g)].map(([, target = '']) => target),
  );
  const files = linked.filter((target) => !/^(https?:|\/)/.test(target));
  expect(files.length).toBeGreaterThan(PAGES.length);
  expect(files.filter((target) => !existsSync(join(DOCS, target)))).toEqual([]);
});
