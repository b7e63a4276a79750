/** Trees of tasks as the API takes them: it takes those that the workflow can read, and points at what is wrong. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CreateTask } from '../../api/schemas/create-task.ts';
import type { NewSubtask } from '../../api/schemas/create-task.ts';
import { faultOf, leavesOf, nodeOf, schemasOf } from '../../api/services/trees.ts';
import { LIMITS } from '../../workflows/limits.ts';
import { parse } from '../../workflows/parse.ts';
import { TaskInput, newTask } from '../../workflows/task-record.ts';
import type { TreeNode } from '../../workflows/tree.ts';

interface Body {
  title: string;
  order?: number;
  mode?: string;
  children?: Body[];
}

const { root, chain } = fc.letrec<{ root: Body; node: Body; chain: Body }>((tie) => ({
  root: fc.record(
    {
      title: fc.constant('root'),
      mode: fc.constantFrom('parallel', 'sequence'),
      children: fc.array(tie('node'), { maxLength: 8 }),
    },
    { requiredKeys: ['title'] },
  ),
  node: fc.record(
    {
      title: fc.constant('node'),
      order: fc.nat(20),
      mode: fc.constantFrom('parallel', 'sequence'),
      children: fc.oneof(
        { depthSize: 'small' },
        fc.constant<Body[]>([]),
        fc.array(tie('node'), { maxLength: 6 }),
      ),
    },
    { requiredKeys: ['title'] },
  ),
  chain: fc.integer({ min: LIMITS.treeDepth - 2, max: LIMITS.treeDepth + 2 }).map((levels) =>
    Array.from({ length: levels - 1 }).reduce<Body>((below) => ({ title: 'link', children: [below] }), {
      title: 'last',
    }),
  ),
}));

const all = (body: Body): Body[] => [body, ...(body.children ?? []).flatMap(all)];
const levels = ({ children = [] }: Body): number => 1 + Math.max(0, ...children.map(levels));
const hasTwins = ({ children = [] }: Body): boolean => {
  const orders = children.flatMap(({ order }) => order ?? []);
  return new Set(orders).size < orders.length;
};
const idsOf = ({ id, children = [] }: TreeNode): string[] => [id, ...children.flatMap(idsOf)];

/** What the root's workflow would be started with. */
const inputOf = (body: Body): unknown => {
  const { definition, children } = nodeOf('root-id', body as NewSubtask);
  return { definition, children, company: 'acme', createdBy: { id: 'olga', role: 'operator' } };
};

test('a tree is taken exactly when it is within bounds, and then the workflow can read it', () => {
  fc.assert(
    fc.property(fc.oneof({ weight: 9, arbitrary: root }, chain), (body) => {
      const isFine =
        levels(body) <= LIMITS.treeDepth && all(body).length <= LIMITS.treeNodes && !all(body).some(hasTwins);
      const checked = CreateTask.safeParse(body);
      expect(checked.success).toBe(isFine);
      expect(parse(TaskInput, JSON.parse(JSON.stringify(inputOf(body)))).ok).toBe(isFine);
    }),
  );
});

test('every task of a tree has an id of its own, the same whenever it is asked for again', () => {
  fc.assert(
    fc.property(root, (body) => {
      const node = nodeOf('root-id', body as NewSubtask);
      const ids = idsOf(node);
      expect(new Set(ids).size).toBe(all(body).length);
      expect(idsOf(nodeOf('root-id', body as NewSubtask))).toEqual(ids);
      expect(ids).toEqual(expect.arrayContaining(leavesOf([node])));
      expect(idsOf(nodeOf('other-id', body as NewSubtask)).filter((id) => ids.includes(id))).toEqual([]);
    }),
  );
});

test('those of a sequence have an order each, none twice, also where only some were given one', () => {
  fc.assert(
    fc.property(root, (body) => {
      const parsed = parse(TaskInput, inputOf({ ...body, mode: 'sequence' }));
      if (!parsed.ok) return;
      const { children } = newTask('root-id', parsed.value, '2030-01-01T00:00:00.000Z');
      const orders = children.map(({ order }) => order);
      expect(orders).not.toContain(undefined);
      expect(new Set(orders).size).toBe(children.length);
    }),
  );
});

test.each([
  ['/definition/title must not be empty', '/title'],
  ['/definition leaves no room for the work on it', '/'],
  ['/children/0/definition/title must not be empty', '/children/0/title'],
  ['/children/12/children/0/definition leaves no room', '/children/12/children/0'],
  ['/children/1/order must be a number from 0 to 1', '/children/1/order'],
  ['/child/definition/lease/seconds must be a number', '/lease/seconds'],
  ['/child/children/3/definition/title must not be empty', '/children/3/title'],
  ['/child must have at most 200 tasks', '/'],
  ['/children must not have an order twice', '/children'],
])('the fault %s is one at %s of the body', (fault, pointer) => {
  expect(faultOf(fault).pointer).toBe(pointer);
  expect(fault).toContain(faultOf(fault).detail);
});

test('the schemas of a tree are found wherever they are', () => {
  const a = { title: 'a', outputSchema: { type: 'number' } };
  const b = { title: 'b', outputSchema: { type: 'string' } };
  const tree = {
    title: 'c',
    children: [a, { ...b, children: [{ title: 'd' }, a] }],
  } as unknown as NewSubtask;
  expect(schemasOf(tree)).toEqual([
    { pointer: '/children/0/outputSchema', schema: { type: 'number' } },
    { pointer: '/children/1/outputSchema', schema: { type: 'string' } },
    { pointer: '/children/1/children/1/outputSchema', schema: { type: 'number' } },
  ]);
});
