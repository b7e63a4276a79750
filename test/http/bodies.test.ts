/** Bodies that no rule can make sense of: each is told what is wrong with it, and has no effect. */
import { expect, test } from 'vitest';
import { tokenOf, useApi } from '../support/api-under-test.ts';
import { taskThatIs } from '../support/task-states.ts';

const api = useApi();

const create = (body: unknown, headers?: Record<string, string>) =>
  api.alice.post('/v1/tasks', body, headers);
const pointersOf = (body: { errors?: { pointer: string }[] }) => body.errors?.map(({ pointer }) => pointer);

test.each(['{"title": "a"', 'title=a', '{"title": "a"} x', "{'title': 'a'}", '"title"', '17', 'null', 'NaN'])(
  '%s is no JSON object',
  async (text) => {
    const { status, headers, body } = await create(text);
    expect({ status, ...body }).toMatchObject({ status: 400, type: '/problems/invalid_json' });
    expect(headers.get('content-type')).toMatch('application/problem+json');
  },
);

test('a list is no object', async () => {
  expect(await create([])).toMatchObject({ status: 422, body: { type: '/problems/invalid_request' } });
});

test('a body that is missing or empty lacks its fields', async () => {
  for (const body of [undefined, '', '{}']) {
    const { status, body: problem } = await create(body);
    expect({ status, ...problem }).toMatchObject({
      status: 422,
      errors: [{ pointer: '/title', detail: 'is required' }],
    });
  }
});

test('where a body may be left out, an empty one is none', async () => {
  const { id } = await api.olga.create();
  expect((await api.alice.post(`/v1/tasks/${id}/claim`, '')).status).toBe(200);
});

test.each(['text/plain', 'application/x-www-form-urlencoded', 'application/merge-patch+json', ''])(
  'a body of type %j is refused, even where it may be left out',
  async (type) => {
    const { id } = await api.olga.create();
    for (const path of ['/v1/tasks', `/v1/tasks/${id}/claim`, `/v1/tasks/${id}/cancel`]) {
      const refused = await api.olga.post(path, '{"title": "a"}', { 'content-type': type });
      expect({ path, status: refused.status, type: refused.body.type }).toEqual({
        path,
        status: 415,
        type: '/problems/unsupported_media_type',
      });
    }
    expect((await api.olga.read(id)).version).toBe(1);
  },
);

test('a chunked body of another type is refused as well', async () => {
  const body = new ReadableStream({
    start(controller) {
      controller.enqueue(new TextEncoder().encode('title=a'));
      controller.close();
    },
  });
  const authorization = `Bearer ${await tokenOf({ sub: 'alice', role: 'agent' })}`;
  const init = {
    method: 'POST',
    body,
    duplex: 'half',
    headers: { authorization, 'content-type': 'text/plain' },
  };
  expect(await api.fetch('/v1/tasks', init as RequestInit)).toMatchObject({ status: 415 });
});

test.each([513, 4096])('a body of %i KB is too large', async (kilobytes) => {
  const { status, body } = await create({ title: 'a', payload: 'x'.repeat(kilobytes * 1024) });
  expect({ status, ...body }).toMatchObject({ status: 413, type: '/problems/body_too_large' });
});

test('a body nested beyond reason is refused', async () => {
  for (const depth of [200, 50_000]) {
    const nested = `${'['.repeat(depth)}${']'.repeat(depth)}`;
    for (const field of ['payload', 'title', 'labels', 'unknown']) {
      const { status, body } = await create(`{"title": "a", "${field}": ${nested}}`);
      expect({ depth, field, status, pointers: pointersOf(body) }).toEqual({
        depth,
        field,
        status: 422,
        pointers: [field === 'labels' ? '/labels/0' : `/${field}`],
      });
    }
    const schema = `${'{"not":'.repeat(depth)}{}${'}'.repeat(depth)}`;
    const { status, body } = await create(`{"title": "a", "outputSchema": ${schema}}`);
    expect({ status, pointers: pointersOf(body) }).toEqual({ status: 422, pointers: ['/outputSchema'] });
  }
});

test('unknown fields are refused by name, however deep', async () => {
  const { status, body } = await create({
    title: 'a',
    titel: 'b',
    'a/b~c': 1,
    review: { policy: 'none', quorun: 2 },
    context: [{ path: 'p', text: 't', size: 1 }],
  });
  expect(status).toBe(422);
  expect(pointersOf(body)!.toSorted()).toEqual(['/a~1b~0c', '/context/0/size', '/review/quorun', '/titel']);
  expect(body.detail).toContain('unknown field');
});

test('__proto__ is an unknown field like any other', async () => {
  const { status, body } = await create('{"title": "a", "__proto__": {"status": "done"}}');
  expect({ status, pointers: pointersOf(body) }).toEqual({ status: 422, pointers: ['/__proto__'] });
});

test('a refused request leaves its task as it was, and no trace in its history', async () => {
  const { id, run } = await taskThatIs(api, 'running');
  const state = async () => [
    await api.olga.read(id),
    Number((await api.temporal.workflow.getHandle(id).describe()).historyLength),
  ];
  const before = await state();
  await run.progress({ percent: 101 });
  await run.progress({ note: '\0' });
  await run.progress({ note: ' \n' });
  await run.complete({ extra: 1 });
  await run.fail({ reasonCode: 'crashed' });
  await api.rita.review(id, 'maybe');
  await api.olga.post(`/v1/tasks/${id}/comments`, '{');
  await api.olga.post(`/v1/tasks/${id}/comments`, { text: '' });
  await api.olga.post(`/v1/tasks/${id}/comments`, { text: ' ' });
  await api.olga.patch(`/v1/tasks/${id}`, { title: '' }, { 'if-match': '*' });
  await api.olga.patch(`/v1/tasks/${id}`, {}, { 'if-match': '*' });
  expect(await state()).toEqual(before);
});
