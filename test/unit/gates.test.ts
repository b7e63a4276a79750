import { describe, expect, test } from 'vitest';
import type { Definition } from '../../workflows/definition.ts';
import { successorInput } from '../../workflows/task-record.ts';
import { PureTask, aTaskThatIs, ada, olga, rita } from '../support/task-fixture.ts';

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

  test('can be stopped again; a run that has begun goes on, and the next one waits', () => {
    const task = gatedTask().do('open_gate', olga).do('close_gate', olga, { blockedBy: 'other' });
    expect(task.task.gate).toEqual({ blockedBy: 'other' });
    task.do('open_gate', olga).do('claim', ada).do('close_gate', olga, { blockedBy: 'inserted' });
    task.do('report_progress', ada).do('release', ada);
    expect(task.send('claim', ada)).toMatchObject({ type: 'seq_blocked', blockedBy: 'inserted' });
  });

  test('passes a gate that closed during its review on to the task that follows it', () => {
    const task = gatedTask().do('open_gate', olga).do('claim', ada).do('mark_complete', ada);
    task.do('close_gate', olga, { blockedBy: 'retried' }).do('request_changes', rita);
    expect(successorInput(task.task)).toMatchObject({ gate: { blockedBy: 'retried' } });
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
