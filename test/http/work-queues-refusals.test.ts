/** Work queues: lists, deletion, and what is turned down, in their own shape and without any effect. */
import { expect, test } from 'vitest';
import { useApi } from '../support/api-under-test.ts';
import type { Answer, Json } from '../support/caller.ts';
import { eventually } from '../support/caller.ts';
import { aCompany } from '../support/queues.ts';
import { TeamQueue, complete, fail } from '../support/team-queue.ts';

const api = useApi();

async function aQueue(also: object = {}) {
  const crew = aCompany(api);
  return { ...crew, queue: await TeamQueue.open(crew.olga, also) };
}

/** That it was refused so, in the shape of this protocol, and that the answer tells nothing of how Baton is made. */
function expectRefused(
  { status, body, text, headers }: Answer,
  refused: { status: number; code: string },
): void {
  expect({ status, code: body.error?.code }, text).toEqual(refused);
  expect(body).toEqual({
    error: expect.objectContaining({ message: expect.any(String), hint: expect.any(String) }),
  });
  expect(headers.get('content-type')).toMatch(/^application\/json/);
  expect(text).not.toMatch(/temporal|workflow|grpc|zod|node_modules|\/v1\/|\bat .*\.ts/i);
}

test.each([
  [{}, 'name'],
  [{ name: '' }, 'name'],
  [{ name: 7 }, 'name'],
  [{ name: 'two\nlines' }, 'name'],
  [{ name: 'a', teamId: 7 }, 'teamId'],
])('%j opens no queue', async (body, field) => {
  const { olga } = aCompany(api);
  const refused = await olga.post('/work-queues', body);
  expectRefused(refused, { status: 422, code: 'invalid_request' });
  expect(refused.body.error.errors).toMatchObject([{ field, message: expect.any(String) }]);
  expect((await olga.get('/work-queues')).body).toEqual([]);
});

test.each([
  ['name', { name: undefined }],
  ['name', { name: 'x'.repeat(401) }],
  ['name', { name: 'half \ud800' }],
  ['priority', { name: 'a', priority: 0 }],
  ['priority', { name: 'a', priority: 6 }],
  ['priority', { name: 'a', priority: 2.5 }],
  ['priority', { name: 'a', priority: 'high' }],
  ['deadline', { name: 'a', deadline: 'tomorrow' }],
  ['deadline', { name: 'a', deadline: '2026-03-08T17:00:00' }],
  ['payload', { name: 'a', payload: 'x'.repeat(300_000) }],
  ['payload', { name: 'a', payload: { text: 'NUL \0' } }],
  ['review/policy', { name: 'a', review: { policy: 'sometimes' } }],
])('a task of which %s is wrong is added to no queue', async (field, body) => {
  const { queue } = await aQueue();
  const refused = await queue.add(body);
  expectRefused(refused, { status: 422, code: 'invalid_request' });
  expect(refused.body.error.errors).toMatchObject([{ field }]);
  expect((await queue.tasks()).body).toEqual([]);
});

test('what is no JSON object is refused; the content type does not matter, nor what is unknown', async () => {
  const { olga, alice, queue } = await aQueue();
  for (const body of ['{', '[]', '"a"', 'null']) {
    expectRefused(await olga.send('POST', '/work-queues', body), { status: 400, code: 'invalid_json' });
  }
  const body = '{"name": "a", "colour": "red"}';
  const added = await olga.send('POST', `${queue.path}/tasks`, body, { 'content-type': 'text/plain' });
  expect(added.status).toBe(201);
  expect(await queue.dequeue(alice, { agentId: null, mood: 'good' }, {}, 20)).toMatchObject({ status: 200 });
});

test('waits, filters and forms that are none are refused, and do nothing', async () => {
  const { alice, olga, queue } = await aQueue();
  const { id } = await queue.put();
  for (const wait of ['31', '-1', '1.5', 'long']) {
    for (const call of ['dequeue', 'steal'])
      expectRefused(await alice.post(`${queue.path}/${call}?wait=${wait}`), {
        status: 422,
        code: 'invalid_request',
      });
  }
  for (const agentId of ['', 7, { id: 'bob' }])
    expectRefused(await queue.dequeue(olga, { agentId }), { status: 422, code: 'invalid_request' });
  for (const agentId of ['baton:tree', 'two\nlines', 'x'.repeat(300)])
    expectRefused(await queue.dequeue(olga, { agentId }), { status: 422, code: 'invalid_request' });
  for (const query of ['?status=queued', '?status=', '?limit=0', '?limit=101', '?cursor=made-up'])
    expectRefused(await queue.tasks(query), { status: 422, code: 'invalid_request' });
  expectRefused(await olga.send('DELETE', `${queue.path}?force=maybe`), {
    status: 422,
    code: 'invalid_request',
  });
  expect((await olga.get(`/work-queue-tasks/${id}`)).body.status).toBe('pending');
  const task = await queue.take(alice);
  for (const body of [undefined, {}, { error: '' }, { error: '  ' }, { error: { message: 'x' } }])
    expectRefused(await fail(alice, task.id, body), { status: 422, code: 'invalid_request' });
  expectRefused(await complete(alice, task.id, { result: 'x'.repeat(300_000) }), {
    status: 422,
    code: 'invalid_request',
  });
  expect((await olga.get(`/work-queue-tasks/${id}`)).body.status).toBe('assigned');
});

test('nobody gets in without a token, and nobody sees another company', async () => {
  const { olga, alice, queue } = await aQueue();
  await queue.put();
  const task = await queue.take(alice);
  const stranger = aCompany(api).olga;
  const calls: [string, string, object?][] = [
    ['GET', queue.path],
    ['DELETE', queue.path],
    ['POST', `${queue.path}/tasks`, { name: 'a' }],
    ['GET', `${queue.path}/tasks`],
    ['POST', `${queue.path}/dequeue`],
    ['POST', `${queue.path}/steal`],
    ['GET', `/work-queue-tasks/${task.id}`],
    ['POST', `/work-queue-tasks/${task.id}/complete`],
    ['POST', `/work-queue-tasks/${task.id}/fail`, { error: 'x' }],
  ];
  for (const [method, path, body] of calls) {
    expectRefused(await stranger.send(method, path, body), { status: 404, code: 'not_found' });
    const elsewhere = path.replace(/w([qt])_[0-9a-f-]+/, 'w$1_abc123');
    expectRefused(await olga.send(method, elsewhere, body), { status: 404, code: 'not_found' });
    const nobody = await api.fetch(path, { method });
    expectRefused(nobody, { status: 401, code: 'unauthenticated' });
    expect(nobody.headers.get('www-authenticate')).toMatch(/^Bearer/);
  }
  expectRefused(await olga.get('/work-queues/a/b/c'), { status: 404, code: 'not_found' });
  expect((await stranger.get('/work-queues')).body).toEqual([]);
  expect((await olga.get(`/work-queue-tasks/${task.id}`)).body).toMatchObject({ status: 'assigned' });
});

test('lists are bare arrays, the newest first; where there is more, Link says so', async () => {
  const { olga, alice, queue } = await aQueue();
  for (const name of ['a', 'b', 'c']) await queue.put({ name, payload: { name } });
  const { id } = await queue.take(alice);
  await alice.must(complete(alice, id, { result: 1 }));
  const all = await eventually(
    () => queue.tasks('?status=pending,completed'),
    ({ body }) => body.length === 3,
  );
  expect(all.headers.get('link')).toBeNull();
  expect(all.body.find((task: Json) => task.id === id)).toEqual(
    (await olga.get(`/work-queue-tasks/${id}`)).body,
  );
  await eventually(
    () => queue.tasks('?status=pending'),
    ({ body }) => body.length === 2,
  );
  const first = await queue.tasks('?status=pending&limit=1');
  const next = /^<([^>]+)>; rel="next"$/.exec(first.headers.get('link') ?? '')?.[1] ?? '';
  const second = await olga.get(next);
  expect([...first.body, ...second.body].map(({ name }: Json) => name)).toEqual(['c', 'b']);
  expect((await queue.tasks('?status=failed,cancelled')).body).toEqual([]);
  await TeamQueue.open(olga, { name: 'later' });
  const queues = await eventually(
    () => olga.get('/work-queues?limit=1'),
    ({ body }) => body[0]?.name === 'later',
  );
  expect(queues.body).toMatchObject([{ name: 'later', teamId: null }]);
  expect(queues.headers.get('link')).not.toBeNull();
});

test('a queue with open tasks is not deleted, unless their end is meant', async () => {
  const { olga, alice, bob, queue } = await aQueue();
  await queue.put();
  const held = await queue.take(alice);
  const waiting = await queue.put();
  expectRefused(await bob.send('DELETE', queue.path), { status: 403, code: 'forbidden' });
  const refused = await eventually(
    () => olga.send('DELETE', queue.path),
    ({ body }) => Object.keys(body.error?.counts ?? {}).length === 2,
  );
  expectRefused(refused, { status: 409, code: 'queue_not_empty' });
  expect(refused.body.error.counts).toEqual({ pending: 1, assigned: 1 });
  expect(await olga.send('DELETE', `${queue.path}?force=true`)).toMatchObject({ status: 204, text: '' });
  for (const answer of [await olga.get(queue.path), await queue.tasks(), await queue.add()])
    expectRefused(answer, { status: 404, code: 'not_found' });
  await eventually(
    () => olga.get(`/work-queue-tasks/${waiting.id}`),
    ({ body }) => body.status === 'cancelled',
  );
  // Its agent has a moment to hand in what there is; the task is cancelled all the same.
  const last = await eventually(
    () => olga.get(`/v1/tasks/${held.id.slice(3)}`),
    ({ body }) => body.cancel !== null,
  );
  expect(last.body.status).toBe('assigned');
  expect(await complete(alice, held.id, { result: 'so far' })).toMatchObject({
    status: 200,
    body: { status: 'cancelled', result: 'so far' },
  });
});

test('an empty queue is deleted, by whoever may', async () => {
  const { alice } = await aQueue();
  const queue = await TeamQueue.open(alice);
  expect(await alice.send('DELETE', queue.path)).toMatchObject({ status: 204, text: '' });
  expectRefused(await alice.send('DELETE', queue.path), { status: 404, code: 'not_found' });
});

test('what is added while no worker is up is there when one is', async () => {
  const { alice, olga, queue } = await aQueue();
  await queue.put();
  const task = await queue.take(alice);
  await api.stopWorker();
  try {
    const added = await queue.add({ name: 'meanwhile' });
    expect(added.status).toBe(201);
  } finally {
    await api.startWorker();
  }
  expect(await complete(alice, task.id)).toMatchObject({ status: 200 });
  expect(await queue.dequeue(olga, {}, {}, 20)).toMatchObject({ status: 200, body: { name: 'meanwhile' } });
});
