/** While Temporal can not be reached the API says so, to callers and to whoever watches it, and recovers by itself. */
import { beforeAll, afterAll, expect, test } from 'vitest';
import { useApi } from '../support/api-under-test.ts';
import { eventually } from '../support/caller.ts';
import { QueueUnderTest, askNext } from '../support/queues.ts';
import { taskThatIs } from '../support/task-states.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';
import { temporalUnderTest } from '../support/temporal.ts';

const proxy = new TcpProxy(temporalUnderTest().address);
beforeAll(() => proxy.open());
const api = useApi({ timeoutMs: 2_000, temporalAddress: () => proxy.address });
afterAll(() => proxy.cut());

test('every call is answered 503 while it lasts, and goes on afterwards', async () => {
  const { id, run } = await taskThatIs(api, 'running');
  const other = await taskThatIs(api, 'queued');
  await api.olga.create();
  const queue = await QueueUnderTest.open(api.olga);
  await queue.look();
  const { next } = await eventually(
    async () => (await api.olga.get('/v1/tasks?limit=1')).body,
    (page) => page.next !== null,
  );
  await proxy.cut();

  const calls = {
    create: () => api.olga.post('/v1/tasks', { title: 'a' }),
    list: () => api.olga.get('/v1/tasks'),
    'next page': () => api.olga.get(`/v1/tasks?limit=1&cursor=${next}`),
    read: () => api.olga.get(`/v1/tasks/${id}`),
    events: () => api.olga.get(`/v1/tasks/${id}/events`),
    claim: () => api.bob.post(`/v1/tasks/${other.id}/claim`),
    edit: () => api.olga.patch(`/v1/tasks/${id}`, { title: 'b' }, { 'if-match': '*' }),
    comment: () => api.olga.post(`/v1/tasks/${id}/comments`, { text: 'a' }),
    progress: () => run.progress(),
    'open a queue': () => api.olga.post('/v1/queues', { name: 'a' }),
    'list queues': () => api.olga.get('/v1/queues'),
    dequeue: () => queue.dequeue(api.alice, 5),
    steal: () => queue.steal(api.alice),
    next: () => askNext(api.alice, 5),
    'delete a queue': () => queue.remove(),
    unknown: () => api.olga.get(`/v1/tasks/${crypto.randomUUID()}`),
  };
  const answers = Object.entries(calls).map(async ([name, call]) => ({ name, ...(await call()) }));
  for (const { name, status, headers, body } of await Promise.all(answers)) {
    expect({ name, status, ...body }).toMatchObject({
      name,
      status: 503,
      type: '/problems/engine_unavailable',
      retryable: true,
    });
    expect(headers.get('retry-after'), name).toMatch(/^\d+$/);
  }
  expect((await api.fetch('/livez')).status).toBe(200);
  const notReady = await eventually(
    () => api.fetch('/readyz'),
    ({ status }) => status === 503,
  );
  expect(notReady.body).toEqual({
    status: 'unavailable',
    checks: { temporal: false, worker: false, shuttingDown: false },
  });

  await proxy.open();
  await eventually(
    () => api.fetch('/readyz'),
    ({ status }) => status === 200,
  );
  // Two seconds may be short for a machine that has much to do.
  const isAnswered = ({ status }: { status: number }) => status === 200;
  const seen = await eventually(() => api.olga.get(`/v1/tasks/${id}`), isAnswered);
  expect(seen.body).toMatchObject({ status: 'running', title: 'Count the beans' });
  await eventually(() => run.complete(), isAnswered);
});

test('a process that shuts down is alive but not ready', async () => {
  api.shuttingDown = true;
  expect(await api.fetch('/readyz')).toMatchObject({ status: 503, body: { checks: { shuttingDown: true } } });
  expect((await api.fetch('/livez')).status).toBe(200);
});
