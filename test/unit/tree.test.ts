import { describe, expect, test } from 'vitest';
import { LIMITS } from '../../workflows/limits.ts';
import { MESSAGES } from '../../workflows/messages.ts';
import { parse } from '../../workflows/parse.ts';
import { TaskInput } from '../../workflows/task-record.ts';
import {
  Subtree,
  TreeNode,
  childOf,
  countNodes,
  firstChildren,
  gated,
  inOrder,
  isOutOfTheWay,
  levelsOf,
} from '../../workflows/tree.ts';
import type { Child } from '../../workflows/tree.ts';
import { olga } from '../support/task-fixture.ts';

const node = (id: string, children: TreeNode[] = [], order?: number): TreeNode => ({
  id,
  definition: { title: id },
  ...(order !== undefined && { order }),
  ...(children.length > 0 && { children }),
});
const many = (count: number) => Array.from({ length: count }, (_, i) => node(`n-${i}`));
/** One task below the other, so many levels deep. */
const chain = (levels: number): TreeNode => node(`level-${levels}`, levels > 1 ? [chain(levels - 1)] : []);

const fault = (parsed: ReturnType<typeof parse>) => (parsed.ok ? undefined : parsed.fault);
const faultOf = (tree: unknown) => fault(parse(TreeNode, tree));
const faultBelow = (children: unknown) =>
  fault(parse(TaskInput, { definition: { title: 'T' }, company: 'acme', createdBy: olga, children }));

describe('a tree as it is asked for', () => {
  test('may be nested, and is read as it is', () => {
    const tree = node('a', [node('b', [node('c'), node('d')], 2), node('e', [], 1)]);
    expect(parse(TreeNode, tree)).toEqual({ ok: true, value: tree });
    expect(parse(Subtree, [tree])).toEqual({ ok: true, value: [tree] });
    expect([countNodes([tree]), levelsOf([tree])]).toEqual([5, 3]);
  });

  test('leaves out what it does not know, at every level', () => {
    const strange = { ...node('a'), children: [{ ...node('b'), colour: 'red' }], colour: 'red' };
    expect(parse(TreeNode, strange)).toEqual({ ok: true, value: node('a', [node('b')]) });
  });

  test.each([
    ['/definition/title must be a string', { id: 'a', definition: {} }],
    ['/children/1/id must be a string', node('a', [node('b'), { ...node('c'), id: 7 as never }])],
    [
      '/children/0/children/0/definition/priority must be a number from 1 to 5',
      node('a', [node('b', [{ id: 'c', definition: { title: 'c', priority: 9 } }])]),
    ],
    ['/children must be a list', { ...node('a'), children: 'b' }],
    ['/order must be a whole number', { ...node('a'), order: 1.5 }],
    ['/follows/task must be a string', { ...node('a'), follows: { by: olga, comment: 'again' } }],
    ['/children must not have an order twice', node('a', [node('b', [], 1), node('c', [], 1)])],
    [
      '/children/0/children must not have an order twice',
      node('a', [node('b', [node('c', [], 4), node('d', [], 4)])]),
    ],
    ['must be an object', null],
  ])('is refused with the place that is wrong: %s', (words, tree) => {
    expect(faultOf(tree)).toBe(words);
  });

  test('says so by a pointer into the message too', () => {
    const message = { messageId: 'm', actor: olga, child: node('a', [{ ...node('b'), id: '' }]) };
    expect(fault(parse<object>(MESSAGES.create_subtask, message))).toBe(
      '/child/children/0/id must not be empty',
    );
    expect(faultBelow([node('a'), { ...node('b'), order: -1 }])).toMatch(/^\/children\/1\/order must be/);
    expect(faultBelow([node('a', [], 1), node('b', [], 1)])).toBe('/children must not have an order twice');
  });

  test('has at most so many levels, those above it included', () => {
    expect(faultOf(chain(LIMITS.treeDepth))).toBeUndefined();
    expect(faultOf(chain(LIMITS.treeDepth + 1))).toMatch(/(\/children\/0)+ must have at most 10 levels/);
    // The task that it comes with is a level of its own.
    expect(faultBelow([chain(LIMITS.treeDepth - 1)])).toBeUndefined();
    expect(faultBelow([chain(LIMITS.treeDepth)])).toMatch(/must have at most 10 levels/);
  });

  test('has at most so many tasks, whatever its shape', () => {
    const wide = (count: number) => [node('a', many(count / 2)), node('b', many(count / 2 - 3))];
    expect(faultOf(node('root', many(LIMITS.treeNodes - 1)))).toBeUndefined();
    expect(faultOf(node('root', many(LIMITS.treeNodes)))).toBe('must have at most 200 tasks');
    expect(faultOf(node('root', wide(LIMITS.treeNodes)))).toBeUndefined();
    expect(faultOf(node('root', wide(LIMITS.treeNodes + 2)))).toBe('must have at most 200 tasks');
    expect(faultBelow(many(LIMITS.treeNodes - 1))).toBeUndefined();
    expect(faultBelow(many(LIMITS.treeNodes))).toBe('/children must have at most 200 tasks');
  });

  test('is refused quickly however deep or wide it is', () => {
    let deep: object = {};
    for (let i = 0; i < 5_000; i += 1) deep = { id: 'x', definition: { title: 'x' }, children: [deep] };
    expect(faultOf(deep)).toMatch(/must have at most 10 levels/);
    expect(faultOf(node('root', many(100_000)))).toBe('/children must have at most 200 items');
  });
});

describe('the place of a sub-task among its siblings', () => {
  const orders = (children: Child[]) => children.map(({ order }) => order);

  test('in a sequence is the one it asks for, else the last', () => {
    expect(orders(firstChildren(many(3), 'sequence'))).toEqual([1, 2, 3]);
    const mixed = [node('a'), node('b', [], 7), node('c', [], 1), node('d')];
    expect(orders(firstChildren(mixed, 'sequence'))).toEqual([8, 7, 1, 9]);
    expect(childOf(node('late'), firstChildren(mixed, 'sequence'), 'sequence')).toMatchObject({
      order: 10,
      isStep: true,
    });
  });

  test('is no matter where they run side by side, unless somebody wants it shown', () => {
    for (const mode of ['parallel', undefined] as const) {
      const children = firstChildren([node('a'), node('b', [], 2)], mode);
      expect(orders(children)).toEqual([undefined, 2]);
      expect(children.filter(({ isStep }) => isStep)).toEqual([]);
    }
  });

  test('is shown in order, those without one last', () => {
    const children = firstChildren([node('a'), node('b', [], 2), node('c'), node('d', [], 1)], 'parallel');
    expect(inOrder(children).map(({ id }) => id)).toEqual(['d', 'b', 'a', 'c']);
  });
});

describe('the gates', () => {
  const definition = { title: 'T', mode: 'sequence' } as const;
  const steps = (...statuses: Child['status'][]): Child[] =>
    firstChildren(many(statuses.length), 'sequence').map((child, i) => ({ ...child, status: statuses[i]! }));
  const gatesOf = (children: Child[], also: object = {}) =>
    gated({ children, definition: { ...definition, ...also } }).map(({ blockedBy }) => blockedBy);

  test('of a sequence are closed by the step before', () => {
    expect(gatesOf(steps('open', 'open', 'open'))).toEqual([undefined, 'n-0', 'n-1']);
  });

  test.each(['done', 'cancelled', 'skipped'] as const)('open once the step before is %s', (status) => {
    expect(gatesOf(steps(status, 'open', 'open'))).toEqual([undefined, undefined, 'n-1']);
    expect(gatesOf(steps('open', status, 'open'))).toEqual([undefined, undefined, 'n-0']);
  });

  test('stay closed behind a step that failed, unless the parent goes on without it', () => {
    expect(gatesOf(steps('failed', 'open'))).toEqual([undefined, 'n-0']);
    expect(gatesOf(steps('failed', 'open'), { onChildFailure: 'fail' })).toEqual([undefined, 'n-0']);
    expect(gatesOf(steps('failed', 'open'), { onChildFailure: 'continue' })).toEqual([undefined, undefined]);
  });

  test('go by the order, not by who came first', () => {
    const children = firstChildren([node('a', [], 3), node('b', [], 1), node('c', [], 2)], 'sequence');
    expect(gatesOf(children)).toEqual(['c', undefined, 'b']);
  });

  test('of tasks side by side are open', () => {
    expect(gatesOf(firstChildren(many(3), 'parallel'))).toEqual([undefined, undefined, undefined]);
  });

  test('are all closed while that of the parent is, by the same task', () => {
    const children = steps('done', 'open', 'open');
    const closed = gated({ children, definition, gate: { blockedBy: 'uncle' } });
    expect(closed.map(({ blockedBy }) => blockedBy)).toEqual([undefined, 'uncle', 'uncle']);
    expect(gatesOf(closed)).toEqual([undefined, undefined, 'n-1']);
  });

  test('are in the way of nobody once the step has ended well, or is done without', () => {
    const outOfTheWay = (status: Child['status'], also: object = {}) =>
      isOutOfTheWay(steps(status)[0]!, { title: 'T', ...also });
    expect(outOfTheWay('open', { onChildFailure: 'continue' })).toBe(false);
    expect(outOfTheWay('failed')).toBe(false);
    expect(outOfTheWay('failed', { onChildFailure: 'hold' })).toBe(false);
    expect(outOfTheWay('failed', { onChildFailure: 'continue' })).toBe(true);
    for (const status of ['done', 'cancelled', 'skipped'] as const) expect(outOfTheWay(status)).toBe(true);
  });
});
