import { describe, expect, test } from 'vitest';
import type { Definition } from '../../workflows/definition.ts';
import { LIMITS } from '../../workflows/limits.ts';
import { PureTask, ada, at, bob, olga, rita } from '../support/task-fixture.ts';
import type { Surroundings } from '../support/task-fixture.ts';

const part = (id: string) => ({ id, definition: { title: `Part ${id}` } });

/** A task that nobody works on, with two parts. */
const container = (definition: Partial<Definition> = {}, also: Surroundings = {}) =>
  new PureTask(definition, { children: [part('a'), part('b')], ...also });
const finish = (task: PureTask, ...ids: string[]) => {
  for (const child of ids) task.hear({ child, status: 'done' });
  return task;
};

describe('a task that comes with its sub-tasks and that no agent is asked to do', () => {
  test('goes to review once they are done, in the name of nobody in particular', () => {
    const task = finish(container(), 'a');
    expect(task.status).toBe('queued');
    finish(task, 'b');
    expect(task.task).toMatchObject({
      status: 'review',
      submission: {
        agent: 'baton:tree',
        reasoning: 'All sub-tasks are done.',
        output: {
          children: [
            { id: 'a', title: 'Part a', status: 'done' },
            { id: 'b', title: 'Part b', status: 'done' },
          ],
        },
      },
    });
    expect(task.do('approve', rita).status).toBe('done');
  });

  test('is done at once when nobody is to review it', () => {
    expect(finish(container({ review: { policy: 'none' } }), 'a', 'b').status).toBe('done');
  });

  test('does not wait for those that were cancelled or skipped, but for those that failed', () => {
    const task = container().hear({ child: 'a', status: 'cancelled' }).hear({ child: 'b', status: 'failed' });
    expect(task.status).toBe('queued');
    expect(task.do('skip_child', olga, { child: 'b' }).status).toBe('review');
  });

  test('goes on without those that failed if it says so', () => {
    const task = container({ onChildFailure: 'continue' }).hear({ child: 'a', status: 'failed' });
    expect(finish(task, 'b').status).toBe('review');
  });

  test('fails with the first that does if it says so', () => {
    const task = container({ onChildFailure: 'fail' }).hear({ child: 'a', status: 'failed' });
    expect(task.task).toMatchObject({ status: 'failed', failure: { reasonCode: 'child_failed' } });
  });

  test('can not be claimed', () => {
    for (const actor of [ada, olga]) {
      expect(container().send('claim', actor)).toMatchObject({
        type: 'transition_not_allowed',
        hint: 'Take one of its sub-tasks.',
      });
    }
  });

  test('waits for its gate too', () => {
    const task = container({}, { gate: { blockedBy: 'before' } });
    task.hear({ child: 'a', status: 'cancelled' }).hear({ child: 'b', status: 'cancelled' });
    expect(task.status).toBe('queued');
    expect(task.do('open_gate', olga).status).toBe('review');
  });

  test('is a task like any other as soon as somebody is to do it', () => {
    const task = finish(container().do('edit', olga, { edit: { assignee: 'ada' } }), 'a', 'b');
    expect(task.status).toBe('queued');
    expect(task.do('claim', ada).do('mark_complete', ada).status).toBe('review');
  });

  test('is done when nobody is to do it any more, if its sub-tasks are', () => {
    const task = finish(container().do('edit', olga, { edit: { assignee: 'ada' } }), 'a', 'b');
    expect(task.do('edit', olga, { edit: { assignee: null } }).status).toBe('review');
  });

  test('is done when it is resumed, if its sub-tasks were done meanwhile', () => {
    const task = finish(container().do('hand_off', olga), 'a', 'b');
    expect(task.status).toBe('handoff');
    expect(task.do('resume', olga).status).toBe('review');
  });
});

describe('a container that is sent back', () => {
  test.each([
    [
      'by its reviewer',
      () => finish(container(), 'a', 'b').do('request_changes', rita, { rework: 'same_task' }),
    ],
    [
      'by reopening',
      () =>
        finish(container({ settleSeconds: 60 }), 'a', 'b')
          .do('approve', rita)
          .do('reopen', olga),
    ],
  ])('waits for a further sub-task: %s', (_how, sentBack) => {
    const task = sentBack();
    expect(task.task).toMatchObject({ status: 'queued' });
    expect(task.task.definition.assignee).toBeUndefined();
    task.do('comment', olga);
    expect(task.status).toBe('queued');
    task.do('create_subtask', bob, { child: part('c') });
    expect(finish(task, 'c').status).toBe('review');
    expect(task.task.submission?.output).toMatchObject({ children: [{}, {}, { id: 'c' }] });
  });

  test('is the same one even where others are followed by a new task, which would have no sub-tasks', () => {
    const { task } = finish(container(), 'a', 'b').do('request_changes', rita);
    expect(task).toMatchObject({ status: 'queued', children: [{ id: 'a' }, { id: 'b' }] });
    expect(task.followedBy).toBeUndefined();
  });
});

test('a container does not fail at its deadline while its sub-tasks go on', () => {
  const task = container({ deadline: at(10) }).wait(20);
  expect(task.status).toBe('queued');
  expect(finish(task, 'a', 'b').status).toBe('review');
});

test('a container that an agent held for a while completes once that agent is gone', () => {
  const task = container()
    .do('edit', olga, { edit: { queue: 'soup' } })
    .do('claim', ada);
  finish(task, 'a', 'b').do('edit', olga, { edit: { queue: null } });
  expect(task.loseLease().status).toBe('review');
});

test('news of sub-tasks does not push out what callers sent', () => {
  const task = container().do('comment', olga, { messageId: 'said' });
  for (let i = 0; i < LIMITS.rememberedMessages + 1; i += 1)
    task.do('child_closed', olga, { child: 'a', status: i % 2 ? 'queued' : 'cancelled' });
  expect(task.task.remembered).toMatchObject([{ id: 'said' }]);
});

describe('a task that is given its sub-tasks one by one', () => {
  test('waits for an agent, unless it is to complete by itself', () => {
    const given = (definition: Partial<Definition>) => {
      const task = new PureTask(definition).do('create_subtask', olga, { child: part('a') });
      return finish(task, 'a').status;
    };
    expect(given({})).toBe('queued');
    expect(given({ autoComplete: true })).toBe('review');
    expect(given({ autoComplete: true, queue: 'soup' })).toBe('queued');
  });

  test('does not complete before there is any', () => {
    const task = new PureTask({ autoComplete: true }).do('comment', olga).wait(10_000);
    expect(task.status).toBe('queued');
  });
});
