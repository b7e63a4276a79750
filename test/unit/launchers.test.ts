/** The launchers file: read as it is written, and told what is wrong with it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createFindLauncher, readLaunchers } from '../../activities/run-agent/launchers.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'baton-launchers-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function read(content: unknown) {
  const file = join(folder, 'launchers.json');
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  return readLaunchers(file);
}

test('names what may be launched; a folder counts from where the file is', async () => {
  const claude = { command: 'claude', args: ['-p'], env: { ANTHROPIC_MODEL: 'x' }, cwd: '../repository' };
  expect(await read({ launchers: { claude, shell: { command: 'sh' } } })).toEqual(
    new Map([
      ['claude', { ...claude, companies: ['default'], cwd: join(folder, '../repository') }],
      ['shell', { command: 'sh', args: [], env: {}, companies: ['default'] }],
    ]),
  );
  expect(await read({ launchers: {} })).toEqual(new Map());
});

test.each([
  ['{', 'is no JSON'],
  [[], 'launchers.json: it: Invalid input'],
  [{}, 'launchers: Invalid input'],
  [{ launchers: {}, more: 1 }, 'Unrecognized key: "more"'],
  [{ launchers: { a: { command: '' } } }, 'launchers.a.command: Too small'],
  [{ launchers: { a: { command: 'x', arguments: [] } } }, 'launchers.a: Unrecognized key: "arguments"'],
  [{ launchers: { a: { command: 'x', env: { 'A B': '' } } } }, 'launchers.a.env'],
  [{ launchers: { a: { command: 'x', env: { A: 1 } } } }, 'launchers.a.env.A'],
  [{ launchers: { a: {}, b: { command: 'x', args: 'y' } } }, /launchers\.a\.command.*\n.*launchers\.b\.args/],
])('%j is told to be wrong, and where', async (content, told) => {
  await expect(read(content)).rejects.toThrow(told);
});

test('is for whom it says, and nobody else hears of it', async () => {
  const launchers = { ours: { command: 'sh' }, acme: { command: 'sh', companies: ['acme', 'beta'] } };
  await read({ launchers });
  const find = createFindLauncher(join(folder, 'launchers.json'), () => {});
  expect(await find('ours', 'default')).toMatchObject({ command: 'sh' });
  expect(await find('acme', 'beta')).toMatchObject({ command: 'sh' });
  for (const [name, company] of [
    ['ours', 'acme'],
    ['acme', 'default'],
    ['none', 'default'],
  ] as const) {
    await expect(find(name, company)).rejects.toMatchObject({
      type: 'unknown_launcher',
      message: expect.stringMatching(`^This runner has no launcher "${name}" for company "${company}"`),
    });
  }
});

test('a file that is spoilt while it is in use changes nothing until it is right again', async () => {
  const faults: string[] = [];
  const find = createFindLauncher(join(folder, 'launchers.json'), ({ message }) => faults.push(message));
  await read('{').catch(() => {});
  await expect(find('shell', 'default')).rejects.toMatchObject({ type: 'launchers_unreadable' });
  await read({ launchers: { shell: { command: './bin/agent.sh' } } });
  expect((await find('shell', 'default')).command).toBe(join(folder, 'bin/agent.sh'));
  await read({ launchers: { shell: { comand: 'sh' } } }).catch(() => {});
  expect((await find('shell', 'default')).command).toBe(join(folder, 'bin/agent.sh'));
  expect(faults).toEqual([expect.stringContaining('launchers.shell')]);
  await read({ launchers: { shell: { command: 'sh' } } });
  expect((await find('shell', 'default')).command).toBe('sh');
  rmSync(join(folder, 'launchers.json'));
  await expect(find('shell', 'default')).rejects.toMatchObject({ type: 'launchers_unreadable' });
});

test('a file that is not there is named', async () => {
  await expect(readLaunchers(join(folder, 'none.json'))).rejects.toThrow(
    /none\.json can't be read \(ENOENT\)/,
  );
});
