import { describe, expect, test } from 'vitest';
import { PureTask, aTaskThatIs, ada, at, bob, olga } from '../support/task-fixture.ts';

describe('a claim', () => {
  test('makes the caller the holder, under the run id it chose', () => {
    const { task } = new PureTask().do('claim', ada, { runId: 'my-run' });
    expect(task.status).toBe('assigned');
    expect(task.run).toMatchObject({ id: 'my-run', agent: 'ada', attempt: 1, startedAt: at(0) });
  });

  test.each([
    ['the claim names a length', { lease: { seconds: 20 } }, { leaseSeconds: 90 }, 90],
    ['else the task does', { lease: { seconds: 20 } }, {}, 20],
    ['else it is a minute', {}, {}, 60],
  ])('has a lease: %s', (_when, definition, args, seconds) => {
    expect(new PureTask(definition).do('claim', ada, args).task.run?.leaseSeconds).toBe(seconds);
  });

  test('also takes a task that was handed off', () => {
    expect(aTaskThatIs('handoff').do('claim', bob).task.run?.agent).toBe('bob');
  });

  test('of a held task is refused with the name of the holder, but not with its run id', () => {
    const outcome = aTaskThatIs('running').send('claim', bob);
    expect(outcome).toMatchObject({ type: 'held', holder: 'ada', retryable: false });
    expect(outcome).not.toHaveProperty('runId');
  });

  test('of a task one holds already is refused with the run to go on with', () => {
    const task = new PureTask().do('claim', ada, { runId: 'first' });
    expect(task.send('claim', ada)).toMatchObject({ type: 'held', holder: 'ada', runId: 'first' });
  });

  test.each([
    ['review', 'in review'],
    ['done', 'done'],
  ] as const)('of a task in state %s is refused in plain words', (status, words) => {
    const outcome = aTaskThatIs(status, { settleSeconds: 60 }).send('claim', bob);
    expect(outcome).toMatchObject({ detail: `The task is ${words} and does not take claim.` });
  });

  test('is refused unless the task is in one of the states the caller expects', () => {
    const task = aTaskThatIs('handoff');
    expect(task.send('claim', bob, { expected: ['queued'] })).toMatchObject({
      type: 'unexpected_status',
      status: 'handoff',
    });
    expect(task.send('claim', bob, { expected: ['queued', 'handoff'] })).toBe('accepted');
  });

  test('of a task assigned to another agent is refused; the assignee and people may', () => {
    const assigned = () => new PureTask({ assignee: 'ada' });
    expect(assigned().send('claim', bob)).toMatchObject({ type: 'assigned_to_another' });
    expect(assigned().send('claim', ada)).toBe('accepted');
    expect(assigned().send('claim', olga)).toBe('accepted');
  });

  test('waits for a backoff to pass, and says how long', () => {
    const task = aTaskThatIs('running').do('mark_failed', ada, { reasonCode: 'unreachable_service' });
    expect(task.send('claim', bob)).toMatchObject({
      type: 'backing_off',
      retryable: true,
      retryAfterSeconds: 10,
    });
    task.clock += 9.5;
    expect(task.send('claim', bob)).toMatchObject({ retryAfterSeconds: 1 });
    task.clock += 0.5;
    expect(task.send('claim', bob)).toBe('accepted');
  });

  test('may not use the id of a run that has ended: it is the fence against that run', () => {
    const task = new PureTask().do('claim', ada, { runId: 'first' }).do('release', ada);
    expect(task.send('claim', bob, { runId: 'first' })).toMatchObject({ type: 'run_not_active' });
    expect(task.status).toBe('queued');
  });
});
