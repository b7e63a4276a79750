/** Comments: bounded, in pages, and kept by the task up to a number; and the export of everything for operators. */
import { expect, test } from 'vitest';
import { TaskCompanyKey } from '../../workflows/search-attributes.ts';
import { useApi } from '../support/api-under-test.ts';
import type { Json } from '../support/caller.ts';
import { eventually } from '../support/caller.ts';
import { taskThatIs } from '../support/task-states.ts';

const api = useApi();

test('a comment is answered with its id, author, time and text, and shows in the list', async () => {
  const { id } = await api.olga.create();
  const { status, body } = await api.alice.post(`/v1/tasks/${id}/comments`, { text: 'All **green**.' });
  expect(status).toBe(201);
  expect(body).toEqual({
    id: expect.any(String),
    by: { id: 'alice', role: 'agent' },
    at: expect.stringMatching(/Z$/),
    text: 'All **green**.',
  });
  expect((await api.bob.get(`/v1/tasks/${id}/comments`)).body).toEqual({ items: [body], next: null });
  expect((await api.bob.read(id)).comments).toBe(1);
});

test('comments come in pages, oldest first, and the 200 latest are kept', async () => {
  const { id } = await api.olga.create();
  const handle = api.temporal.workflow.getHandle(id);
  const actor = { id: 'olga', role: 'operator' };
  await Promise.all(
    Array.from({ length: 204 }, (_, i) =>
      handle.signal('comment', { messageId: `m${i}`, actor, comment: `${i}` }),
    ),
  );
  await api.olga.post(`/v1/tasks/${id}/comments`, { text: 'last' });
  const items: Json[] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const { body }: { body: Json } = await api.bob.get(
      `/v1/tasks/${id}/comments?limit=90${cursor && `&cursor=${cursor}`}`,
    );
    items.push(...body.items);
    cursor = body.next;
  }
  expect(items).toHaveLength(200);
  expect(items.at(-1).text).toBe('last');
  expect(new Set(items.map((comment) => comment.id)).size).toBe(200);
  expect((await api.bob.read(id)).comments).toBe(205);
});

test.each(['-1', 'x', '1.5', '9'.repeat(20)])('the cursor %s is refused', async (cursor) => {
  const { id } = await api.olga.create();
  const { body } = await api.bob.get(`/v1/tasks/${id}/comments?cursor=${cursor}`);
  expect(body).toMatchObject({ status: 422, errors: [{ pointer: 'cursor' }] });
});

test('a comment has at most 16 KB, counted in bytes', async () => {
  const { id } = await api.olga.create();
  const comment = (text: string) => api.olga.post(`/v1/tasks/${id}/comments`, { text });
  expect((await comment('é'.repeat(8 * 1024))).status).toBe(201);
  expect((await comment('é'.repeat(8 * 1024) + 'x')).body).toMatchObject({
    status: 422,
    errors: [{ pointer: '/text' }],
  });
});

test('a task that is full says so, and still takes the work of its run', async () => {
  const { id, run } = await taskThatIs(api, 'running');
  const text = 'x'.repeat(16 * 1024);
  const full = await eventually(
    () => api.olga.post(`/v1/tasks/${id}/comments`, { text }),
    ({ status }) => status !== 201,
  );
  expect(full).toMatchObject({ status: 413, body: { type: '/problems/task_full', retryable: false } });
  expect((await run.complete({ output: 'o'.repeat(250 * 1024) })).status).toBe(200);
});

test('the export has every task of the company on a line of its own, the open ones first', async () => {
  const company = crypto.randomUUID();
  const [olga, alice] = [api.as('olga', 'operator', company), api.as('alice', 'agent', company)];
  const open = await olga.create();
  const closed = await olga.create({ review: { policy: 'none' } });
  await (await alice.claim(closed.id)).complete();
  const lines = await eventually(
    async () => (await olga.get('/v1/tasks/export')).text.trim().split('\n'),
    (seen) => seen.length === 2,
  );
  const exported = lines.map((line) => JSON.parse(line));
  expect(exported.map(({ id, status }) => [id, status])).toEqual([
    [open.id, 'queued'],
    [closed.id, 'done'],
  ]);
  expect(exported[1]).toEqual(await olga.read(closed.id));
  expect((await olga.get('/v1/tasks/export')).headers.get('content-type')).toMatch('application/x-ndjson');
});

test('a task that can not be read is a line of the export, and the others follow', async () => {
  const company = crypto.randomUUID();
  const olga = api.as('olga', 'operator', company);
  const before = await olga.create();
  await olga.must(olga.post(`/v1/tasks/${before.id}/cancel`));
  const broken = crypto.randomUUID();
  // Started past the API with nothing that a task could be made of, and ended before anybody noticed.
  const handle = await api.temporal.workflow.start('task', {
    workflowId: broken,
    taskQueue: crypto.randomUUID(),
    memo: { company },
    typedSearchAttributes: [{ key: TaskCompanyKey, value: company }],
  });
  await handle.terminate();
  const after = await olga.create();
  const lines = await eventually(
    async () => (await olga.get('/v1/tasks/export')).text.trim().split('\n'),
    (seen) => seen.length === 3,
  );
  const exported = lines.map((line) => JSON.parse(line));
  expect(exported.map(({ id }) => id)).toEqual([after.id, broken, before.id]);
  expect(exported[1].problem).toMatchObject({ type: '/problems/not_found', detail: /no task/ });
});
