import { describe, expect, test } from 'vitest';
import type { Definition } from '../../workflows/definition.ts';
import { PureTask, aTaskThatIs, ada, olga } from '../support/task-fixture.ts';

describe('a step that may not start yet', () => {
  const gatedTask = (definition: Partial<Definition> = {}) =>
    new PureTask(definition, { gate: { blockedBy: 'before' } });

  test('can not be claimed, and says what has to be done first', () => {
    const task = gatedTask();
    for (const actor of [ada, olga])
      expect(task.send('claim', actor)).toMatchObject({
        type: 'seq_blocked',
        blockedBy: 'before',
        retryable: true,
      });
    expect(task.do('open_gate', olga).send('claim', ada)).toBe('accepted');
  });

  test('can not be claimed out of a hand-off either', () => {
    expect(gatedTask().do('hand_off', olga).send('claim', olga)).toMatchObject({ type: 'seq_blocked' });
  });

  test('can be stopped again while nobody works on it, not later', () => {
    const task = gatedTask().do('open_gate', olga).do('close_gate', olga, { blockedBy: 'other' });
    expect(task.task.gate).toEqual({ blockedBy: 'other' });
    task.do('open_gate', olga).do('claim', ada);
    expect(task.send('close_gate', olga)).toMatchObject({ type: 'transition_not_allowed' });
    expect(task.do('release', ada).task.gate).toBeUndefined();
  });

  test('can be edited, commented on, cancelled, and miss its deadline', () => {
    expect(gatedTask().do('edit', olga).do('comment', olga).cancel().status).toBe('cancelled');
    expect(gatedTask({ deadline: '2030-01-01T00:00:10Z' }).wait(10).status).toBe('failed');
  });

  test('loses its gate when it is reopened: whoever keeps it may close it again', () => {
    for (const to of ['queued', 'handoff'] as const) {
      const task = gatedTask({ settleSeconds: 60 }).cancel().do('reopen', olga, { to });
      expect(task.task).toMatchObject({ status: to });
      expect(task.task.gate).toBeUndefined();
    }
  });

  test('lets through the sub-tasks of a task that has none', () => {
    const task = new PureTask(
      {},
      {
        gate: { blockedBy: 'before' },
        children: ['a', 'b'].map((id) => ({ id, definition: { title: id } })),
      },
    );
    expect(task.task.children.map(({ blockedBy }) => blockedBy)).toEqual(['before', 'before']);
    task.do('open_gate', olga);
    expect(task.task.children.map(({ blockedBy }) => blockedBy)).toEqual([undefined, undefined]);
    expect(aTaskThatIs('running').send('open_gate', olga)).toBe('accepted');
  });
});
