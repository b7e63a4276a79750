/** What an Idempotency-Key is, what it covers, and how long it holds. */
import { expect, test } from 'vitest';
import { useApi } from '../support/api-under-test.ts';
import { taskThatIs } from '../support/task-states.ts';

const api = useApi();
const key = (value: string) => ({ 'idempotency-key': value });

test('one key creates one task, at once and one after the other', async () => {
  const create = () => api.alice.post('/v1/tasks', { title: 'Count' }, key('one'));
  const answers = [...(await Promise.all([create(), create(), create()])), await create()];
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
  expect(new Set(answers.map(({ headers }) => headers.get('location'))).size).toBe(1);
});

test('another body under the same key is refused; the order of its fields and quotes around the key do not matter', async () => {
  const create = (body: string, value: string) => api.alice.post('/v1/tasks', body, key(value));
  const { body } = await create('{"title": "Count", "priority": 1}', 'two');
  expect((await create('{"priority":1,"title":"Count"}', '"two"')).body.id).toBe(body.id);
  const refused = await create('{"title": "Count", "priority": 2}', 'two');
  expect(refused).toMatchObject({ status: 422, body: { type: '/problems/idempotency_key_reused' } });
});

test('keys of different people, and of different companies, are different keys', async () => {
  const callers = [api.alice, api.bob, api.as('alice', 'agent', 'acme')];
  const ids = await Promise.all(
    callers.map(async (caller) => (await caller.post('/v1/tasks', { title: 'Count' }, key('mine'))).body.id),
  );
  expect(new Set(ids).size).toBe(3);
});

test('one key for two operations on a task is a mistake, on two tasks it is not', async () => {
  const { id, run } = await taskThatIs(api, 'running');
  expect((await run.progress({}, key('three'))).status).toBe(200);
  expect((await run.complete({}, key('three'))).body.type).toBe('/problems/idempotency_key_reused');
  const other = await taskThatIs(api, 'running');
  expect((await other.run.progress({}, key('three'))).status).toBe(200);
  const claim = await taskThatIs(api, 'queued');
  await api.alice.post(`/v1/tasks/${claim.id}/claim`, {}, key('four'));
  const edit = await api.alice.patch(
    `/v1/tasks/${claim.id}`,
    { title: 'B' },
    { ...key('four'), 'if-match': '*' },
  );
  expect(edit).toMatchObject({ status: 422, body: { type: '/problems/idempotency_key_reused' } });
  expect((await api.olga.read(id)).status).toBe('running');
});

test.each(['', '""', '   ', 'x'.repeat(201), 'tab\there', 'caf\u00e9'])('%j is no key', async (value) => {
  const refused = await api.alice.post('/v1/tasks', { title: 'Count' }, key(value));
  expect(refused).toMatchObject({ status: 400, body: { type: '/problems/invalid_idempotency_key' } });
});

test('two comments of the same text under two keys stay two, each with its own answer', async () => {
  const { id } = await api.olga.create();
  const comment = (value: string) => api.olga.post(`/v1/tasks/${id}/comments`, { text: 'ping' }, key(value));
  const [first, second] = [await comment('a'), await comment('b')];
  expect(first.body.id).not.toBe(second.body.id);
  expect((await comment('a')).body).toEqual(first.body);
});

test('a key holds after the API was started anew', async () => {
  const create = () => api.alice.post('/v1/tasks', { title: 'Count' }, key('five'));
  const { id } = (await create()).body;
  const claim = () => api.alice.post(`/v1/tasks/${id}/claim`, {}, key('six'));
  const { run } = (await claim()).body;
  const progress = () =>
    api.alice.post(`/v1/tasks/${id}/runs/${run.id}/progress`, { note: 'a', cost: { usd: 1 } }, key('seven'));
  await progress();
  await api.restartApp();
  expect((await create()).body.id).toBe(id);
  expect((await claim()).body.run.id).toBe(run.id);
  expect((await progress()).status).toBe(200);
  expect((await api.alice.read(id)).cost.usd).toBe(1);
});

test('a key holds after the task is closed', async () => {
  const { id, run } = await taskThatIs(api, 'running', { review: { policy: 'none' } });
  const comment = () => api.olga.post(`/v1/tasks/${id}/comments`, { text: 'hello' }, key('c'));
  const edit = () => api.olga.patch(`/v1/tasks/${id}`, { title: 'B' }, { ...key('e'), 'if-match': '*' });
  const complete = () => run.complete({}, key('d'));
  const first = await comment();
  await edit();
  await complete();
  expect((await comment()).body).toEqual(first.body);
  expect((await edit()).body).toMatchObject({ status: 'done', title: 'B' });
  expect((await complete()).body).toMatchObject({ status: 'done', submission: { output: { beans: 7 } } });
  const other = await api.olga.post(`/v1/tasks/${id}/comments`, { text: 'other' }, key('c'));
  expect(other.body.type).toBe('/problems/idempotency_key_reused');
});

test('a claim repeated once its run is over is told so, not given another run', async () => {
  const { id } = await api.olga.create();
  const claim = () => api.alice.post(`/v1/tasks/${id}/claim`, {}, key('g'));
  const { run } = (await claim()).body;
  await api.alice.post(`/v1/tasks/${id}/runs/${run.id}/release`);
  expect(await claim()).toMatchObject({
    status: 409,
    body: { type: '/problems/run_not_active', endedBy: 'released' },
  });
});

test('work handed in again without a key gets the same answer when it is the same work, and a refusal when not', async () => {
  const { run } = await taskThatIs(api, 'running');
  const first = await run.complete();
  const again = await run.complete();
  expect(again).toMatchObject({ status: 200, body: { version: first.body.version } });
  const other = await run.complete({ output: 'other' });
  expect(other).toMatchObject({
    status: 409,
    body: { type: '/problems/run_not_active', endedBy: 'completed' },
  });
});
