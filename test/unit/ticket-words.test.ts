/** The words of tickets and what they are here, in both directions; and which move a status word asks for. */
import { expect, test } from 'vitest';
import { fullNames } from '../../api/mcp/tickets/arguments.ts';
import { editOf, moveTo } from '../../api/mcp/tickets/changes.ts';
import { uaOf, versionBy } from '../../api/mcp/tickets/etag.ts';
import {
  STATUSES,
  TYPES,
  labelsFor,
  ownLabels,
  priorityOf,
  shortOf,
  statusOf,
  statusesBehind,
  typeOf,
  urgencyOf,
} from '../../api/mcp/tickets/words.ts';
import type { Status } from '../../api/mcp/tickets/words.ts';
import { STATUSES as NATIVE } from '../../workflows/task-state.ts';
import type { TaskStatus } from '../../workflows/task-state.ts';
import { PureTask } from '../support/task-fixture.ts';

test('every state has a status, and every status the states behind it', () => {
  const statuses = NATIVE.map((status) => [status, statusOf(status, [])]);
  expect(Object.fromEntries(statuses)).toEqual({
    queued: 'bk',
    assigned: 'ip',
    running: 'ip',
    review: 'ip',
    done: 'dn',
    failed: 'cl',
    cancelled: 'cl',
    handoff: 'bl',
  });
  for (const status of Object.keys(STATUSES) as Status[]) {
    const labels = labelsFor([], status === 'td');
    expect(statusesBehind(status).map((each) => statusOf(each, labels))).toEqual(
      statusesBehind(status).map(() => status),
    );
  }
});

test('what is to do is known by a label that its users never see', () => {
  const labels = labelsFor(['ui'], true);
  expect(statusOf('queued', labels)).toBe('td');
  expect(statusOf('running', labels)).toBe('ip');
  expect(ownLabels(labels)).toEqual(['ui']);
  expect(labelsFor(labels, false)).toEqual(['ui']);
});

test('words come in either form, priorities and types from both sides', () => {
  expect([
    shortOf(STATUSES, 'ip'),
    shortOf(STATUSES, 'in_progress'),
    shortOf(STATUSES, 'constructor'),
  ]).toEqual(['ip', 'ip', undefined]);
  expect(([1, 2, 3, 4, 5] as const).map(priorityOf)).toEqual(['cr', 'h', 'm', 'l', 'l']);
  expect((['cr', 'h', 'm', 'l'] as const).map(urgencyOf)).toEqual([1, 2, 3, 4]);
  expect([...Object.values(TYPES), 'incident'].map(typeOf)).toEqual([...Object.keys(TYPES), 'incident']);
});

test('arguments are read by both of their names, the full one first', () => {
  expect(
    fullNames({
      t: 'A',
      typ: 'ep',
      p: 'h',
      lbl: 'ui, api',
      em: 'seq',
      ord: '2',
      s: 'td',
      par: 'x',
      as: 'bob',
    }),
  ).toEqual({
    title: 'A',
    type: 'ep',
    priority: 'h',
    labels: ['ui', 'api'],
    exec_mode: 'seq',
    exec_order: 2,
    status: 'td',
    parent_id: 'x',
    assignee: 'bob',
  });
  expect(fullNames({ t: 'short', title: 'full', par: null, as: null, recursive: 'true' })).toEqual({
    title: 'full',
    assignee: '',
    recursive: true,
  });
});

test.each<[Status, Partial<Record<TaskStatus, string>>]>([
  ['ip', { queued: 'claim', done: 'claim' }],
  ['dn', { queued: 'complete', running: 'complete', handoff: 'complete', done: 'stay' }],
  ['bl', { queued: 'hand_off', running: 'hand_off', handoff: 'stay', done: 'reopen', cancelled: 'reopen' }],
  ['cl', { queued: 'cancel', running: 'cancel', done: 'cancel', failed: 'stay', cancelled: 'stay' }],
  ['bk', { queued: 'stay', running: 'release', handoff: 'resume', done: 'reopen', review: 'release' }],
  ['td', { queued: 'stay', assigned: 'release', handoff: 'resume', cancelled: 'reopen' }],
])('s=%s means, by the state: %j', (wanted, moves) => {
  for (const [status, move] of Object.entries(moves))
    expect(moveTo(wanted, { status: status as TaskStatus }), status).toBe(move);
});

test('an update edits what it names, and the label of what is to do', () => {
  const { task } = new PureTask({ labels: ['ui'] });
  const edit = (changes: object) => editOf({ id: task.id, ...changes }, 'stay', task);
  expect(edit({})).toBeUndefined();
  expect(edit({ status: 'bk' })).toBeUndefined();
  expect(edit({ status: 'td' })).toEqual({ labels: ['ui', 'status:todo'] });
  expect(edit({ title: 'B', priority: 'cr', type: 'ep', assignee: '', description: '' })).toEqual({
    title: 'B',
    priority: 1,
    type: 'epic',
    assignee: null,
    description: null,
  });
  expect(editOf({ id: task.id, assignee: 'bob' }, 'claim', task)).toBeUndefined();
});

test('the etag is a time that no two versions share', () => {
  const { task } = new PureTask();
  const ua = uaOf(task);
  expect(ua).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/);
  expect(new Date(ua).toISOString()).toBe(task.updatedAt);
  expect(uaOf({ ...task, version: task.version + 1 })).not.toBe(ua);
  expect(versionBy(ua, task)).toBe(task.version);
  expect(versionBy(undefined, task)).toBeUndefined();
  for (const stale of ['T1', task.updatedAt, uaOf({ ...task, version: 9 })])
    expect(() => versionBy(stale, task), stale).toThrow('changed since');
});
