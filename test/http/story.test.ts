/** The main job over HTTP: a task from its creation to an approved result. */
import { expect, test } from 'vitest';
import { useApi } from '../support/api-under-test.ts';
import type { Json } from '../support/caller.ts';

const api = useApi();

const allowed = (task: Json): string[] =>
  task.actions.filter((action: Json) => action.allowed).map(({ name }: Json) => name);

test('a new task is answered with 201, where it is, its version, and what it was not told by default', async () => {
  const { status, headers, body } = await api.olga.post('/v1/tasks', { title: 'Count the beans' });
  expect(status).toBe(201);
  expect(headers.get('location')).toBe(`/v1/tasks/${body.id}`);
  expect(headers.get('etag')).toBe('"1"');
  expect(body).toMatchObject({
    title: 'Count the beans',
    status: 'queued',
    version: 1,
    priority: 3,
    labels: [],
    maxAttempts: 3,
    review: { policy: 'required' },
    company: 'default',
    createdBy: { id: 'olga', role: 'operator' },
    run: null,
    attempts: 0,
    endedRuns: [],
    children: [],
    comments: 0,
    lastProgress: null,
    submission: null,
    failure: null,
    cancel: null,
    cost: { usd: 0, inputTokens: 0, outputTokens: 0 },
  });
  expect(await api.olga.read(body.id)).toEqual(body);
});

test('a task keeps everything its creator said of it', async () => {
  const said = {
    title: 'Count the beans',
    description: 'All of them.',
    priority: 1,
    project: 'kitchen',
    goal: 'dinner',
    client: 'ada',
    type: 'count',
    labels: ['beans', 'urgent'],
    payload: { from: ['jar', null, 1.5, true] },
    context: [
      { path: 'jar.md', text: 'Glass.' },
      { path: 'web', url: 'https://example.com/jar' },
    ],
    outputSchema: { type: 'object' },
    deadline: '2999-01-01T00:00:00.000Z',
    lease: { seconds: 30 },
    progressTimeoutSeconds: 0,
    maxAttempts: 5,
    budget: { usd: 2.5, tokens: 1000 },
    review: { policy: 'required', reviewers: ['rita', 'rolf'], quorum: 2 },
    settleSeconds: 60,
    cancelGraceSeconds: 5,
  };
  const { id } = await api.olga.create(said);
  expect(await api.olga.read(id)).toMatchObject({ ...said, overdue: false });
});

test('an agent claims, reports and completes; a reviewer approves', async () => {
  const { id } = await api.olga.create();
  const claimed = await api.alice.post(`/v1/tasks/${id}/claim`);
  expect(claimed.status).toBe(200);
  expect(claimed.headers.get('etag')).toBe('"2"');
  const { run: lease, task } = claimed.body;
  expect(lease).toMatchObject({ agent: 'alice', leaseSeconds: 60 });
  expect(Date.parse(lease.leaseExpiresAt)).toBeGreaterThan(Date.parse(task.createdAt) + 50_000);
  expect(task).toMatchObject({
    status: 'assigned',
    version: 2,
    run: { id: lease.id, agent: 'alice', attempt: 1 },
  });

  const run = (name: string, body?: object) =>
    api.alice.post(`/v1/tasks/${id}/runs/${lease.id}/${name}`, body);
  const beat = await run('heartbeat');
  expect(beat.body).toEqual({ leaseExpiresAt: expect.any(String), stop: null, warnings: [] });
  expect((await api.alice.read(id)).status).toBe('assigned');

  const cost = { usd: 0.25, inputTokens: 10, outputTokens: 5 };
  const progress = await run('progress', { understanding: 'Beans.', percent: 40, cost });
  expect(progress.body).toEqual({ leaseExpiresAt: expect.any(String), stop: null, warnings: [] });
  expect(await api.alice.read(id)).toMatchObject({
    status: 'running',
    lastProgress: { understanding: 'Beans.', percent: 40, agent: 'alice', run: lease.id },
    cost,
  });

  const work = {
    output: { beans: 7 },
    reasoning: 'I counted.',
    memoryPromotions: [{ scope: 'agent', text: 'There are seven.' }],
  };
  const completed = await run('complete', work);
  expect(completed.status).toBe(200);
  expect(completed.body).toMatchObject({
    status: 'review',
    run: null,
    submission: { ...work, agent: 'alice' },
  });

  const approved = await api.rita.review(id, 'approve', { comment: 'Well counted.' });
  expect(approved.status).toBe(200);
  expect(approved.body).toMatchObject({
    status: 'done',
    reviewProgress: { decision: { decision: 'approved', by: 'rita' } },
    endedRuns: [{ id: lease.id, agent: 'alice', end: 'completed' }],
    comments: 1,
  });
  expect(approved.headers.get('etag')).toBe(`"${approved.body.version}"`);
});

test('a task says what each caller may do to it now, and why not the rest', async () => {
  const { id } = await api.olga.create();
  expect(allowed(await api.alice.read(id))).toEqual(['claim', 'link', 'edit', 'comment', 'create_subtask']);
  const run = await api.alice.claim(id);
  expect(allowed(await api.alice.read(id))).toEqual([
    'report_progress',
    'mark_complete',
    'mark_failed',
    'release',
    'hand_off',
    'link',
    'edit',
    'comment',
    'create_subtask',
  ]);
  expect(allowed(await api.bob.read(id))).toEqual(['link', 'comment', 'create_subtask']);
  await run.complete();
  expect(allowed(await api.alice.read(id))).toEqual(['link', 'comment']);
  const seen = await api.rita.read(id);
  expect(allowed(seen)).toEqual(['approve', 'request_changes', 'cancel', 'link', 'comment']);
  for (const action of seen.actions) {
    expect(action.href).toMatch(`/v1/tasks/${id}`);
    expect(action.allowed ? 'why' in action : action.why === undefined, action.name).toBe(false);
  }
});

test('its own links lead to a task, its comments and its events, and into the Temporal UI', async () => {
  const { id, links } = await api.olga.create();
  expect(links.temporalUi).toBe(`http://ui.example/namespaces/baton/workflows/${id}`);
  for (const link of [links.self, links.comments, links.events]) {
    expect((await api.olga.get(link)).status, link).toBe(200);
  }
});

test('a failure report is kept for the next run, which a retryable reason allows after a pause', async () => {
  const { id } = await api.olga.create();
  const report = {
    beliefs: 'The jar is locked.',
    tried: [{ what: 'pulling', whyFailed: 'locked' }],
    nextStep: 'wait',
  };
  const run = await api.alice.claim(id);
  const failed = await run.fail({ reasonCode: 'unreachable_service', blocker: 'jar locked', ...report });
  expect(failed.body).toMatchObject({
    status: 'queued',
    attempts: 1,
    lastFailure: { reasonCode: 'unreachable_service', message: 'jar locked', run: run.id, report },
  });
  const again = await api.bob.post(`/v1/tasks/${id}/claim`);
  expect(again).toMatchObject({ status: 409, body: { type: '/problems/backing_off', retryable: true } });
  expect(Number(again.headers.get('retry-after'))).toBeGreaterThan(0);
});
