import { describe, expect, test } from 'vitest';
import { mayNot } from '../../workflows/permissions.ts';
import type { Actor } from '../../workflows/actor.ts';
import { PureTask, aTaskThatIs, ada, bob, olga, rita } from '../support/task-fixture.ts';

describe('an edit', () => {
  test('changes what it names and nothing else', () => {
    const task = new PureTask({ description: 'all of them', labels: ['food'] });
    task.do('edit', olga, { edit: { title: 'Count the peas', priority: 1 } });
    expect(task.task.definition).toMatchObject({
      title: 'Count the peas',
      priority: 1,
      description: 'all of them',
      labels: ['food'],
    });
  });

  test('clears a field with null', () => {
    const task = new PureTask({ description: 'all of them', assignee: 'ada' });
    task.do('edit', olga, { edit: { description: null, assignee: null } });
    expect(task.task.definition).not.toHaveProperty('description');
    expect(task.send('claim', bob)).toBe('accepted');
  });

  test.each(['review', 'done', 'failed', 'cancelled'] as const)(
    'of a task that is %s is too late',
    (status) => {
      const task = aTaskThatIs(status);
      expect(task.send('edit', olga)).toMatchObject({ type: 'frozen', status });
      expect(task.send('comment', olga, { edit: { title: 'Sneaked in' } })).toMatchObject({ type: 'frozen' });
      expect(task.task.definition.title).toBe('Count the beans');
    },
  );

  test('of a version that is gone is refused with the current one', () => {
    const task = new PureTask().do('edit', olga, { ifVersion: 1 });
    expect(task.send('edit', rita, { ifVersion: 1 })).toMatchObject({ type: 'stale_version', version: 2 });
    expect(task.send('edit', rita, { ifVersion: 2 })).toBe('accepted');
  });

  test('of a held task is for people and its holder', () => {
    const held = () => aTaskThatIs('running');
    expect(held().send('edit', bob)).toMatchObject({ type: 'held', holder: 'ada' });
    expect(held().send('edit', ada)).toBe('accepted');
    expect(held().send('edit', rita)).toBe('accepted');
  });

  test('of a held task by another agent does not get in with a comment either', () => {
    const task = aTaskThatIs('running');
    expect(task.send('comment', bob, { edit: { title: 'Sneaked in' } })).toMatchObject({ type: 'held' });
    expect(task.task.definition.title).toBe('Count the beans');
  });

  test.each([
    ['review', { review: { policy: 'none' as const } }],
    ['budget', { budget: null }],
    ['maxAttempts', { maxAttempts: 50 }],
  ])('of %s, by which people keep control, is not for agents', (_field, edit) => {
    expect(aTaskThatIs('running').send('edit', ada, { edit })).toMatchObject({ type: 'forbidden' });
    expect(aTaskThatIs('running').send('report_progress', ada, { edit })).toMatchObject({
      type: 'forbidden',
    });
    expect(aTaskThatIs('running').send('edit', rita, { edit })).toBe('accepted');
  });

  test('of those fields is open to the agent that created the task', () => {
    const { task } = new PureTask();
    const message = { name: 'edit', edit: { maxAttempts: 5 } } as const;
    expect(mayNot({ ...task, createdBy: ada }, ada, message)).toBeUndefined();
    expect(mayNot({ ...task, createdBy: ada }, bob, message)).toMatchObject({ type: 'forbidden' });
  });
});

describe('what rides along with a message', () => {
  test('is applied together with it', () => {
    const task = aTaskThatIs('running').do('release', ada, {
      comment: 'too many beans',
      edit: { title: 'Count half of the beans' },
    });
    expect(task.task).toMatchObject({
      status: 'queued',
      definition: { title: 'Count half of the beans' },
      comments: [{ text: 'too many beans' }],
    });
  });

  test('is not applied when the message is refused', () => {
    const task = aTaskThatIs('running', { outputSchema: {} });
    const before = task.task;
    const outcome = task.send('mark_complete', ada, { comment: 'here', edit: { title: 'Sneaked in' } });
    expect(outcome).toMatchObject({ type: 'output_unchecked' });
    expect({ ...task.task, remembered: before.remembered }).toEqual(before);
  });
});

test('a task may be cancelled by people and by whoever created it', () => {
  const { task } = new PureTask();
  const cancel = (actor: Actor) => mayNot({ ...task, createdBy: bob }, actor, { name: 'cancel' });
  expect(cancel(ada)).toMatchObject({ type: 'forbidden' });
  expect([cancel(bob), cancel(rita), cancel(olga)]).toEqual([undefined, undefined, undefined]);
});
