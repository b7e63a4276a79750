import { describe, expect, test } from 'vitest';
import { COMMANDS, OCCURRENCES, STATUSES, allowedCommands, allows } from '../../workflows/task-state.ts';
import type { CommandName, TaskStatus } from '../../workflows/task-state.ts';
import type { Actor } from '../../workflows/actor.ts';
import { ada, aTaskThatIs, bob, olga, rita } from '../support/task-fixture.ts';

const HELD: TaskStatus[] = ['assigned', 'running'];

/** The design's table, written down a second time: where a command is allowed, and where it may lead. */
const TABLE: Record<CommandName, { from: TaskStatus[]; to: TaskStatus[] }> = {
  claim: { from: ['queued', 'handoff'], to: ['assigned'] },
  report_progress: { from: HELD, to: ['running', 'failed'] },
  mark_complete: { from: HELD, to: ['review', 'done'] },
  mark_failed: { from: HELD, to: ['failed', 'queued'] },
  release: { from: HELD, to: ['queued'] },
  hand_off: { from: ['queued', ...HELD], to: ['handoff'] },
  resume: { from: ['handoff'], to: ['queued'] },
  approve: { from: ['review'], to: ['done'] },
  request_changes: { from: ['review'], to: ['failed', 'queued'] },
  reopen: { from: ['done', 'cancelled'], to: ['queued', 'handoff'] },
  cancel: { from: ['queued', ...HELD, 'review', 'handoff'], to: ['cancelled'] },
  archive: { from: ['done', 'failed', 'cancelled'], to: [] },
  link: { from: [...STATUSES], to: [] },
  edit: { from: ['queued', 'handoff', ...HELD], to: [] },
  comment: { from: [...STATUSES], to: [] },
  create_subtask: { from: ['queued', 'handoff', ...HELD], to: [] },
  skip_child: { from: ['queued', 'handoff', ...HELD], to: [] },
};

test('there are the eight states of a task run, and no others', () => {
  expect(STATUSES).toEqual([
    'queued',
    'assigned',
    'running',
    'review',
    'done',
    'failed',
    'cancelled',
    'handoff',
  ]);
});

test('the transition table is the one of the design', () => {
  const sorted = (table: Record<string, { from: readonly string[]; to: readonly string[] }>) =>
    Object.entries(table).map(([name, { from, to }]) => [name, from.toSorted(), to.toSorted()]);
  expect(Object.fromEntries(sorted(COMMANDS))).toEqual(Object.fromEntries(sorted(TABLE)));
});

/** Whoever may send it, so that only the state decides. */
const SENDER: Partial<Record<CommandName, Actor>> = {
  claim: bob,
  report_progress: ada,
  mark_complete: ada,
  mark_failed: ada,
  release: ada,
  hand_off: olga,
};

describe.each(STATUSES)('a task that is %s', (status) => {
  test.each(Object.keys(TABLE) as CommandName[])('takes %s only if the table says so', (command) => {
    const allowed = TABLE[command].from.includes(status);
    expect(allows(command, status)).toBe(allowed);
    expect(allowedCommands(status).includes(command)).toBe(allowed);

    const task = aTaskThatIs(status, { cancelGraceSeconds: 0, settleSeconds: 60 });
    if (command === 'cancel') {
      task.cancel().wait(1);
      expect(task.status).toBe(allowed ? 'cancelled' : status);
      return;
    }
    const failed = { id: 'child-1', title: 'Fetch the beans', status: 'failed' as const };
    if (command === 'skip_child') task.task = { ...task.task, children: [failed] };
    const outcome = task.send(command, SENDER[command] ?? rita);
    expect(outcome === 'accepted').toBe(allowed);
    const reachable = allowed && TABLE[command].to.length > 0 ? TABLE[command].to : [status];
    expect(reachable).toContain(task.status);
  });
});

test('nothing but settling happens by itself to a task that has ended', () => {
  const ended: TaskStatus[] = ['done', 'failed', 'cancelled'];
  const touching = Object.entries(OCCURRENCES).filter(([, { from }]) =>
    (from as readonly TaskStatus[]).some((status) => ended.includes(status)),
  );
  expect(touching.map(([name]) => name)).toEqual(['settled']);
});
