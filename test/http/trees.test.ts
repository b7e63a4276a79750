/** Whole trees of tasks in one call: all or nothing, the same again for the same key, and within bounds. */
import { describe, expect, test } from 'vitest';
import { LIMITS } from '../../workflows/limits.ts';
import { useApi } from '../support/api-under-test.ts';
import type { Json } from '../support/caller.ts';
import { eventually } from '../support/caller.ts';
import { plant, step } from '../support/trees.ts';

const api = useApi();
const { alice, bob, olga } = api;

const idsIn = async (id: string): Promise<string[]> => {
  const { children } = await olga.read(id);
  const below = await Promise.all(children.map((child: Json) => idsIn(child.id)));
  return [id, ...below.flat()];
};

/** A chain of so many levels. */
const chain = (levels: number): object =>
  levels === 1 ? step('the last') : { title: `${levels} to go`, children: [chain(levels - 1)] };
const many = (count: number) => Array.from({ length: count }, (_, i) => step(`leaf ${i}`));

test('every task of a tree is there when it is answered, with what it was told, in its place', async () => {
  const created = await olga.post('/v1/tasks', {
    title: 'Soup',
    project: 'kitchen',
    mode: 'sequence',
    onChildFailure: 'continue',
    children: [
      { title: 'Shop', labels: ['outside'], children: [{ title: 'Beans', priority: 1 }, { title: 'Peas' }] },
      { title: 'Cook', assignee: 'bob', project: 'stove', outputSchema: { type: 'number' } },
    ],
  });
  expect(created.status).toBe(201);
  const { id, children } = created.body;
  expect(created.body).toMatchObject({
    mode: 'sequence',
    onChildFailure: 'continue',
    autoComplete: true,
    parent: null,
    gate: null,
    children: [
      { title: 'Shop', order: 1, status: 'queued' },
      { title: 'Cook', order: 2, status: 'queued', blockedBy: children[0].id },
    ],
    links: { subtasks: `/v1/tasks/${id}/subtasks` },
  });
  const [shop, cook] = await Promise.all(children.map((child: Json) => olga.read(child.id)));
  expect(shop).toMatchObject({
    title: 'Shop',
    labels: ['outside'],
    project: 'kitchen',
    createdBy: { id: 'olga' },
    parent: { id, order: 1 },
    children: [{ title: 'Beans' }, { title: 'Peas' }],
  });
  expect(cook).toMatchObject({
    assignee: 'bob',
    project: 'stove',
    outputSchema: { type: 'number' },
    gate: { blockedBy: shop.id },
    links: { parent: `/v1/tasks/${id}` },
  });
  expect(cook).not.toHaveProperty('autoComplete');
  const beans = await olga.read(shop.children[0].id);
  expect(beans).toMatchObject({ priority: 1, parent: { id: shop.id }, gate: null });
  expect(beans.parent).not.toHaveProperty('order');
});

test('sub-tasks are listed by their parent, with their place', async () => {
  const { id, children } = await plant(olga, {
    children: [step('A', { order: 2 }), step('B', { order: 1 })],
  });
  expect(children.map(({ title }: Json) => title)).toEqual(['B', 'A']);
  const { items } = await eventually(
    async () => (await bob.get(`/v1/tasks?parent=${id}`)).body,
    (page) => page.items.length === 2,
  );
  expect(Object.fromEntries(items.map((row: Json) => [row.title, row]))).toMatchObject({
    A: { parent: id, order: 2, links: { parent: `/v1/tasks/${id}` } },
    B: { parent: id, order: 1 },
  });
  expect((await bob.get(`/v1/tasks?parent=${id}&status=done`)).body.items).toEqual([]);
});

test('the same key and body again answer the same tree, at once or later; another body is refused', async () => {
  const headers = { 'idempotency-key': crypto.randomUUID() };
  const body = { title: 'Epic', children: [step('A'), { title: 'B', children: many(3) }] };
  const answers = await Promise.all([1, 2, 3].map(() => olga.post('/v1/tasks', body, headers)));
  expect(answers.map(({ status }) => status)).toEqual([201, 201, 201]);
  const trees = await Promise.all(answers.map((answer) => idsIn(answer.body.id)));
  expect(trees[0]).toHaveLength(6);
  expect(trees[1]).toEqual(trees[0]);
  expect(trees[2]).toEqual(trees[0]);
  const other = { ...body, children: [step('A'), { title: 'B', children: many(4) }] };
  expect(await olga.post('/v1/tasks', other, headers)).toMatchObject({
    status: 422,
    body: { type: '/problems/idempotency_key_reused' },
  });
  expect(await idsIn(trees[0]![0]!)).toEqual(trees[0]);
  // Another's key is another key.
  expect((await alice.post('/v1/tasks', other, headers)).status).toBe(201);
});

test('a tree may have as many levels and tasks as it says', async () => {
  const { id } = await olga.must(olga.post('/v1/tasks', chain(LIMITS.treeDepth)));
  expect(await idsIn(id)).toHaveLength(LIMITS.treeDepth);
  const wide = await olga.must(
    olga.post('/v1/tasks', { title: 'wide', children: many(LIMITS.treeNodes - 1) }),
  );
  expect(await idsIn(wide.id)).toHaveLength(LIMITS.treeNodes);
  // Neither can grow below its limit any more.
  expect(
    await olga.post(`/v1/tasks/${wide.id}/subtasks`, { title: 'pair', children: [step('one more')] }),
  ).toMatchObject({
    status: 422,
    body: { type: '/problems/tree_too_large' },
  });
  const [, lowest] = (await idsIn(id)).toReversed();
  expect(
    await olga.post(`/v1/tasks/${lowest}/subtasks`, { title: 'a', children: [step('too deep')] }),
  ).toMatchObject({
    status: 422,
    body: { type: '/problems/tree_too_large' },
  });
});

const schema = { outputSchema: { type: 'no such type' } };
const deepest = '/children/0'.repeat(LIMITS.treeDepth - 1);

describe('a tree is refused as a whole', () => {
  test.each<[string, object, string[]]>([
    [
      'a title',
      { children: [step('A'), { title: 'B', children: [{ title: 7 }] }] },
      ['/children/1/children/0/title'],
    ],
    [
      'a schema',
      { children: [step('A'), { title: 'B', children: [step('C', schema)] }] },
      ['/children/1/children/0/outputSchema'],
    ],
    ['its own schema', { ...schema, children: [step('A')] }, ['/outputSchema']],
    [
      'an order twice',
      { children: [step('A', { order: 4 }), step('B'), step('C', { order: 4 })] },
      ['/children/2/order'],
    ],
    [
      'an order twice below',
      { children: [{ title: 'A', children: [step('B', { order: 0 }), step('C', { order: 0 })] }] },
      ['/children/0/children/1/order'],
    ],
    ['an order out of range', { children: [step('A', { order: -1 })] }, ['/children/0/order']],
    ['an order without a parent', { order: 1 }, ['/order']],
    ['one level too many', { children: [chain(LIMITS.treeDepth)] }, [`${deepest}/children`]],
    ['one task too many', { children: many(LIMITS.treeNodes) }, ['/children']],
    ['children that are no list', { children: { title: 'A' } }, ['/children']],
    ['a child that is no task', { children: [step('A'), 'B'] }, ['/children/1']],
    ['a parent below', { children: [step('A', { parent: 'x' })] }, ['/children/0/parent']],
    ['an unknown field below', { children: [step('A', { titel: 'x' })] }, ['/children/0/titel']],
    ['an unknown mode', { mode: 'random' }, ['/mode']],
    [
      'an unknown policy',
      { children: [step('A', { onChildFailure: 'panic' })] },
      ['/children/0/onChildFailure'],
    ],
    [
      'nobody’s task for somebody',
      { children: [step('A', { autoComplete: true, assignee: 'bob' })] },
      ['/children/0/autoComplete'],
    ],
    [
      'several at once',
      { title: '', children: [step(''), step('B', { priority: 9 })] },
      ['/title', '/children/0/title', '/children/1/priority'],
    ],
  ])('for %s, pointing at it', async (_what, body, pointers) => {
    const key = crypto.randomUUID();
    const headers = { 'idempotency-key': key };
    const refused = await olga.post('/v1/tasks', { title: 'Epic', ...body }, headers);
    expect(refused).toMatchObject({ status: 422, body: { type: '/problems/invalid_request' } });
    expect(refused.body.errors.map(({ pointer }: Json) => pointer)).toEqual(pointers);
    // Nothing came of it, so its key is free.
    expect((await olga.post('/v1/tasks', { title: 'Epic' }, headers)).status).toBe(201);
  });

  test('for thousands of levels, which are not even looked at', async () => {
    const levels = 12_000;
    const body = `{"title":"a","children":[${'{"title":"a","children":['.repeat(levels)}${']}'.repeat(levels)}]}`;
    const refused = await olga.post('/v1/tasks', body);
    expect(refused).toMatchObject({ status: 422, body: { errors: [{ pointer: `${deepest}/children` }] } });
  });
});
