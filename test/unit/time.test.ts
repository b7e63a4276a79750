import { describe, expect, test } from 'vitest';
import { dues } from '../../workflows/occur.ts';
import { PureTask, aTaskThatIs, ada, at, olga } from '../support/task-fixture.ts';

describe('the deadline', () => {
  test('fails a task that still waits when it passes', () => {
    const task = new PureTask({ deadline: at(60) });
    expect(task.wait(59).status).toBe('queued');
    expect(task.wait(1).task).toMatchObject({
      status: 'failed',
      failure: { reasonCode: 'deadline_passed', at: at(60) },
    });
  });

  test.each(['running', 'review', 'handoff'] as const)('leaves a task alone that is %s', (status) => {
    const definition = { deadline: at(60), progressTimeoutSeconds: 0 };
    expect(aTaskThatIs(status, definition).wait(600).status).toBe(status);
  });

  test('fails nothing when it was past already at creation', () => {
    expect(new PureTask({ deadline: at(-60) }).wait(600).status).toBe('queued');
  });

  test('fails nothing when it was past already when it was set, and can be moved and cleared', () => {
    const task = new PureTask({ deadline: at(60) });
    task.wait(30).do('edit', olga, { edit: { deadline: at(10) } });
    expect(task.wait(60).status).toBe('queued');
    task.do('edit', olga, { edit: { deadline: at(100) } }).do('edit', olga, { edit: { deadline: null } });
    expect(task.wait(100).status).toBe('queued');
    task.do('edit', olga, { edit: { deadline: at(200) } });
    expect(task.wait(100).status).toBe('failed');
  });

  test('is not forgotten by an edit of something else', () => {
    const task = new PureTask({ deadline: at(60) }).do('edit', olga, { edit: { title: 'Count them' } });
    expect(task.wait(60).status).toBe('failed');
  });

  test('that has passed does not fail a task that people take up again', () => {
    const reopened = aTaskThatIs('done', { deadline: at(60), settleSeconds: 600 });
    expect(reopened.wait(120).do('reopen', olga).wait(1).status).toBe('queued');
    const resumed = aTaskThatIs('handoff', { deadline: at(60) });
    expect(resumed.wait(120).do('resume', olga).wait(1).status).toBe('queued');
  });
});

describe('what comes next', () => {
  const next = (task: PureTask) => dues(task.task).map(({ what, at: when }) => [what, when]);

  test('is nothing, for a task that waits without a deadline', () => {
    expect(next(new PureTask())).toEqual([]);
  });

  test('is the soonest thing first', () => {
    const task = aTaskThatIs('running', { deadline: at(900), progressTimeoutSeconds: 600 });
    expect(next(task)).toEqual([['stalled', at(600)]]);
    task.do('mark_failed', ada, { reasonCode: 'agent_exited' });
    expect(next(task)).toEqual([
      ['backoff_over', at(10)],
      ['deadline_passed', at(900)],
    ]);
  });

  test('moves with every checkpoint', () => {
    const task = aTaskThatIs('running');
    task.wait(100).do('report_progress', ada);
    expect(next(task)).toEqual([['stalled', at(700)]]);
  });

  test('happens all at once, in order, after a long sleep', () => {
    const task = aTaskThatIs('running', { deadline: at(700), progressTimeoutSeconds: 60 }).wait(10_000);
    expect(task.task).toMatchObject({
      status: 'failed',
      endedRuns: [{ end: 'stalled' }],
      failure: { reasonCode: 'deadline_passed' },
    });
  });
});
