import { describe, expect, test } from 'vitest';
import { LIMITS } from '../../workflows/limits.ts';
import { changedAttributes, memoOf, searchAttributes } from '../../workflows/visibility.ts';
import type { Task } from '../../workflows/task-record.ts';
import { PureTask, aTaskThatIs, at, olga } from '../support/task-fixture.ts';

const changes = (before: Task | undefined, after: Task) =>
  Object.fromEntries(changedAttributes(before, after).map(({ key, value }) => [key.name, value]));

describe('the search attributes of a task', () => {
  test('are set at the start as far as there is something to set', () => {
    const { task } = new PureTask({
      project: 'soup',
      labels: ['food'],
      deadline: at(60),
      description: 'all',
    });
    expect(changes(undefined, task)).toEqual({
      TaskStatus: 'queued',
      TaskProject: 'soup',
      TaskCompany: 'acme',
      TaskLabels: ['food'],
      TaskPriority: 3,
      TaskDeadline: new Date(at(60)),
      TaskText: 'Count the beans all',
    });
  });

  test('change with what they show, and with nothing else', () => {
    const task = aTaskThatIs('queued');
    const queued = task.task;
    const { task: assigned } = task.do('claim', olga, { runId: 'r' });
    expect(changes(queued, assigned)).toEqual({ TaskStatus: 'assigned', TaskHolder: 'olga', TaskRun: 'r' });
    const { task: running } = task.do('report_progress', olga);
    expect(changes(assigned, running)).toEqual({ TaskStatus: 'running' });
    expect(changes(running, task.do('report_progress', olga).do('comment', olga).task)).toEqual({});
    expect(changes(running, task.do('release', olga).task)).toEqual({
      TaskStatus: 'queued',
      TaskHolder: null,
    });
  });

  test('are cleared when an edit clears their field', () => {
    const task = new PureTask({ assignee: 'ada', goal: 'soup', deadline: at(60), labels: ['food'] });
    const before = task.task;
    const edit = { assignee: null, goal: null, deadline: null, labels: [] };
    expect(changes(before, task.do('edit', olga, { edit }).task)).toEqual({
      TaskAssignee: null,
      TaskGoal: null,
      TaskDeadline: null,
      TaskLabels: null,
    });
  });

  test.each(['x', '"', '\u0001', '豆', '🫘'])(
    'stay below the 2 KB that Temporal takes, filled with %j',
    (piece) => {
      const id = piece.repeat(LIMITS.idBytes / Buffer.byteLength(piece));
      const { task } = new PureTask({
        title: piece,
        description: piece.repeat(9_999),
        assignee: id,
        goal: id,
      });
      for (const { value } of Object.values(searchAttributes(task))) {
        expect(Buffer.byteLength(JSON.stringify(value))).toBeLessThanOrEqual(2_048);
      }
    },
  );
});

test('the memo has what a list prints of a task', () => {
  const { task } = new PureTask({ type: 'count', client: 'kitchen' });
  expect(memoOf(task)).toEqual({
    title: 'Count the beans',
    company: 'acme',
    createdBy: 'olga',
    createdAt: at(0),
    type: 'count',
    client: 'kitchen',
  });
});
