import { describe, expect, test } from 'vitest';
import type { Definition } from '../../workflows/definition.ts';
import { LIMITS } from '../../workflows/limits.ts';
import type { TreeNode } from '../../workflows/tree.ts';
import { PureTask, aTaskThatIs, ada, bob, olga, rita } from '../support/task-fixture.ts';

const part = (id: string, also: Partial<TreeNode> = {}): TreeNode => ({
  id,
  definition: { title: `Part ${id}` },
  ...also,
});

/** A parent that an agent is to work on, with three parts. */
const parent = (definition: Partial<Definition> = {}) =>
  new PureTask(
    { queue: 'soup', mode: 'sequence', ...definition },
    { children: ['a', 'b', 'c'].map((id) => part(id)) },
  );
const children = (task: PureTask) =>
  task.task.children.map(({ id, status, blockedBy }) => [id, status, ...(blockedBy ? [blockedBy] : [])]);

describe('a new sub-task', () => {
  const create = (task: PureTask, child: TreeNode, actor = olga) =>
    task.send('create_subtask', actor, { child });

  test('comes last, and waits for the step before it', () => {
    const task = parent();
    expect(create(task, part('d'))).toBe('accepted');
    expect(children(task).at(-1)).toEqual(['d', 'open', 'c']);
    expect(task.task.children.at(-1)).toMatchObject({ title: 'Part d', order: 4, isStep: true });
  });

  test('may be put before others, which wait for it from then on', () => {
    const task = new PureTask({ mode: 'sequence' }, { children: [part('a', { order: 5 })] });
    create(task, part('first', { order: 2 }));
    expect(children(task)).toEqual([
      ['a', 'open', 'first'],
      ['first', 'open'],
    ]);
  });

  test('is no change of the parent that others must know of: its version stays', () => {
    const task = parent();
    create(task, part('d'));
    expect(task.task.version).toBe(1);
  });

  test('may be asked for by any agent, held or not', () => {
    expect(create(parent(), part('d'), bob)).toBe('accepted');
    expect(create(aTaskThatIs('running'), part('d'), ada)).toBe('accepted');
    expect(create(aTaskThatIs('handoff'), part('d'), ada)).toBe('accepted');
  });

  test.each(['review', 'done', 'failed', 'cancelled'] as const)(
    'comes too late when the task is %s',
    (status) => {
      const task = aTaskThatIs(status, { settleSeconds: 60 });
      expect(create(task, part('d'))).toMatchObject({ type: 'transition_not_allowed' });
    },
  );

  test('can not have the order of another', () => {
    expect(create(parent(), part('d', { order: 2 }))).toMatchObject({
      type: 'order_taken',
      detail: expect.stringContaining('b'),
    });
  });

  test('that is there already, asked for under another key, changes nothing', () => {
    const task = parent();
    expect(create(task, part('b', { order: 2 }))).toBe('accepted');
    expect(children(task)).toEqual(children(parent()));
  });

  test('does not make the tree too deep', () => {
    const below = (depth: number) => new PureTask({}, { parent: { id: 'above', depth } });
    const deep = part('d', { children: [part('e')] });
    expect(create(below(LIMITS.treeDepth - 3), deep)).toBe('accepted');
    expect(create(below(LIMITS.treeDepth - 2), deep)).toMatchObject({ type: 'tree_too_large' });
    expect(create(below(LIMITS.treeDepth - 2), part('d'))).toBe('accepted');
    expect(create(below(LIMITS.treeDepth - 1), part('d'))).toMatchObject({ type: 'tree_too_large' });
  });

  test('does not make the family too large', () => {
    const many = Array.from({ length: LIMITS.treeNodes - 2 }, (_, i) => part(`n-${i}`));
    const task = new PureTask({}, { children: many });
    expect(create(task, part('d', { children: [part('e'), part('f')] }))).toMatchObject({
      type: 'tree_too_large',
    });
    expect(create(task, part('d', { children: [part('e')] }))).toBe('accepted');
    expect(create(task, part('g'))).toBe('accepted');
    expect(create(task, part('h'))).toMatchObject({ type: 'tree_too_large' });
  });
});

describe('news of a sub-task', () => {
  test('opens the next gate when it is done, not before', () => {
    const task = parent();
    task.hear({ child: 'a', status: 'review' });
    expect(children(task)).toEqual(children(parent()));
    task.hear({ child: 'a', status: 'done' });
    expect(children(task)).toEqual([
      ['a', 'done'],
      ['b', 'open'],
      ['c', 'open', 'b'],
    ]);
  });

  test('comes as a message as well, and is the same', () => {
    const task = parent().do('child_closed', olga, { child: 'a', status: 'done' });
    expect(children(task)).toEqual(children(parent().hear({ child: 'a', status: 'done' })));
  });

  test('that is old changes nothing, and neither does that of a stranger', () => {
    const task = parent().hear({ child: 'a', status: 'done' });
    const { task: before } = task;
    expect(task.hear({ child: 'a', status: 'done' }).task).toBe(before);
    expect(task.hear({ child: 'stranger', status: 'failed' }).task).toBe(before);
  });

  test('comes too late when its workflow has closed: that was its last word', () => {
    const task = parent().hearOfEnd({ child: 'a', status: 'cancelled' });
    expect(children(task)[1]).toEqual(['b', 'open']);
    const { task: before } = task;
    expect(task.hear({ child: 'a', status: 'queued' }).task).toBe(before);
    const told = parent().hear({ child: 'a', status: 'done' }).hearOfEnd({ child: 'a', status: 'done' });
    expect(children(told.hear({ child: 'a', status: 'queued' }))[0]).toEqual(['a', 'done']);
  });

  test('does not raise the version', () => {
    expect(parent().hear({ child: 'a', status: 'done' }).task.version).toBe(1);
  });

  test('closes the gates again when one is taken up again', () => {
    const task = parent().hear({ child: 'a', status: 'done' }).hear({ child: 'a', status: 'queued' });
    expect(children(task)).toEqual(children(parent()));
  });

  test('lets another take the place of one whose reviewer asked for changes', () => {
    const task = parent().hear({ child: 'a', status: 'failed', followedBy: 'a-again' });
    expect(children(task)).toEqual([
      ['a-again', 'open'],
      ['b', 'open', 'a-again'],
      ['c', 'open', 'b'],
    ]);
    expect(task.task.children[0]).toMatchObject({ title: 'Part a', order: 1, isStep: true });
    expect(children(task.hear({ child: 'a', status: 'failed' }))[0]).toEqual(['a-again', 'open']);
    expect(children(task.hear({ child: 'a-again', status: 'done' }))[1]).toEqual(['b', 'open']);
  });

  test('has to be looked for where no promise brings it: of one that was started by another', () => {
    const task = parent().hear({ child: 'a', status: 'failed', followedBy: 'a-again' });
    const looks: string[] = [];
    const look = () => task.wait(300, (what) => looks.push(what));
    look();
    look();
    expect(looks).toEqual(['look_at_children', 'look_at_children']);
    task.hear({ child: 'a-again', status: 'done' });
    look();
    expect(task.task.lookAt).toBeUndefined();
  });

  test('is heard while the task is being cancelled', () => {
    const task = parent({ cancelGraceSeconds: 60 }).do('claim', ada).cancel();
    task.do('child_closed', olga, { child: 'a', status: 'cancelled' });
    expect(children(task)[0]).toEqual(['a', 'cancelled']);
  });

  test('opens and closes nothing more once the task has ended', () => {
    const task = parent({ settleSeconds: 60 }).cancel();
    task.hear({ child: 'b', status: 'cancelled' }).hear({ child: 'b', status: 'queued' });
    expect(children(task)[1]).toEqual(['b', 'open']);
  });
});

describe('a sub-task that fails', () => {
  const failed = (onChildFailure?: Definition['onChildFailure'], also: Partial<Definition> = {}) =>
    parent({ ...(onChildFailure && { onChildFailure }), ...also });

  test('holds the next steps up until a person decides', () => {
    for (const policy of [undefined, 'hold'] as const) {
      const task = failed(policy).hear({ child: 'a', status: 'failed' });
      expect(children(task)[1]).toEqual(['b', 'open', 'a']);
      expect(task.status).toBe('queued');
    }
  });

  test('lets the next steps go on if the parent says so', () => {
    const task = failed('continue').hear({ child: 'a', status: 'failed' });
    expect(children(task)[1]).toEqual(['b', 'open']);
  });

  test.each(['queued', 'assigned', 'running', 'handoff'] as const)(
    'fails a parent that says so, though it is %s',
    (status) => {
      const task = failed('fail');
      if (status !== 'queued') task.do('claim', ada);
      if (status === 'running') task.do('report_progress', ada);
      if (status === 'handoff') task.do('hand_off', ada);
      task.hear({ child: 'a', status: 'failed' });
      expect(task.task).toMatchObject({
        status: 'failed',
        failure: { reasonCode: 'child_failed', message: 'Sub-task Part a failed.' },
      });
      expect(task.task.run).toBeUndefined();
      if (status === 'running')
        expect(task.task.endedRuns).toMatchObject([{ end: 'failed', reasonCode: 'child_failed' }]);
    },
  );

  test('is no failure of the parent while another one takes its place', () => {
    const task = failed('fail').hear({ child: 'a', status: 'failed', followedBy: 'a-again' });
    expect(task.status).toBe('queued');
  });

  test('makes no failure of a parent that is being cancelled', () => {
    const task = failed('fail', { cancelGraceSeconds: 60 }).do('claim', ada).cancel();
    expect(task.hear({ child: 'a', status: 'failed' }).status).toBe('assigned');
    expect(task.do('release', ada).status).toBe('cancelled');
  });
});

describe('what a person does about a sub-task that failed', () => {
  const held = () => parent().hear({ child: 'a', status: 'failed' });
  const skip = (task: PureTask, child: string, actor = olga) => task.send('skip_child', actor, { child });
  const again = part('a2', { follows: { task: 'a', by: olga, comment: 'Try again.' } });
  const retry = (task: PureTask, replaces: string, actor = olga) =>
    task.send('create_subtask', actor, { child: again, replaces });

  test('to skip it lets the next steps go on; what it does later is no news', () => {
    const task = held();
    expect(skip(task, 'a')).toBe('accepted');
    expect(children(task).slice(0, 2)).toEqual([
      ['a', 'skipped'],
      ['b', 'open'],
    ]);
    expect(children(task.hear({ child: 'a', status: 'queued' }))[0]).toEqual(['a', 'skipped']);
  });

  test('to retry it puts a new one in its place, which the next step waits for', () => {
    const task = held();
    expect(retry(task, 'a')).toBe('accepted');
    expect(children(task).slice(0, 2)).toEqual([
      ['a2', 'open'],
      ['b', 'open', 'a2'],
    ]);
    expect(task.task.children[0]).toMatchObject({ order: 1, isStep: true });
    expect(retry(task, 'a'), 'asked for once more').toBe('accepted');
    expect(task.task.children).toHaveLength(3);
  });

  test.each([
    ['skip', skip],
    ['retry', retry],
  ] as const)('is up to people and to the agent that holds the parent: %s', (_what, act) => {
    expect(act(held(), 'a', rita)).toBe('accepted');
    expect(act(held(), 'a', bob)).toMatchObject({ type: 'forbidden' });
    expect(act(held().do('claim', ada), 'a', ada)).toBe('accepted');
    expect(act(held().do('claim', ada), 'a', bob)).toMatchObject({ type: 'forbidden' });
  });

  test.each([
    ['skip', skip],
    ['retry', retry],
  ] as const)('is for one that ended without being done: %s', (_what, act) => {
    const task = held().hear({ child: 'c', status: 'done' });
    expect(act(task, 'b')).toMatchObject({ type: 'transition_not_allowed', hint: 'Cancel it first.' });
    expect(act(task, 'c')).toMatchObject({ type: 'transition_not_allowed' });
    expect(act(task, 'stranger')).toMatchObject({ type: 'no_such_child' });
    expect(act(task.hear({ child: 'b', status: 'cancelled' }), 'b')).toBe('accepted');
  });
});
