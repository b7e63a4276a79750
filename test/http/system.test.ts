/** What is open to everybody, and the manners of every answer. */
import { Validator } from '@seriousme/openapi-schema-validator';
import { expect, test } from 'vitest';
import { PROBLEMS } from '../../api/problems.ts';
import { useApi } from '../support/api-under-test.ts';
import { taskThatIs } from '../support/task-states.ts';

const api = useApi();

test('health, documents and pages need no token', async () => {
  for (const path of ['/livez', '/readyz', '/openapi.json', '/docs', '/llms.txt', '/problems']) {
    expect((await api.fetch(path)).status, path).toBe(200);
  }
  expect((await api.fetch('/')).headers.get('location')).toBe('/docs');
  expect((await api.fetch('/favicon.ico')).status).toBe(204);
});

test('the OpenAPI document is a valid one of 3.1', async () => {
  const { body } = await api.fetch('/openapi.json');
  expect(body.openapi).toMatch(/^3\.1/);
  expect(await new Validator().validate(body)).toMatchObject({ valid: true });
});

test('every problem has a page of its own that says what to do', async () => {
  for (const name of Object.keys(PROBLEMS)) {
    const { status, text } = await api.fetch(`/problems/${name}`);
    expect(status, name).toBe(200);
    expect(text, name).toContain(`/problems/${name}`);
    expect(text, name).toContain('What to do:');
  }
  expect((await api.fetch('/problems/none')).body).toMatchObject({
    status: 404,
    type: '/problems/not_found',
  });
});

test('the page for agents names the calls that an agent makes, as they are', async () => {
  const [{ text }, { body }] = [await api.fetch('/llms.txt'), await api.fetch('/openapi.json')];
  for (const call of ['claim', 'runs/{run}/heartbeat', 'runs/{run}/progress']) expect(text).toContain(call);
  for (const word of ['If-Match: "', '/comments` `{text}`', '/cancel` `{comment?}`', 'same_task'])
    expect(text).toContain(word);
  expect(Object.keys(body.paths)).toEqual(
    expect.arrayContaining(['/v1/tasks/{taskId}/claim', '/v1/tasks/{taskId}/runs/{runId}/heartbeat']),
  );
});

test('a path that is none is not found; one that is, but not with this method, says with which', async () => {
  const { id } = await api.olga.create();
  for (const path of ['/v1', '/v1/nothing', `/v1/tasks/${id}/nothing`, `/v1/tasks/${id}/runs`]) {
    expect((await api.olga.get(path)).body, path).toMatchObject({ status: 404, type: '/problems/not_found' });
  }
  expect((await api.fetch('/nothing')).body).toMatchObject({ status: 404, type: '/problems/not_found' });
  for (const [method, path, allow] of [
    ['DELETE', '/v1/tasks', 'GET, HEAD, POST'],
    ['PUT', `/v1/tasks/${id}`, 'GET, HEAD, PATCH'],
    ['GET', `/v1/tasks/${id}/claim`, 'POST'],
  ] as const) {
    const { status, headers, body } = await api.olga.send(method, path);
    expect({ status, ...body }).toMatchObject({ status: 405, type: '/problems/method_not_allowed' });
    expect(headers.get('allow')!.split(', ').toSorted().join(', ')).toBe(allow);
  }
});

test('HEAD answers as GET does, without the body; OPTIONS says what a path takes', async () => {
  const { id } = await api.olga.create();
  const head = await api.olga.send('HEAD', `/v1/tasks/${id}`);
  expect({ status: head.status, text: head.text, etag: head.headers.get('etag') }).toEqual({
    status: 200,
    text: '',
    etag: '"1"',
  });
  expect((await api.olga.send('HEAD', `/v1/tasks/${id}/claim`)).status).toBe(405);
  const options = await api.olga.send('OPTIONS', `/v1/tasks/${id}`);
  expect(options.status).toBe(204);
  expect(options.headers.get('allow')).toContain('PATCH');
});

test('a caller’s own request id comes back when it is short and plain, and is replaced when it is not', async () => {
  const idOf = async (given: string) =>
    (await api.fetch('/v1/tasks', { headers: { 'x-request-id': given } })).headers.get('x-request-id');
  expect(await idOf('wake-7.1_a')).toBe('wake-7.1_a');
  for (const bad of ['two words', 'x'.repeat(65), '<script>', '', 'a;b=c']) {
    expect(await idOf(bad)).toMatch(/^[0-9a-f-]{36}$/);
  }
  const refused = await api.fetch('/v1/tasks', { headers: { 'x-request-id': 'find-me' } });
  expect(refused.body.instance).toBe('find-me');
});

test('X-Run-Id is recorded with what its sender does, whatever it holds', async () => {
  const { id } = await taskThatIs(api, 'queued');
  for (const given of ['wake-7', 'caf\u00e9'.repeat(60), 'x'.repeat(1_000)]) {
    const { status } = await api.olga.post(`/v1/tasks/${id}/comments`, { text: 'a' }, { 'x-run-id': given });
    expect(status, given.slice(0, 10)).toBe(201);
  }
  const { items } = (await api.olga.get(`/v1/tasks/${id}/events`)).body;
  expect(items[1].data).toMatchObject({ callerRunId: 'wake-7' });
});

test('answers carry the headers of a careful server, and tasks are not cached', async () => {
  for (const answer of [
    await api.fetch('/docs'),
    await api.olga.get('/v1/tasks'),
    await api.fetch('/v1/tasks'),
  ]) {
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(answer.headers.has('x-powered-by')).toBe(false);
  }
  expect((await api.olga.get('/v1/tasks')).headers.get('cache-control')).toBe('no-store');
});

test('a task is answered in full whenever it is asked for, for progress does not raise its version', async () => {
  const { id, run } = await taskThatIs(api, 'running');
  const { headers } = await api.olga.get(`/v1/tasks/${id}`);
  await run.progress({ note: 'new' });
  const again = await api.olga.get(`/v1/tasks/${id}`, { 'if-none-match': headers.get('etag')! });
  expect(again).toMatchObject({ status: 200, body: { lastProgress: { note: 'new' } } });
});
