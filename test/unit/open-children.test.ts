import { describe, expect, test } from 'vitest';
import type { TreeNode } from '../../workflows/tree.ts';
import { PureTask, aTaskThatIs, ada, bob, olga, rita } from '../support/task-fixture.ts';

const part = (id: string): TreeNode => ({ id, definition: { title: `Part ${id}` } });

/** A parent that an agent is to work on, with three parts. */
const parent = () => new PureTask({ queue: 'soup' }, { children: ['a', 'b', 'c'].map((id) => part(id)) });

describe('open sub-tasks', () => {
  const work = (...done: string[]) => {
    const task = parent().do('claim', ada);
    for (const child of done) task.hear({ child, status: 'done' });
    return task;
  };

  test('keep a run from handing in, and are named', () => {
    expect(work('a').send('mark_complete', ada)).toMatchObject({
      type: 'open_children',
      blockedBy: 'b',
      detail: 'Sub-tasks are still open: b, c.',
      retryable: true,
    });
    expect(work('a', 'b', 'c').send('mark_complete', ada)).toBe('accepted');
  });

  test('are named by three when there are many', () => {
    const task = new PureTask({}, { children: Array.from({ length: 9 }, (_, i) => part(`n-${i}`)) });
    task.do('edit', olga, { edit: { assignee: 'ada' } }).do('claim', ada);
    expect(task.send('mark_complete', ada)).toMatchObject({
      detail: 'Sub-tasks are still open: n-0, n-1, n-2 and 6 more.',
    });
  });

  test('that failed or were cancelled are not open', () => {
    const task = work('a').hear({ child: 'b', status: 'failed' }).hear({ child: 'c', status: 'cancelled' });
    expect(task.send('mark_complete', ada)).toBe('accepted');
  });

  test('keep a reviewer from approving, when one was taken up again', () => {
    const task = work('a', 'b', 'c').do('mark_complete', ada).hear({ child: 'b', status: 'queued' });
    expect(task.send('approve', rita)).toMatchObject({ type: 'open_children', blockedBy: 'b' });
    expect(task.send('request_changes', rita)).toBe('accepted');
  });

  test('do not keep one that is being cancelled from keeping its work', () => {
    const task = work('a').cancel();
    expect(task.do('mark_complete', ada).status).toBe('cancelled');
  });

  test('do not keep a run from giving up', () => {
    expect(work().send('mark_failed', ada)).toBe('accepted');
    expect(work().send('release', ada)).toBe('accepted');
    expect(work().send('hand_off', ada)).toBe('accepted');
  });
});

describe('the review of a sub-task', () => {
  test('is also for the agent that holds the task it is part of, as the API tells', () => {
    const submitted = () => aTaskThatIs('review');
    expect(submitted().send('approve', bob)).toMatchObject({ type: 'forbidden' });
    expect(submitted().send('approve', bob, { holdsParent: true })).toBe('accepted');
    expect(submitted().send('request_changes', bob, { holdsParent: true })).toBe('accepted');
    expect(submitted().send('approve', ada, { holdsParent: true })).toMatchObject({ type: 'self_review' });
  });
});
