/** While no worker is up: what can be done is done, what was received is told from what was not, and closed tasks stay readable. */
import { expect, test } from 'vitest';
import { useApi } from '../support/api-under-test.ts';
import { eventually } from '../support/caller.ts';
import { taskThatIs } from '../support/task-states.ts';

const api = useApi({ timeoutMs: 3_000 });

test('a run stays alive, and what it reports is received and confirmed later', async () => {
  const { id, run } = await taskThatIs(api, 'running');
  let location = '';
  await api.withoutWorker(async () => {
    expect(await run.heartbeat()).toMatchObject({ status: 200, body: { stop: null } });

    const { status, headers, body } = await run.progress(
      { note: 'in the dark' },
      { 'idempotency-key': 'dark' },
    );
    location = headers.get('location')!;
    expect(status).toBe(202);
    expect(headers.get('retry-after')).toMatch(/^\d+$/);
    expect(body).toEqual({
      messageId: expect.any(String),
      outcome: 'unknown',
      links: { self: location, task: `/v1/tasks/${id}` },
    });
    const look = await api.alice.get(location);
    expect(look).toMatchObject({ status: 503, body: { type: '/problems/no_worker', retryable: true } });
    expect((await run.progress({ note: 'in the dark' }, { 'idempotency-key': 'dark' })).status).toBe(202);
  });
  const known = await eventually(
    () => api.alice.get(location),
    ({ status, body }) => status === 200 && body.outcome !== 'unknown',
  );
  expect(known.body).toMatchObject({ outcome: 'accepted', links: { task: `/v1/tasks/${id}` } });
  expect((await api.alice.read(id)).lastProgress.note).toBe('in the dark');
  const { items } = (await api.alice.get(`/v1/tasks/${id}/events?limit=100`)).body;
  expect(items.filter(({ type }: { type: string }) => type === 'report_progress')).toHaveLength(2);
});

test('what a run may have handed in before its lease lapsed is not said to be refused', async () => {
  const { id } = await api.olga.create({ lease: { seconds: 5 } });
  const run = await api.alice.claim(id);
  const complete = () => run.complete({}, { 'idempotency-key': 'late' });
  await api.withoutWorker(async () => {
    expect((await complete()).status).toBe(202);
    await eventually(
      async () => (await api.temporal.workflow.getHandle(id).describe()).raw.pendingActivities ?? [],
      (leases) => leases.length === 0,
    );
    expect(await complete()).toMatchObject({
      status: 503,
      body: { type: '/problems/no_worker', retryable: true },
    });
    // A heartbeat leaves nothing behind that could have been taken.
    expect(await run.heartbeat()).toMatchObject({
      status: 409,
      body: { type: '/problems/run_not_active', retryable: false },
    });
  });
  const known = await eventually(complete, ({ status }) => status !== 503);
  expect(known).toMatchObject({ status: 200, body: { status: 'review', submission: { agent: 'alice' } } });
});

test('work that was taken is not said to be refused when it is handed in again', async () => {
  const { run } = await taskThatIs(api, 'running');
  const complete = () => run.complete({}, { 'idempotency-key': 'again' });
  expect((await complete()).status).toBe(200);
  await api.withoutWorker(async () => {
    expect(await complete()).toMatchObject({
      status: 503,
      body: { type: '/problems/no_worker', retryable: true },
    });
  });
  const again = await eventually(complete, ({ status }) => status !== 503);
  expect(again).toMatchObject({ status: 200, body: { status: 'review' } });
});

test('a cancellation is received, with its comment, and takes effect later', async () => {
  const { id } = await taskThatIs(api, 'queued');
  await api.withoutWorker(async () => {
    const { status, body } = await api.olga.post(`/v1/tasks/${id}/cancel`, { comment: 'not needed' });
    expect({ status, ...body }).toMatchObject({ status: 202, outcome: 'unknown' });
  });
  const task = await eventually(
    async () => (await api.olga.get(`/v1/tasks/${id}`)).body,
    ({ status }) => status === 'cancelled',
  );
  expect(task.comments).toBe(1);
});

test('what the workflow turns down later is told as refused, with the problem', async () => {
  const { id } = await taskThatIs(api, 'queued');
  let location = '';
  await api.withoutWorker(async () => {
    location = (await api.rita.review(id, 'approve')).headers.get('location')!;
  });
  const known = await eventually(
    () => api.rita.get(location),
    ({ status, body }) => status === 200 && body.outcome !== 'unknown',
  );
  expect(known.body).toMatchObject({
    outcome: 'refused',
    problem: { type: '/problems/transition_not_allowed', status: 409 },
  });
});

test('an open task can not be read or claimed, and is as free as before once a worker is back', async () => {
  const { id } = await taskThatIs(api, 'queued');
  await api.withoutWorker(async () => {
    const calls = [
      api.alice.get(`/v1/tasks/${id}`),
      api.alice.post(`/v1/tasks/${id}/claim`, { lease: { seconds: 3600 } }),
    ];
    for (const { status, headers, body } of await Promise.all(calls)) {
      expect({ status, ...body }).toMatchObject({
        status: 503,
        type: '/problems/no_worker',
        retryable: true,
      });
      expect(headers.get('retry-after')).toMatch(/^\d+$/);
    }
  });
  const taken = await eventually(
    () => api.bob.post(`/v1/tasks/${id}/claim`),
    ({ status }) => status === 200,
  );
  expect(taken.body.run.agent).toBe('bob');
});

test('tasks are created, listed and given an account of', async () => {
  const { id } = await taskThatIs(api, 'running');
  await api.withoutWorker(async () => {
    const goal = crypto.randomUUID();
    const created = await api.olga.post('/v1/tasks', { title: 'In the dark', goal });
    expect(created).toMatchObject({ status: 201, body: { status: 'queued' } });
    await eventually(
      async () => (await api.olga.get(`/v1/tasks?goal=${goal}`)).body.items,
      (items) => items.length === 1,
    );
    expect((await api.olga.get(`/v1/tasks/${id}/events`)).body.items.length).toBeGreaterThan(2);
    expect((await api.fetch('/readyz')).body).toMatchObject({ status: 'ok', checks: { temporal: true } });
  });
});

test('closed tasks are read as if nothing were missing', async () => {
  const states = ['done', 'failed', 'cancelled'] as const;
  const closed = await Promise.all(states.map((status) => taskThatIs(api, status)));
  const before = await Promise.all(closed.map(({ id }) => api.olga.read(id)));
  const ended = await taskThatIs(api, 'running');
  await api.temporal.workflow.getHandle(ended.id).terminate('enough');
  await api.withoutWorker(async () => {
    expect(await Promise.all(closed.map(({ id }) => api.olga.read(id)))).toEqual(before);
    const task = await api.olga.read(ended.id);
    expect(task).toMatchObject({
      status: 'cancelled',
      terminated: true,
      run: null,
      lastProgress: { agent: 'alice' },
    });
    expect(task.actions.filter(({ allowed }: { allowed: boolean }) => allowed)).toEqual([]);
    // Heartbeats of one run within a second are one.
    const beat = await eventually(ended.run.heartbeat, ({ status }) => status !== 200);
    expect(beat.body).toMatchObject({ status: 409, type: '/problems/run_not_active' });
    const [done] = closed;
    expect((await api.olga.post(`/v1/tasks/${done!.id}/cancel`)).body.type).toBe(
      '/problems/transition_not_allowed',
    );
  });
});

test('what became of a message to a closed task is known', async () => {
  const { id, run } = await taskThatIs(api, 'running', { review: { policy: 'none' } });
  const said = await api.olga.must(api.olga.post(`/v1/tasks/${id}/comments`, { text: 'hello' }));
  await run.complete();
  await api.withoutWorker(async () => {
    const known = await api.olga.get(`/v1/tasks/${id}/messages/${said.id}`);
    expect(known).toMatchObject({ status: 200, body: { outcome: 'accepted' } });
    const unknown = await api.olga.get(`/v1/tasks/${id}/messages/never-sent`);
    expect(unknown).toMatchObject({ status: 200, body: { outcome: 'unknown' } });
  });
});

test('a task is created once for one key, and answered again as it stands', async () => {
  const create = () => api.olga.post('/v1/tasks', { title: 'Once' }, { 'idempotency-key': 'once' });
  await api.withoutWorker(async () => {
    const first = await create();
    expect(first).toMatchObject({ status: 201, body: { status: 'queued' } });
    expect(await create()).toMatchObject({ status: 201, body: { ...first.body } });
  });
});

test('the export has open tasks as the last worker left them', async () => {
  const company = crypto.randomUUID();
  const olga = api.as('olga', 'operator', company);
  const { id } = await olga.create();
  await api.as('alice', 'agent', company).claim(id);
  const before = await olga.read(id);
  await api.withoutWorker(async () => {
    const { text } = await eventually(
      () => olga.get('/v1/tasks/export'),
      (answer) => answer.text !== '',
    );
    expect(JSON.parse(text)).toEqual(before);
  });
});

test('a cancellation on a condition that does not hold is refused all the same', async () => {
  const { id, version } = await api.olga.create();
  await api.olga.must(api.olga.patch(`/v1/tasks/${id}`, { title: 'Other' }, { 'if-match': `"${version}"` }));
  await api.withoutWorker(async () => {
    const stale = await api.olga.post(`/v1/tasks/${id}/cancel`, {}, { 'if-match': `"${version}"` });
    expect(stale).toMatchObject({ status: 412, body: { type: '/problems/stale_version' } });
  });
  const read = await eventually(
    () => api.olga.get(`/v1/tasks/${id}`),
    ({ status }) => status === 200,
  );
  expect(read.body.status).toBe('queued');
});

test('what an agent says is received, and refused where it has no business', async () => {
  const { id } = await taskThatIs(api, 'handoff');
  await api.withoutWorker(async () => {
    const said = await api.alice.post(`/v1/tasks/${id}/comments`, { text: 'still here' });
    expect(said.status).toBe(202);
    expect(await api.alice.post(`/v1/tasks/${id}/resume`)).toMatchObject({ status: 403 });
  });
});
