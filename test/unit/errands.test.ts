import { describe, expect, test } from 'vitest';
import type { Definition } from '../../workflows/definition.ts';
import { errandsOf, firstErrands } from '../../workflows/errands.ts';
import type { Errand } from '../../workflows/errands.ts';
import { orphaned } from '../../workflows/rules/children.ts';
import type { TreeNode } from '../../workflows/tree.ts';
import { PureTask, ada, at, bob, olga, rita } from '../support/task-fixture.ts';
import type { Surroundings } from '../support/task-fixture.ts';

const part = (id: string, children?: TreeNode[]): TreeNode => ({
  id,
  definition: { title: `Part ${id}` },
  ...(children && { children }),
});

/** A sequence of two, and all the errands that it has run. */
function parent(definition: Partial<Definition> = {}, also: Surroundings = {}) {
  const errands: Errand[] = [];
  const task = new PureTask(
    { mode: 'sequence', queue: 'soup', project: 'dinner', ...definition },
    {
      children: [part('a'), part('b')],
      became: (before, after, message) => errands.push(...errandsOf(before, after, message)),
      ...also,
    },
  );
  return { task, errands, run: () => errands.splice(0) };
}

describe('a task that begins', () => {
  test('starts the sub-tasks that come with it, each with its gate and all that is below', () => {
    const nodes = [part('a', [part('a1')]), part('b')];
    const { task } = new PureTask({ mode: 'sequence', project: 'dinner' }, { children: nodes });
    expect(firstErrands(task, nodes)).toEqual([
      {
        do: 'start',
        id: 'a',
        input: {
          definition: { title: 'Part a', project: 'dinner' },
          company: 'acme',
          createdBy: olga,
          parent: { id: 'task-1', depth: 1, order: 1 },
          children: [part('a1')],
        },
      },
      {
        do: 'start',
        id: 'b',
        input: {
          definition: { title: 'Part b', project: 'dinner' },
          company: 'acme',
          createdBy: olga,
          parent: { id: 'task-1', depth: 1, order: 2 },
          gate: { blockedBy: 'a' },
        },
      },
    ]);
  });

  test('gives what they do not say themselves: project, goal and client, but nothing else', () => {
    const definition = { project: 'p', goal: 'g', client: 'c', queue: 'q', priority: 1 };
    const own = { id: 'b', definition: { title: 'b', project: 'own' } };
    const { task } = new PureTask(definition, { children: [part('a'), own] });
    expect(firstErrands(task, [part('a'), own])).toMatchObject([
      { input: { definition: { title: 'Part a', project: 'p', goal: 'g', client: 'c' } } },
      { input: { definition: { title: 'b', project: 'own', goal: 'g', client: 'c' } } },
    ]);
  });
});

describe('a parent', () => {
  test('starts a sub-task that is asked for, once, in the name of who asks', () => {
    const { task, run } = parent();
    task.do('create_subtask', bob, { child: part('c') });
    expect(run()).toMatchObject([
      { do: 'start', id: 'c', input: { createdBy: bob, gate: { blockedBy: 'b' }, parent: { order: 3 } } },
    ]);
    task.do('create_subtask', bob, { child: part('c') });
    expect(run()).toEqual([]);
  });

  test('tells the steps whose gates change, and only those', () => {
    const { task, run } = parent();
    task.hear({ child: 'a', status: 'done' });
    expect(run()).toEqual([{ do: 'tell', to: 'b', name: 'open_gate', content: {} }]);
    task.hear({ child: 'a', status: 'queued' });
    const closed = { do: 'tell', to: 'b', name: 'close_gate' };
    expect(run()).toEqual([{ ...closed, content: { blockedBy: 'a' } }]);
    task.hear({ child: 'a', status: 'failed', followedBy: 'a2' });
    expect(run()).toEqual([{ ...closed, content: { blockedBy: 'a2' } }]);
  });

  test('passes its own gate on', () => {
    const { task, run } = parent({}, { gate: { blockedBy: 'before' } });
    task.do('open_gate', olga);
    expect(run()).toMatchObject([
      { to: 'a', name: 'open_gate' },
      { to: 'b', name: 'close_gate', content: { blockedBy: 'a' } },
    ]);
  });

  test('tells the task that follows a step of a gate it can not know of', () => {
    const { task, run } = parent();
    task.do('create_subtask', olga, { child: { ...part('first'), order: 0 } });
    run();
    task.hear({ child: 'a', status: 'failed', followedBy: 'a2' });
    expect(run()).toMatchObject([
      { to: 'a2', name: 'close_gate', content: { blockedBy: 'first' } },
      { to: 'b', name: 'close_gate', content: { blockedBy: 'a2' } },
    ]);
  });

  test('that is cancelled cancels those of its sub-tasks that are open', () => {
    const { task, run } = parent();
    task.hear({ child: 'a', status: 'done' });
    run();
    task.cancel();
    expect(run()).toEqual([{ do: 'cancel', id: 'b' }]);
  });

  test('does so at once, whatever grace its own agent has, and only once', () => {
    const { task, run } = parent({ cancelGraceSeconds: 30 });
    task.do('claim', ada).cancel();
    expect(run()).toEqual([
      { do: 'cancel', id: 'a' },
      { do: 'cancel', id: 'b' },
    ]);
    task.wait(30);
    expect(run()).toEqual([]);
  });

  test('that is cancelled cancels also what came to follow a sub-task at that moment', () => {
    const { task, run } = parent({ settleSeconds: 60 });
    task.cancel();
    run();
    task.hear({ child: 'a', status: 'failed', followedBy: 'a2' });
    expect(run()).toEqual([{ do: 'cancel', id: 'a2' }]);
  });

  test('that fails cancels those that it held up, and leaves the others to go on', () => {
    const { task, run } = parent();
    task.do('claim', ada).do('mark_failed', ada);
    expect(run()).toEqual([{ do: 'cancel', id: 'b' }]);
  });

  test('looks after sub-tasks that it can not hear of, again and again', () => {
    const { task, run } = parent();
    task.task = orphaned(task.task, at(0));
    task.wait(299);
    expect(run()).toEqual([]);
    task.wait(1);
    expect(run()).toEqual([{ do: 'look', ids: ['a', 'b'] }]);
    task.hear({ child: 'a', status: 'done' });
    run();
    task.wait(300);
    expect(run()).toEqual([{ do: 'look', ids: ['b'] }]);
  });

  test('does not put its look off each time it continues as new', () => {
    const { task } = parent();
    const once = orphaned(task.task, at(0));
    expect(once.lookAt).toBe(at(300));
    expect(orphaned(once, at(200)).lookAt).toBe(at(300));
  });
});

describe('a sub-task', () => {
  const below = { children: [], parent: { id: 'above', depth: 1, order: 2 } };
  const told = (content: object) => [{ do: 'tell', to: 'above', name: 'child_closed', content }];

  test('tells its parent when it ends, and nothing else before', () => {
    const { task, run } = parent({}, below);
    task.do('claim', ada).do('report_progress', ada).do('mark_complete', ada);
    expect(run()).toEqual([]);
    task.do('approve', rita);
    expect(run()).toEqual(told({ child: 'task-1', status: 'done' }));
  });

  test('tells when it is taken up again, and ends again', () => {
    const { task, run } = parent({ settleSeconds: 60 }, below);
    task.cancel();
    run();
    task.do('reopen', olga, { to: 'handoff' });
    expect(run()).toEqual(told({ child: 'task-1', status: 'handoff' }));
    task.cancel();
    expect(run()).toEqual(told({ child: 'task-1', status: 'cancelled' }));
  });

  test('starts the one that follows it in its place, and then tells its parent', () => {
    const { task, run } = parent({}, below);
    task.do('claim', ada).do('mark_complete', ada).do('request_changes', rita);
    const followedBy = task.task.followedBy!;
    expect(run()).toMatchObject([
      { do: 'succeed', id: followedBy, heardBy: 'above', input: { parent: below.parent } },
      ...told({ child: 'task-1', status: 'failed', followedBy }),
    ]);
  });
});

test('a task by itself has no errands, except to start what follows it', () => {
  const { task, run } = parent({}, { children: [] });
  task.do('claim', ada).do('mark_complete', ada).do('request_changes', rita).cancel();
  expect(run()).toMatchObject([{ do: 'succeed', heardBy: undefined }]);
});
