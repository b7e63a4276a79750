/** A task that is broken up while it is there: who may, in what state, and that each request counts once. */
import { describe, expect, test } from 'vitest';
import { LIMITS } from '../../workflows/limits.ts';
import { useApi } from '../support/api-under-test.ts';
import type { Json } from '../support/caller.ts';
import { taskThatIs } from '../support/task-states.ts';
import { childrenOf, eventuallyAre, eventuallyIs, plant, step, work } from '../support/trees.ts';

const api = useApi();
const { alice, bob, olga } = api;

const key = () => ({ 'idempotency-key': crypto.randomUUID() });
const at = (id: string, path = '') => `/v1/tasks/${id}/subtasks${path}`;
const allowed = (task: Json): string[] =>
  task.actions.filter((action: Json) => action.allowed).map(({ name }: Json) => name);

describe('creating a sub-task', () => {
  test('is for the agent that breaks its task up, whose work waits for it', async () => {
    const { id, run } = await taskThatIs(api, 'running', { project: 'kitchen' });
    const created = await alice.post(at(id), step('Open the jar', { order: 3, assignee: 'bob' }));
    expect(created.status).toBe(201);
    expect(created.headers.get('location')).toBe(`/v1/tasks/${created.body.id}`);
    expect(created.body).toMatchObject({
      title: 'Open the jar',
      status: 'queued',
      project: 'kitchen',
      assignee: 'bob',
      createdBy: { id: 'alice', role: 'agent' },
      parent: { id, order: 3 },
      gate: null,
      children: [],
    });
    const child = created.body.id;
    const tooEarly = await run.complete();
    expect(tooEarly).toMatchObject({
      status: 409,
      body: { type: '/problems/open_children', blockedBy: child, retryable: true },
    });
    expect(tooEarly.body.detail).toContain(child);
    expect((await run.heartbeat()).status).toBe(200);
    await (await bob.claim(child)).complete();
    await eventuallyAre(alice, id, ['done']);
    expect((await run.complete()).body.status).toBe('review');
  });

  test('by `parent` is the same, down to the key', async () => {
    const { id } = await olga.create();
    const headers = key();
    const one = await olga.post('/v1/tasks', { ...step('A'), parent: id, order: 1 }, headers);
    const two = await olga.post(at(id), { ...step('A'), order: 1 }, headers);
    expect([one.status, two.status]).toEqual([201, 201]);
    expect(two.body.id).toBe(one.body.id);
    expect((await olga.read(id)).children).toMatchObject([{ id: one.body.id, order: 1 }]);
  });

  test('may bring a tree along', async () => {
    const { id } = await olga.create();
    const { body } = await olga.post(at(id), {
      title: 'Epic',
      mode: 'sequence',
      children: [step('A'), { title: 'B', children: [step('C')] }],
    });
    const { A, B } = await childrenOf(olga, body.id);
    expect((await childrenOf(olga, B.id)).C).toMatchObject({ status: 'queued', blockedBy: A.id });
  });

  test('counts once for a key, and a key that came with something else is refused', async () => {
    const { id } = await olga.create();
    const headers = key();
    const answers = await Promise.all([1, 2, 3].map(() => olga.post(at(id), step('A'), headers)));
    answers.push(await olga.post(at(id), step('A'), headers));
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201, 201]);
    const { children } = await olga.read(id);
    expect(children).toHaveLength(1);
    expect(answers.map(({ body }) => body.id)).toEqual(Array(4).fill(children[0].id));

    const elsewhere = await olga.create();
    const reused = [
      olga.post(at(id), step('B'), headers),
      olga.post(at(elsewhere.id), step('A'), headers),
      olga.post('/v1/tasks', step('A'), headers),
    ];
    for (const { status, body } of await Promise.all(reused)) {
      expect({ status, type: body.type }).toEqual({ status: 422, type: '/problems/idempotency_key_reused' });
    }
    expect((await olga.read(id)).children).toHaveLength(1);
    expect((await olga.read(elsewhere.id)).children).toEqual([]);
    // The first answer stands when the task has long been over.
    await work(api, children[0].id);
    await olga.must(olga.post(`/v1/tasks/${id}/cancel`));
    expect(await olga.post(at(id), step('A'), headers)).toMatchObject({
      status: 201,
      body: { id: children[0].id },
    });
  });

  test('fifty times at once makes fifty, each in a place of its own', async () => {
    const { id } = await olga.create({ mode: 'sequence' });
    const titles = Array.from({ length: 50 }, (_, i) => `step ${i}`);
    const answers = await Promise.all(titles.map((title) => alice.post(at(id), step(title), key())));
    expect(answers.map(({ status }) => status)).toEqual(Array(50).fill(201));
    const { items } = (await olga.get(at(id))).body;
    expect(items.map(({ order }: Json) => order)).toEqual(titles.map((_, i) => i + 1));
    expect(items.map(({ title }: Json) => title).toSorted()).toEqual(titles.toSorted());
    for (const [i, item] of items.entries()) expect(item.blockedBy).toBe(items[i - 1]?.id);
  });

  test('is refused for an order that another one has, and says which', async () => {
    const { id } = await olga.create();
    const first = await olga.must(olga.post(at(id), step('A', { order: 7 })));
    const twin = await olga.post(at(id), step('B', { order: 7 }));
    expect(twin).toMatchObject({ status: 409, body: { type: '/problems/order_taken', retryable: false } });
    expect(twin.body.detail).toContain(first.id);
    expect((await olga.post(at(id), step('B', { order: 8 }))).status).toBe(201);
  });

  test.each([
    ['/title', {}],
    ['/children/0/title', { title: 'a', children: [{}] }],
    ['/children/1/order', { title: 'a', children: [step('b', { order: 1 }), step('c', { order: 1 })] }],
    ['/outputSchema', step('a', { outputSchema: { type: 'x' } })],
    ['/parent', step('a', { parent: 'x' })],
  ])('is refused for a mistake at %s', async (pointer, body) => {
    const { id } = await olga.create();
    expect(await olga.post(at(id), body)).toMatchObject({ status: 422, body: { errors: [{ pointer }] } });
    expect((await olga.read(id)).children).toEqual([]);
  });

  test.each(['review', 'done', 'failed', 'cancelled'] as const)(
    'is refused below a task that is %s',
    async (status) => {
      const { id } = await taskThatIs(api, status);
      const refused = await olga.post(at(id), step('A'));
      expect(refused).toMatchObject({
        status: 409,
        body: { type: '/problems/transition_not_allowed', taskStatus: status },
      });
      const action = (await olga.read(id)).actions.find(({ name }: Json) => name === 'create_subtask');
      expect(action).toMatchObject({ allowed: false, why: refused.body.detail });
    },
  );

  test('ends at 200 below one task', async () => {
    const children = Array.from({ length: LIMITS.treeNodes - 1 }, (_, i) => step(`leaf ${i}`));
    const { id } = await plant(olga, { children });
    expect((await olga.post(at(id), step('the last'))).status).toBe(201);
    expect(await olga.post(at(id), step('one more'))).toMatchObject({
      status: 422,
      body: { type: '/problems/tree_too_large' },
    });
    expect((await olga.get(at(id))).body.items).toHaveLength(LIMITS.treeNodes);
  });
});

describe('the agent of the task above', () => {
  test('may decide on work below, whether it holds the task or held it; no other agent may', async () => {
    const { id, run } = await taskThatIs(api, 'running');
    const child = await alice.must(alice.post(at(id), { title: 'A' }));
    const second = await alice.must(alice.post(at(id), { title: 'B' }));
    for (const each of [child, second]) await (await bob.claim(each.id)).complete();
    expect(allowed(await bob.read(child.id))).not.toContain('approve');
    expect(allowed(await alice.read(child.id))).toEqual(
      expect.arrayContaining(['approve', 'request_changes']),
    );
    const carol = api.as('carol', 'agent');
    expect(await carol.review(child.id, 'approve')).toMatchObject({
      status: 403,
      body: { type: '/problems/forbidden' },
    });
    expect(await bob.review(child.id, 'approve')).toMatchObject({ status: 403 });
    const headers = key();
    expect((await alice.review(child.id, 'approve', {}, headers)).body.status).toBe('done');
    expect((await alice.review(child.id, 'approve', {}, headers)).body.status).toBe('done');
    await alice.must(run.release());
    expect((await alice.review(second.id, 'request_changes', { comment: 'again' })).body.status).toBe(
      'failed',
    );
  });

  test('may not decide on its own work below', async () => {
    const { id } = await taskThatIs(api, 'running');
    const child = await alice.must(alice.post(at(id), { title: 'A' }));
    await (await alice.claim(child.id)).complete();
    expect(await alice.review(child.id, 'approve')).toMatchObject({
      status: 403,
      body: { type: '/problems/self_review' },
    });
  });
});

test('nothing of a tree exists for another company', async () => {
  const { id } = await plant(olga, { children: [step('A')] });
  const { A } = await childrenOf(olga, id);
  const eve = api.as('eve', 'operator', 'other');
  const calls = [
    eve.get(at(id)),
    eve.post(at(id), step('B')),
    eve.post('/v1/tasks', { ...step('B'), parent: id }),
    eve.post(at(id, `/${A.id}/skip`)),
    eve.post(at(id, `/${A.id}/retry`)),
    eve.get(`/v1/tasks/${A.id}`),
  ];
  for (const { status, body } of await Promise.all(calls)) {
    expect({ status, type: body.type }).toEqual({ status: 404, type: '/problems/not_found' });
  }
  expect((await eve.get(`/v1/tasks?parent=${id}`)).body.items).toEqual([]);
  // Nor can a task of theirs be passed off as a sub-task.
  const theirs = await eve.create();
  await eve.must(eve.post(`/v1/tasks/${theirs.id}/cancel`));
  expect((await olga.post(at(id, `/${theirs.id}/retry`))).body.type).toBe('/problems/no_such_child');
  expect((await olga.read(id)).children).toHaveLength(1);
  await eventuallyIs(olga, id, 'queued');
});
