/** Edits by compare-and-set on a task's version, and what may no longer be edited. */
import { expect, test } from 'vitest';
import { useApi } from '../support/api-under-test.ts';
import { taskThatIs } from '../support/task-states.ts';

const api = useApi();

test('an edit needs the version that its author read', async () => {
  const { id } = await api.olga.create();
  const refused = await api.olga.patch(`/v1/tasks/${id}`, { title: 'Other' });
  expect(refused).toMatchObject({ status: 428, body: { type: '/problems/version_required' } });
  const edited = await api.olga.patch(
    `/v1/tasks/${id}`,
    { title: 'Other', priority: 1 },
    { 'if-match': '"1"' },
  );
  expect(edited).toMatchObject({ status: 200, body: { title: 'Other', priority: 1, version: 2 } });
  expect(edited.headers.get('etag')).toBe('"2"');
});

test('a stale version is refused with the current one, and changes nothing', async () => {
  const { id } = await api.olga.create();
  await api.alice.claim(id);
  const stale = await api.olga.patch(`/v1/tasks/${id}`, { title: 'Other' }, { 'if-match': '"1"' });
  expect(stale).toMatchObject({ status: 412, body: { type: '/problems/stale_version', version: 2 } });
  expect(stale.headers.get('etag')).toBe('"2"');
  expect(await api.olga.read(id)).toMatchObject({ title: 'Count the beans', version: 2 });
});

test('of two who edit the same version one wins', async () => {
  const { id } = await api.olga.create();
  const edits = ['a', 'b', 'c', 'd'].map((title) =>
    api.olga.patch(`/v1/tasks/${id}`, { title }, { 'if-match': '"1"' }),
  );
  const statuses = (await Promise.all(edits)).map(({ status }) => status);
  expect(statuses.toSorted((a, b) => a - b)).toEqual([200, 412, 412, 412]);
});

test('If-Match: * edits whatever the version', async () => {
  const { id } = await api.olga.create();
  expect((await api.olga.patch(`/v1/tasks/${id}`, { title: 'Other' }, { 'if-match': '*' })).status).toBe(200);
});

test.each(['two', '"1", "2"', 'W/"1"', '"-1"', '"0"', ''])('If-Match: %s is no version', async (header) => {
  const { id } = await api.olga.create();
  const refused = await api.olga.patch(`/v1/tasks/${id}`, { title: 'Other' }, { 'if-match': header });
  expect(refused).toMatchObject({ status: 400, body: { type: '/problems/invalid_precondition' } });
});

test('null clears what has no default, and is refused for what has one', async () => {
  const { id } = await api.olga.create({
    description: 'All.',
    assignee: 'alice',
    deadline: '2999-01-01T00:00:00Z',
  });
  const clear = { description: null, assignee: null, deadline: null };
  const cleared = await api.olga.patch(`/v1/tasks/${id}`, clear, { 'if-match': '"1"' });
  expect(cleared.status).toBe(200);
  for (const field of Object.keys(clear)) expect(cleared.body).not.toHaveProperty(field);
  const refused = await api.olga.patch(`/v1/tasks/${id}`, { title: null }, { 'if-match': '"2"' });
  expect(refused).toMatchObject({ status: 422, body: { errors: [{ pointer: '/title' }] } });
});

test('heartbeats, progress and comments leave the version as it is', async () => {
  const { id, run } = await taskThatIs(api, 'running');
  const { version } = await api.olga.read(id);
  await run.heartbeat();
  await run.progress({ cost: { usd: 1 } });
  await api.olga.post(`/v1/tasks/${id}/comments`, { text: 'hello' });
  expect((await api.olga.read(id)).version).toBe(version);
});

test('a review that names the version it saw is refused once the task changed', async () => {
  const { id } = await taskThatIs(api, 'review');
  const stale = await api.rita.review(id, 'approve', {}, { 'if-match': '"1"' });
  expect(stale).toMatchObject({ status: 412, body: { type: '/problems/stale_version' } });
  const { version } = await api.rita.read(id);
  expect((await api.rita.review(id, 'approve', {}, { 'if-match': `"${version}"` })).status).toBe(200);
});

test('agents may not edit what another agent holds, nor loosen the terms of a task that they did not create', async () => {
  const { id, run } = await taskThatIs(api, 'running');
  const edit = (body: object) => api.bob.patch(`/v1/tasks/${id}`, body, { 'if-match': '*' });
  expect(await edit({ title: 'Other' })).toMatchObject({
    status: 409,
    body: { type: '/problems/held', holder: 'alice' },
  });
  await run.release();
  expect((await edit({ title: 'Other' })).status).toBe(200);
  for (const terms of [{ review: { policy: 'none' } }, { budget: { usd: 1e6 } }, { maxAttempts: 100 }]) {
    expect(await edit(terms)).toMatchObject({ status: 403, body: { type: '/problems/forbidden' } });
  }
});
