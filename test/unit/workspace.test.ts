/** What an agent finds in its workspace and leaves there, and that nothing gets out of it or in from elsewhere. */
import { existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join, posix, relative, sep, win32 } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isSafePath } from '../../activities/run-agent/safe-path.ts';
import type { Definition } from '../../workflows/definition.ts';
import { LaunchPad, sh } from '../support/launching.ts';
import { at, rita } from '../support/task-fixture.ts';

let pad: LaunchPad;
beforeAll(async () => {
  pad = await LaunchPad.make();
});
afterAll(() => pad.remove());

/** Every file below a folder. */
const filesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .toSorted();

const segment = fc.oneof(
  fc.constantFrom(
    '..',
    '.',
    '',
    'a',
    'b c',
    '...',
    '.hidden',
    'C:',
    '~',
    'é',
    '\\',
    '..\\x',
    'a\0',
    '\ud800',
  ),
  fc.string({ maxLength: 10 }),
);
const paths = fc.array(segment, { minLength: 1, maxLength: 6 }).map((segments) => segments.join('/'));

describe('a path from input', () => {
  test('is safe only if it stays below its folder, as whoever resolves it', () => {
    fc.assert(
      fc.property(paths, (path) => {
        if (!isSafePath(path)) return;
        expect(posix.join('/folder', path)).toBe(`/folder/${path}`);
        expect(posix.isAbsolute(path)).toBe(false);
        expect(win32.normalize(path).split('\\')).not.toContain('..');
        expect(path.split('/')).not.toContain('..');
      }),
      { numRuns: 2_000 },
    );
  });

  test.each(['brief.md', 'examples/good one.md', 'a/b/c/d', '.hidden', '...', 'ä/ö.txt', 'x'.repeat(255)])(
    'such as %s is safe',
    (path) => expect(isSafePath(path)).toBe(true),
  );

  test.each([
    '',
    '/',
    '/etc/passwd',
    '..',
    '../x',
    'a/../../x',
    'a/..',
    './a',
    'a//b',
    'a/',
    'a\\..\\..\\b',
    'a\0b',
  ])('such as %j is not', (path) => expect(isSafePath(path)).toBe(false));

  test('of a context file never writes outside: it is refused, or lies in the workspace', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(paths, { minLength: 1, maxLength: 3 }), async (named) => {
        const context = named.map((path) => ({ path, text: `at ${path}` }));
        const before = filesIn(pad.folder).filter((path) => !path.startsWith('workspaces/'));
        const run = pad.start(sh('exit 0'), { taskId: pad.task({ context }).id });
        const ended = await run.result.catch((error: { type?: string }) => error.type);
        expect(filesIn(pad.folder).filter((path) => !path.startsWith('workspaces/'))).toEqual(
          before.length ? before : ['launchers.json'],
        );
        if (ended === 'context_refused') {
          expect(existsSync(run.workspace)).toBe(false);
          return;
        }
        expect(ended).toMatchObject({ exitCode: 0 });
        for (const path of named) expect(run.read(`.company-agents/context/${path}`)).toBe(`at ${path}`);
        rmSync(run.workspace, { recursive: true });
      }),
      { numRuns: 60 },
    );
  });

  test.each([
    [['a', 'a'], 'Two context files are called a'],
    [['a/b', 'a'], "can't be the folder of a/b"],
    [['brief.md/x'], "can't be the folder of brief.md/x"],
    [['ok', '../../launchers.json'], 'would not lie in the workspace'],
  ])('that does not go with the others, as in %j, is refused', async (named, told) => {
    const context = named.map((path) => ({ path, text: '' }));
    const failure = await pad.start(sh('exit 0'), { taskId: pad.task({ context }).id }).failure();
    expect(failure).toMatchObject({ type: 'context_refused', message: expect.stringContaining(told) });
  });
});

describe('a workspace', () => {
  const definition: Partial<Definition> = {
    description: 'All of them.',
    project: 'beans',
    client: 'jack',
    context: [
      { path: 'examples/good.md', text: 'Seven.' },
      { path: 'notes', text: '' },
    ],
  };

  test('has the task, its parent, context and memory where agents look for them', async () => {
    const parent = pad.task({ title: 'Run the farm' });
    const task = pad.task(definition);
    const comment = { id: 'c', by: rita, at: at(1), text: 'Mind the small ones.' };
    pad.tasks.set(task.id, {
      ...task,
      parent: { id: parent.id, depth: 1 },
      comments: [comment],
      commentCount: 1,
    });
    pad.memory.put('agent', 'ada', 'I like beans.');
    pad.memory.put('project', 'beans', 'Beans are green.');
    pad.memory.put('client', 'jack', 'He has a stalk.');
    pad.memory.put('agent', 'ada', 'Of another company.', 'other');
    const run = pad.start(sh('pwd'), { taskId: task.id });
    expect((await run.result).tail.trim()).toBe(run.workspace);
    expect(filesIn(join(run.workspace, '.company-agents'))).toEqual([
      'context/brief.md',
      'context/examples/good.md',
      'context/notes',
      'memory/agent.md',
      'memory/client.md',
      'memory/project.md',
      'memory/task.md',
      'parent.json',
      'previous-runs.json',
      'task.json',
    ]);
    const read = (path: string) => run.read(`.company-agents/${path}`);
    expect(JSON.parse(read('task.json'))).toMatchObject({
      id: task.id,
      title: 'Count the beans',
      status: 'queued',
      company: 'acme',
      comments: [{ by: rita, text: 'Mind the small ones.' }],
    });
    expect(JSON.parse(read('parent.json'))).toMatchObject({ id: parent.id, title: 'Run the farm' });
    expect(read('context/brief.md')).toBe(
      '# Count the beans\n\nAll of them.\n\nYou were woken for: assignment.\n',
    );
    expect(read('context/examples/good.md')).toBe('Seven.');
    expect(['task', 'agent', 'project', 'client'].map((scope) => read(`memory/${scope}.md`))).toEqual([
      '',
      'I like beans.',
      'Beans are green.',
      'He has a stalk.',
    ]);
    expect(statSync(run.workspace).mode & 0o777).toBe(0o700);
  });

  test('tells of the runs before, and of the task that this one follows', async () => {
    const before = pad.task({ title: 'Count the beans' });
    const task = pad.task();
    const ended = { id: 'run-1', agent: 'bob', attempt: 1, startedAt: at(0), endedAt: at(9) };
    const lastFailure = {
      reasonCode: 'unreachable_service',
      message: 'No beans.',
      at: at(9),
      run: 'run-1',
    } as const;
    const lastProgress = { at: at(5), run: 'run-1', agent: 'bob', note: 'Half of them.' };
    pad.tasks.set(task.id, {
      ...task,
      follows: { task: before.id, by: rita, comment: 'Count the small ones, too.' },
      endedRuns: [{ ...ended, end: 'failed', contentHash: 'internal' }],
      lastFailure,
      lastProgress,
    });
    const run = pad.start(sh('exit 0'), { taskId: task.id });
    await run.result;
    const read = (path: string) => run.read(`.company-agents/${path}`);
    expect(JSON.parse(read('previous-runs.json'))).toEqual({
      runs: [{ ...ended, end: 'failed' }],
      lastCheckpoint: lastProgress,
      lastFailure,
      handoff: null,
    });
    expect(JSON.parse(read('previous-task.json'))).toMatchObject({ id: before.id });
    expect(read('context/brief.md')).toContain('Count the small ones, too.');
    expect(read('context/brief.md')).toContain('previous-runs.json');
  });

  test('has the brief that the task brings, in place of ours', async () => {
    const task = pad.task({ context: [{ path: 'brief.md', text: 'Just count.' }] });
    const run = pad.start(sh('exit 0'), { taskId: task.id });
    await run.result;
    expect(run.read('.company-agents/context/brief.md')).toBe('Just count.');
    expect(statSync(join(run.workspace, '.company-agents/context/examples')).isDirectory()).toBe(true);
  });

  test('of a wake without a task has what the agent remembers', async () => {
    const run = pad.start(sh('exit 0'), { wake: { reason: 'approval_decided', approvalId: 'a' } });
    await run.result;
    expect(filesIn(join(run.workspace, '.company-agents'))).toEqual(['memory/agent.md']);
  });

  test('may lie beside where the command runs', async () => {
    const elsewhere = join(pad.folder, 'elsewhere');
    mkdirSync(elsewhere, { recursive: true });
    const run = pad.start({ ...sh('pwd; ls "$BATON_WORKSPACE/.company-agents"'), cwd: 'elsewhere' });
    expect((await run.result).tail).toBe(`${elsewhere}\ncontext\nmemory\n`);
  });
});
