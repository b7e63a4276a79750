/** What wakes an agent that asks for it over HTTP, in whatever protocol it came about; and how people take one out of work. */
import { describe, expect, test } from 'vitest';
import { useApi } from '../support/api-under-test.ts';
import type { Caller, Json } from '../support/caller.ts';
import { eventually } from '../support/caller.ts';
import { Wake } from '../support/paperclip.ts';
import { aCompany } from '../support/queues.ts';
import { useRunner } from '../support/runner.ts';

const api = useApi();
const runner = useRunner();

const look = (agent: Caller, wait = 0) => agent.get(`/v1/agents/me/wakes?wait=${wait}`);
const wakesOf = async (agent: Caller, wait = 20): Promise<Json[]> =>
  (await agent.must(look(agent, wait))).items;
/** The wakes, once they are as they should be. */
const woken = (agent: Caller, isRight: (wakes: Json[]) => boolean) =>
  eventually(() => wakesOf(agent, 0), isRight);
const handle = (agent: Caller, { id }: Json) => agent.send('DELETE', `/v1/agents/me/wakes/${id}`);
const put = (olga: Caller, id: string, profile: object = {}) =>
  olga.must(olga.send('PUT', `/v1/agents/${id}`, { name: id, role: 'cook', ...profile }));
const comment = (caller: Caller, taskId: string, text: string) =>
  caller.must(caller.post(`/v1/tasks/${taskId}/comments`, { text }));

describe('an agent is woken', () => {
  test('by what it is to do, also while it waits for that, until it has handled it', async () => {
    const { alice, bob, olga } = aCompany(api);
    const waiting = wakesOf(alice);
    const { id } = await olga.create({ assignee: 'alice' });
    const [wake] = await waiting;
    expect(wake).toEqual({
      id: expect.any(String),
      reason: 'assignment',
      reasons: ['assignment'],
      task: id,
      comment: null,
      approval: null,
      at: expect.any(String),
      count: 1,
    });
    expect(await wakesOf(alice, 0)).toEqual([wake]);
    expect(await wakesOf(bob, 0)).toEqual([]);
    expect((await handle(bob, wake)).status).toBe(204);
    expect((await alice.must(alice.get('/v1/agents/me'))).pendingWakes).toBe(1);
    for (let i = 0; i < 2; i += 1) expect((await handle(alice, wake)).status).toBe(204);
    expect(await wakesOf(alice, 0)).toEqual([]);
    expect(await alice.must(alice.get('/v1/agents/me'))).toMatchObject({ pendingWakes: 0, state: 'idle' });
  });

  test('no more by work that it holds, or that has ended', async () => {
    const { alice, olga } = aCompany(api);
    const [held, dropped, other] = await Promise.all(
      [1, 2, 3].map(() => olga.create({ assignee: 'alice', settleSeconds: 60 })),
    );
    await woken(alice, (wakes) => wakes.length === 3);
    const run = await alice.claim(held.id);
    await olga.must(olga.post(`/v1/tasks/${dropped.id}/cancel`));
    expect(await wakesOf(alice, 0)).toMatchObject([{ task: other.id }]);
    // What was left out is handled; what comes anew is not.
    await alice.must(run.fail({ reasonCode: 'missing_credential' }));
    await comment(olga, other.id, '@alice?');
    const [wake] = await woken(alice, (wakes) => wakes[0]?.count === 2);
    expect(wake).toMatchObject({ task: other.id, reasons: ['assignment', 'mention'] });
    expect((await alice.must(alice.get('/v1/agents/me'))).pendingWakes).toBe(1);
  });

  test('by name or id in a comment, whatever message brings it, and never by its own', async () => {
    const { alice, bob, carol, olga, rita } = aCompany(api);
    await put(olga, 'alice', { name: 'Alice Cook' });
    await put(olga, 'carol');
    // Who asks for wakes need not be registered.
    await wakesOf(bob, 0);
    await eventually(
      () => olga.must(olga.get('/v1/agents')),
      ({ items }) => items.length === 3,
    );
    const { id } = await olga.create({ review: { policy: 'required', rework: 'same_task' } });
    const { id: said } = await comment(bob, id, '@Alice cook and @bob: look at bob@carol.example');
    const [wake] = await wakesOf(alice);
    expect(wake).toMatchObject({ reason: 'mention', task: id, comment: said });
    const run = await alice.claim(id);
    await run.handOff({ blockers: 'x' });
    await olga.must(olga.post(`/v1/tasks/${id}/resume`, { comment: '@carol, please' }));
    expect(await wakesOf(carol)).toMatchObject([{ reason: 'mention', task: id }]);
    await carol.must((await carol.claim(id)).complete());
    await rita.must(rita.review(id, 'request_changes', { comment: '@bob knows more' }));
    expect(await wakesOf(bob)).toMatchObject([{ reason: 'mention', task: id }]);
    expect(await woken(carol, ([first]) => first?.count === 2)).toMatchObject([
      { reasons: ['mention', 'changes_requested'] },
    ]);
  });

  test('in the words of other protocols', async () => {
    const { alice, bob, olga } = aCompany(api);
    const { company } = await put(olga, 'bob', { name: 'Bob' });
    await put(olga, 'alice');
    await eventually(
      () => olga.must(olga.get('/v1/agents')),
      ({ items }) => items.length === 2,
    );
    const agent = new Wake(alice, company, 'run-1');
    const board = new Wake(olga, company);
    const issue = await board.create({ assigneeAgentId: 'alice' });
    await agent.must(agent.checkout(issue.id));
    await agent.must(agent.post(`/issues/${issue.id}/comments`, { body: '@Bob, is this right?' }));
    const [wake] = await wakesOf(bob);
    expect(wake).toMatchObject({ reason: 'mention', task: issue.id });
    await bob.must(handle(bob, wake));
    await agent.must(agent.patch(`/issues/${issue.id}`, { status: 'blocked', comment: '@bob has to help.' }));
    expect(await wakesOf(bob)).toMatchObject([{ reason: 'mention', task: issue.id }]);
  });

  test('when its approval is decided on, when its sub-tasks are done, and when one that answers to it is stuck', async () => {
    const { alice, bob, olga } = aCompany(api);
    await put(olga, 'alice', { reportsTo: 'bob' });
    const { id } = await olga.create({ assignee: 'alice' });
    const run = await alice.claim(id);
    await run.progress({ blockers: 'no beans' });
    expect(await wakesOf(bob)).toMatchObject([{ reason: 'escalation', task: id }]);

    const approval = await alice.must(alice.post('/v1/approvals', { type: 'beans', tasks: [id] }));
    await olga.must(olga.post(`/v1/approvals/${approval.id}/decide`, { decision: 'reject' }));
    const about = { id: approval.id, status: 'rejected', tasks: [id] };
    expect((await woken(alice, (wakes) => wakes.length === 1))[0]).toMatchObject({
      reason: 'approval_decided',
      task: null,
      approval: about,
    });

    const part = { title: 'Part', review: { policy: 'none' } };
    const child = await alice.must(alice.post(`/v1/tasks/${id}/subtasks`, part));
    await bob.must((await bob.claim(child.id)).complete());
    expect((await woken(alice, (wakes) => wakes.length === 2))[1]).toMatchObject({
      reason: 'children_finished',
      task: id,
    });
  });

  test('by hand: by operators, and by those it answers to; for open tasks of its company', async () => {
    const { alice, bob, carol, olga } = aCompany(api);
    await put(olga, 'alice', { reportsTo: 'bob' });
    const { id } = await olga.create();
    const wake = (caller: Caller, body?: object, key?: string) =>
      caller.post('/v1/agents/alice/wake', body, key === undefined ? {} : { 'idempotency-key': key });
    expect([(await wake(carol)).status, (await wake(alice)).status]).toEqual([403, 403]);
    expect(await olga.must(wake(olga, { task: id }, 'k'))).toMatchObject({
      pendingWakes: 1,
      state: 'active',
    });
    expect((await wake(olga, { task: id }, 'k')).status).toBe(200);
    expect((await wake(olga, undefined, 'k')).body).toMatchObject({
      status: 422,
      type: '/problems/idempotency_key_reused',
    });
    await bob.must(wake(bob));
    expect(await wakesOf(alice)).toMatchObject([
      { reason: 'manual', task: id, count: 1 },
      { reason: 'manual', task: null, count: 1 },
    ]);
    await olga.must(olga.post(`/v1/tasks/${id}/cancel`));
    expect((await wake(olga, { task: id })).body).toMatchObject({
      status: 409,
      type: '/problems/transition_not_allowed',
    });
    const elsewhere = await aCompany(api).olga.create();
    expect((await wake(olga, { task: elsewhere.id })).body.errors).toMatchObject([{ pointer: '/task' }]);
    expect((await olga.post('/v1/agents/nobody/wake')).status).toBe(404);
  });
});

describe('people take an agent out of work', () => {
  const step = (caller: Caller, name: string, body?: object) => caller.post(`/v1/agents/alice/${name}`, body);

  test('for a while: what wakes it meanwhile waits', async () => {
    const { alice, bob, olga, rita } = aCompany(api);
    await put(olga, 'alice', { reportsTo: 'bob' });
    for (const other of [alice, bob, rita]) expect((await step(other, 'pause')).status).toBe(403);
    expect(await olga.must(step(olga, 'pause', { note: 'Holidays.' }))).toMatchObject({
      state: 'paused',
      why: 'Paused by olga: Holidays.',
    });
    await olga.create({ assignee: 'alice' });
    await eventually(
      () => olga.must(olga.get('/v1/agents/alice')),
      ({ pendingWakes }) => pendingWakes === 1,
    );
    expect(await wakesOf(alice, 0)).toEqual([]);
    expect(await olga.must(step(olga, 'resume'))).toMatchObject({ state: 'active' });
    expect(await wakesOf(alice, 0)).toHaveLength(1);
    await eventually(
      () => olga.must(olga.get('/v1/agents')),
      ({ items: [first] }) => first?.state === 'active' && first.pendingWakes === 1,
    );
  });

  test('for good: nothing wakes it any more', async () => {
    const { alice, olga } = aCompany(api);
    await put(olga, 'alice');
    await olga.must(step(olga, 'wake'));
    expect(await olga.must(step(olga, 'terminate', { note: 'Too dear.' }))).toMatchObject({
      state: 'terminated',
      pendingWakes: 0,
    });
    expect((await step(olga, 'terminate')).status).toBe(200);
    for (const name of ['pause', 'resume', 'wake']) expect((await step(olga, name)).status).toBe(409);
    expect((await olga.send('PUT', '/v1/agents/alice', { name: 'A', role: 'b' })).status).toBe(409);
    await olga.create({ assignee: 'alice' });
    expect(await wakesOf(alice, 1)).toEqual([]);
    expect(await alice.must(alice.get('/v1/agents/me'))).toMatchObject({
      why: 'Terminated by olga: Too dear.',
    });
  });
});

test('what an agent spent is told as it was told of it, with a warning before its budget ends', async () => {
  const { alice, olga } = aCompany(api);
  const { company } = await put(olga, 'alice', { budget: { usd: 10 } });
  const query = `WorkflowType = 'agent' AND TaskCompany = '${company}'`;
  const agent = await eventually(async () => {
    for await (const { workflowId } of api.temporal.workflow.list({ query })) return workflowId;
    return '';
  }, Boolean);
  const { id } = await olga.create();
  const run = await alice.claim(id);
  const spend = (usd: number) =>
    api.temporal.workflow.getHandle(agent).signal('spent', {
      messageId: crypto.randomUUID(),
      runId: run.id,
      taskId: id,
      usd,
      tokens: 7,
    });
  await spend(8.5);
  const me = await eventually(
    () => alice.must(alice.get('/v1/agents/me')),
    ({ spent }) => spent.tokens > 0,
  );
  expect(me).toMatchObject({
    spent: { usd: 8.5, tokens: 7 },
    warnings: ['85 % of your budget of this month is used.'],
  });
  expect((await alice.get('/api/agents/me')).body).toMatchObject({
    budget: { spent: { usd: 8.5 }, remaining: { usd: 1.5 } },
  });
  const warned = { warnings: ['86 % of your budget of this month is used.'] };
  expect(await alice.must(run.progress({ cost: { usd: 0.1 } }))).toMatchObject(warned);
  await eventually(
    () => alice.must(alice.get('/v1/agents/me')),
    ({ spent }) => spent.usd > 8.5,
  );
  expect(await alice.must(run.heartbeat())).toMatchObject(warned);
  await spend(2);
  await eventually(
    () => olga.read(id),
    ({ status }) => status === 'failed',
  );
  await eventually(run.heartbeat, ({ status }) => status === 409);
  expect((await olga.post('/v1/agents/alice/resume')).body).toMatchObject({
    status: 409,
    type: '/problems/budget_exhausted',
  });
  await put(olga, 'alice', { budget: { usd: 20 } });
  expect(await alice.must(alice.get('/v1/agents/me'))).toMatchObject({ state: 'idle', warnings: [] });
});

test('an agent that Baton launches shows what it is at, and is launched no more while it is paused', async () => {
  const { olga, carol } = aCompany(api);
  const adapter = { type: 'process', launcher: 'claude', runner: runner.name };
  await put(olga, 'alice', { adapter });
  const look = () => carol.must(carol.get('/v1/agents/alice'));
  const { id } = await olga.create({ assignee: 'alice', review: { policy: 'none' } });
  const program = await runner.next();
  const { runId } = program.input;
  const atWork = await eventually(look, ({ why }) => why.includes(runId));
  expect(atWork).toMatchObject({
    adapter,
    state: 'running',
    runs: [{ id: runId, task: id, wokenBy: 'assignment' }],
    pendingWakes: 0,
  });
  await olga.must(olga.post('/v1/agents/alice/pause'));
  program.exit(1);
  const { id: next } = await olga.create({ assignee: 'alice' });
  await eventually(
    look,
    ({ state, runs, pendingWakes }) => state === 'paused' && !runs.length && pendingWakes > 0,
  );
  await olga.must(olga.post('/v1/agents/alice/resume'));
  expect((await runner.next()).input.taskId).toBe(next);
  await olga.must(olga.post('/v1/agents/alice/terminate'));
});

test('without a worker wakes can be read', async () => {
  const { alice, olga } = aCompany(api);
  await olga.create({ assignee: 'alice' });
  const [wake] = await wakesOf(alice);
  await api.withoutWorker(async () => {
    expect(await wakesOf(alice, 0)).toEqual([wake]);
  });
});
