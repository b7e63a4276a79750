import { describe, expect, test } from 'vitest';
import { isSettled } from '../../workflows/task-record.ts';
import { aTaskThatIs, ada, at, bob, olga } from '../support/task-fixture.ts';

describe('a cancellation', () => {
  test.each(['queued', 'review', 'handoff'] as const)(
    'of a task that is %s takes effect at once',
    (status) => {
      expect(aTaskThatIs(status).cancel().status).toBe('cancelled');
    },
  );

  test.each([
    ['30 s by default', {}, 30],
    ['as long as the task says', { cancelGraceSeconds: 5 }, 5],
  ])('gives a running agent time to wind down: %s', (_how, definition, grace) => {
    const task = aTaskThatIs('running', definition).cancel();
    expect(task.task).toMatchObject({ status: 'running', cancel: { at: at(0), graceUntil: at(grace) } });
    expect(task.wait(grace - 1).status).toBe('running');
    expect(task.wait(1).task).toMatchObject({ status: 'cancelled', endedRuns: [{ end: 'cancelled' }] });
  });

  test('asked for twice is one cancellation', () => {
    const task = aTaskThatIs('running').cancel();
    task.wait(10).cancel();
    expect(task.task.cancel?.graceUntil).toBe(at(30));
  });

  test('is announced by a message, with its comment or not at all, and comes by itself', () => {
    const announced = { messageId: 'm', comment: 'not needed' };
    const task = aTaskThatIs('running').do('cancel', olga, announced);
    expect(task.task).toMatchObject({
      status: 'running',
      cancelAnnounced: { message: 'm', by: 'olga' },
      commentCount: 1,
    });
    expect(task.task).not.toHaveProperty('cancel');
    expect(task.cancel().task).toMatchObject({ cancel: { graceUntil: at(30), by: 'olga' } });
    expect(task.task).not.toHaveProperty('cancelAnnounced');
    expect(aTaskThatIs('queued').send('cancel', ada)).toMatchObject({ type: 'forbidden' });
    expect(aTaskThatIs('queued').send('cancel', olga, { ifVersion: 7 })).toMatchObject({
      type: 'stale_version',
    });
  });

  test('is not announced once more where it has come, and a failed task can not be cancelled', () => {
    expect(aTaskThatIs('running').cancel().do('cancel', olga).task).not.toHaveProperty('cancelAnnounced');
    expect(aTaskThatIs('cancelled').do('cancel', olga).task).not.toHaveProperty('cancelAnnounced');
    expect(aTaskThatIs('failed').send('cancel', olga)).toMatchObject({ type: 'transition_not_allowed' });
  });

  test.each(['done', 'failed'] as const)('does nothing to a task that is %s', (status) => {
    const task = aTaskThatIs(status);
    const before = task.task;
    expect(task.cancel().task).toBe(before);
  });
});

describe('in the grace period', () => {
  const inGrace = () => aTaskThatIs('running').cancel();

  test('a release ends it early', () => {
    expect(inGrace().do('release', ada).status).toBe('cancelled');
  });

  test('so does a failure, even one that would be retried', () => {
    const { task } = inGrace().do('mark_failed', ada, {
      reasonCode: 'agent_exited',
      blocker: 'told to stop',
    });
    expect(task).toMatchObject({ status: 'cancelled', lastFailure: { message: 'told to stop' } });
  });

  test('so does a crash', () => {
    expect(inGrace().loseLease().status).toBe('cancelled');
    expect(inGrace().loseLease({ end: 'never_started' }).status).toBe('cancelled');
  });

  test('what the agent hands in is kept, and the task is cancelled all the same', () => {
    const { task } = inGrace().do('mark_complete', ada, { output: 'half of it' });
    expect(task).toMatchObject({ status: 'cancelled', submission: { output: 'half of it' } });
  });

  test('people may still comment', () => {
    expect(inGrace().send('comment', olga)).toBe('accepted');
  });

  test.each([
    ['report_progress', ada],
    ['hand_off', ada],
    ['claim', bob],
    ['edit', olga],
  ] as const)('%s is refused, with the time that is left', (name, actor) => {
    expect(inGrace().send(name, actor)).toMatchObject({
      type: 'cancel_requested',
      hint: expect.stringContaining(at(30)),
    });
  });

  test('nobody is called stalled for want of checkpoints', () => {
    const task = aTaskThatIs('running', { progressTimeoutSeconds: 5, cancelGraceSeconds: 60 }).cancel();
    expect(task.wait(59).status).toBe('running');
  });
});

describe('a task that has ended', () => {
  test('settles for as long as it says, and not at all by default', () => {
    expect(isSettled(aTaskThatIs('done').task, at(0))).toBe(true);
    const { task } = aTaskThatIs('failed', { settleSeconds: 60 });
    expect(isSettled(task, at(59))).toBe(false);
    expect(isSettled(task, at(60))).toBe(true);
  });

  test.each(['done', 'cancelled'] as const)('and is %s can be reopened by people', (status) => {
    const ended = () => aTaskThatIs(status, { settleSeconds: 60 });
    expect(ended().send('reopen', ada)).toMatchObject({ type: 'forbidden' });
    expect(ended().do('reopen', olga).status).toBe('queued');
    const handedOff = ended().do('reopen', olga, { to: 'handoff', comment: 'look again' });
    expect(handedOff.task).toMatchObject({
      status: 'handoff',
      handoff: { blockers: 'look again', by: 'olga' },
    });
  });

  test('and was reopened no longer settles, and can be cancelled again', () => {
    const task = aTaskThatIs('cancelled', { settleSeconds: 60 }).do('reopen', olga);
    expect(task.task).not.toHaveProperty('settleUntil');
    expect(task.cancel().status).toBe('cancelled');
  });

  test('and was reopened keeps what was submitted', () => {
    const { task } = aTaskThatIs('done', { settleSeconds: 60 }).do('reopen', olga).do('claim', bob);
    expect(task.submission).toMatchObject({ agent: 'ada' });
  });
});
