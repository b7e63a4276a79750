import { describe, expect, test } from 'vitest';
import { details } from '../../workflows/details.ts';
import type { Definition, Review } from '../../workflows/definition.ts';
import { STATUSES } from '../../workflows/task-state.ts';
import { PureTask, aTaskThatIs, ada, at, bob, olga, rita } from '../support/task-fixture.ts';

/** What the Temporal UI shows, without the escapes. */
const shown = (task: PureTask) => details(task.task).replaceAll('\\', '');

describe('what an operator reads of a task', () => {
  test.each(STATUSES)('begins with its title and says that it is %s', (status) => {
    const lines = shown(aTaskThatIs(status)).split('\n');
    expect(lines[0]).toBe('### Count the beans');
    expect(lines).toContain(`- **Status:** ${status}`);
  });

  test.each([
    ['that nobody has claimed it', new PureTask(), 'Waits for an agent to claim it by its id.'],
    ['whose it is', new PureTask({ assignee: 'bob' }), 'Waits for bob to claim it.'],
    ['who claimed it', aTaskThatIs('assigned'), 'ada has claimed it and not reported yet.'],
    ['who works on it', aTaskThatIs('running'), 'ada works on it.'],
    ['whose work waits for review', aTaskThatIs('review'), 'a reviewer to decide on the submission of ada.'],
    ['what stopped the agent', aTaskThatIs('handoff'), 'handed off by ada: no access'],
    ['whose work was accepted', aTaskThatIs('done'), 'the work of ada was accepted by rita.'],
    ['that it was cancelled', aTaskThatIs('cancelled'), 'Cancelled.'],
    ['why it failed', aTaskThatIs('failed'), 'Failed: other. The agent gave up: other.'],
  ])('tells %s', (_what, task, sentence) => {
    expect(shown(task)).toContain(sentence);
  });

  test('tells how the last run ended, and which attempt this is', () => {
    const task = aTaskThatIs('running').loseLease();
    expect(shown(task)).toContain(
      'Waits for an agent to claim it by its id, after the run of ada ended: crashed.',
    );
    const next = shown(task.do('claim', bob, { runId: 'second' }));
    expect(next).toContain('bob (run second, attempt 2 of 3)');
    expect(next).toContain('Failed attempts:** 1 of 3');
    expect(next).toContain('Last failure:** crashed: The agent stopped sending heartbeats.');
  });

  test('tells what happens next, and when', () => {
    expect(shown(aTaskThatIs('running'))).toContain(`at ${at(600)}, the run ends as stalled`);
    expect(shown(aTaskThatIs('running').cancel())).toContain(`ada has until ${at(30)} to wind down.`);
    const backingOff = aTaskThatIs('running').do('mark_failed', ada, { reasonCode: 'agent_exited' });
    expect(shown(backingOff)).toContain(`Waits until ${at(10)} before the next run`);
  });

  test('tells the last progress', () => {
    const task = aTaskThatIs('running').do('report_progress', ada, { note: 'half', percent: 50 });
    expect(shown(task)).toContain(`${at(0)} by ada: half (50 %)`);
  });

  test('tells who still has to approve, and when that is overdue', () => {
    const review: Review = { policy: 'required', reviewers: ['rita', 'bob'], quorum: 2, timeoutSeconds: 60 };
    const task = aTaskThatIs('review', { review }).do('approve', rita);
    expect(shown(task)).toContain('Waits for rita, bob (1 of 2 approvals)');
    expect(shown(task.wait(60))).toContain(`Review is overdue since ${at(60)}: rita, bob`);
  });

  test('tells how much of the budget is used', () => {
    const task = aTaskThatIs('running', { budget: { usd: 4 } });
    expect(shown(task.do('report_progress', ada, { cost: { usd: 1 } }))).toContain('Budget used:** 25 %');
  });

  test('names the task that follows', () => {
    const task = aTaskThatIs('review').do('request_changes', rita);
    expect(shown(task)).toContain(`Followed by:** task ${task.task.followedBy}`);
  });
});

describe('what an operator reads of a task among others', () => {
  const part = (id: string) => ({ id, definition: { title: `Part ${id}` } });
  const pipeline = (definition: Partial<Definition> = {}) =>
    new PureTask({ mode: 'sequence', ...definition }, { children: ['a', 'b', 'c'].map(part) });

  test.each([
    ['where it waits', new PureTask({ queue: 'soup' }), 'Waits in queue soup for an agent to claim it.'],
    ['that its assignee comes first', new PureTask({ queue: 'soup', assignee: 'bob' }), 'Waits for bob to'],
    [
      'what has to be done first',
      new PureTask({ queue: 'soup' }, { gate: { blockedBy: 'before' } }),
      'May not start before task before is done.',
    ],
    ['how far its sub-tasks are', pipeline().hear({ child: 'a', status: 'done' }), 'sub-tasks: 1 of 3 done.'],
    [
      'that somebody has to decide',
      pipeline().hear({ child: 'a', status: 'failed' }),
      'Held, for sub-task Part a failed: a person must retry or skip it.',
    ],
    [
      'that it goes on without one',
      pipeline({ onChildFailure: 'continue' }).hear({ child: 'a', status: 'failed' }),
      'Waits for its sub-tasks: 1 of 3 done.',
    ],
    ['that it is still empty', new PureTask({ autoComplete: true }), 'Waits for sub-tasks to be created'],
  ])('tells %s', (_what, task, sentence) => {
    expect(shown(task)).toContain(sentence);
  });

  test('tells that the work of its sub-tasks is up for review, and was accepted', () => {
    const task = pipeline();
    for (const child of ['a', 'b', 'c']) task.hear({ child, status: 'done' });
    expect(shown(task)).toContain('Waits for a reviewer to decide on the submission of its sub-tasks.');
    expect(shown(task.do('approve', rita))).toContain(
      'Done; the work of its sub-tasks was accepted by rita.',
    );
  });

  test('sees the pipeline at a glance', () => {
    const task = pipeline().hear({ child: 'a', status: 'done' });
    const steps = shown(task)
      .split('\n')
      .filter((line) => line.startsWith('1. '));
    expect(steps).toEqual([
      '1. **done:** Part a (a)',
      '1. **open:** Part b (b)',
      '1. **waits for its turn:** Part c (c)',
    ]);
    expect(shown(task)).toContain('- **Sub-tasks:** 1 of 3 done');
  });

  test('sees the steps in their order, and those that were put in later too', () => {
    const task = pipeline().do('create_subtask', olga, { child: { ...part('first'), order: 0 } });
    expect(shown(task).match(/^1\. .*/gm)).toMatchObject([
      '1. **open:** Part first (first)',
      '1. **waits for its turn:** Part a (a)',
      '1. **waits for its turn:** Part b (b)',
      '1. **waits for its turn:** Part c (c)',
    ]);
  });

  test('sees as much of a large family as fits the page', () => {
    const children = Array.from({ length: 199 }, (_, i) => part(`${i} ${'豆'.repeat(100)}`));
    const page = details(new PureTask({}, { children }).task);
    expect(page).toContain('1. … 169 more');
    expect(Buffer.byteLength(page)).toBeLessThan(20_000);
  });
});

describe('what agents write', () => {
  const EVIL = '# big\n[click](https://evil.example) ![x](y) <img src=x> `code` **bold** | cell |';

  test('has no power over the page: no headings, links, images, HTML or tables', () => {
    const task = aTaskThatIs('running', { title: EVIL }).do('report_progress', ada, { note: EVIL });
    task.do('hand_off', ada, { blockers: EVIL });
    const page = details(task.task);
    expect(page.match(/^#/gm)).toHaveLength(1);
    const unescaped = page.replaceAll(/\\./g, '').replaceAll(/^### |^- \*\*[A-Z][a-z ]+:\*\*/gm, '');
    expect(unescaped).not.toMatch(/[#[\]<>`*|!]/);
  });

  test('is cut where it is long, between characters', () => {
    const task = aTaskThatIs('running').do('report_progress', ada, { note: '🫘'.repeat(1000) });
    const page = details(task.task);
    expect(page.length).toBeLessThan(1000);
    expect(page.isWellFormed()).toBe(true);
  });

  test('is bounded as a whole, far below what Temporal shows', () => {
    const long = 'x'.repeat(4000);
    const task = aTaskThatIs('running', { title: 't'.repeat(400) }).do('report_progress', ada, {
      note: long,
    });
    task.do('hand_off', ada, { blockers: long }).do('claim', olga, { runId: 'r'.repeat(200) });
    expect(details(task.task).length).toBeLessThan(4000);
  });
});
