/** Who agents are: by their token, or as an operator has it; and what managers may do. */
import { expect, test } from 'vitest';
import { useApi } from '../support/api-under-test.ts';
import type { Caller } from '../support/caller.ts';
import { eventually } from '../support/caller.ts';
import { Wake } from '../support/paperclip.ts';
import { aCompany } from '../support/queues.ts';

const api = useApi();

const put = (caller: Caller, id: string, profile: object = {}) =>
  caller.send('PUT', `/v1/agents/${id}`, { name: id.toUpperCase(), role: 'engineer', ...profile });

test('an agent that was never registered is what its token says, and known to nobody else', async () => {
  const { alice, bob } = aCompany(api);
  const { status, body } = await alice.get('/v1/agents/me');
  expect([status, body]).toEqual([
    200,
    {
      id: 'alice',
      company: body.company,
      name: 'alice',
      role: 'agent',
      adapter: { type: 'http' },
      limits: {},
      registered: false,
      state: 'idle',
      why: 'Nothing waits for it.',
      runs: [],
      pendingWakes: 0,
      chainOfCommand: [],
      spent: null,
      warnings: [],
    },
  ]);
  expect((await alice.get('/v1/agents/alice')).body).toEqual(body);
  expect((await bob.get('/v1/agents/alice')).body).toMatchObject({
    status: 404,
    type: '/problems/not_found',
  });
});

test('operators say what an agent is, as often as they like; others read it at once', async () => {
  const { alice, rita, olga } = aCompany(api);
  for (const profile of [
    { title: 'Junior' },
    {
      team: 'cooks',
      limits: { runsAtOnce: 2, heartbeatSeconds: 60, runsWithoutProgress: 3, costPerTask: { usd: 1 } },
      adapter: { type: 'process', launcher: 'claude', runner: 'desk' },
    },
  ]) {
    const after = await olga.must(put(olga, 'alice', profile));
    expect(after).toMatchObject({ id: 'alice', name: 'ALICE', role: 'engineer', ...profile });
    expect(await alice.must(alice.get('/v1/agents/me'))).toEqual(after);
  }
  expect((await alice.get('/v1/agents/me')).body).not.toHaveProperty('title');
  await olga.must(put(olga, 'o\'brien "x"/ü'.replaceAll('/', '%2F').replaceAll('"', '%22')));
  const { items } = await eventually(
    () => rita.must(rita.get('/v1/agents')),
    (page) => page.items.length === 2,
  );
  expect(items.map(({ id }: { id: string }) => id)).toEqual(['o\'brien "x"/ü', 'alice']);
  for (const caller of [alice, rita]) expect((await put(caller, 'alice')).status).toBe(403);
});

test('companies do not see each other’s agents, and what is no profile changes nothing', async () => {
  const [{ olga, alice }, other] = [aCompany(api), aCompany(api)];
  await olga.must(put(olga, 'alice', { title: 'Chef' }));
  expect((await other.olga.get('/v1/agents/alice')).status).toBe(404);
  expect((await other.olga.get('/v1/agents')).body.items).toEqual([]);
  await other.olga.must(put(other.olga, 'alice'));
  const wrong = [
    { name: '' },
    { role: 1 },
    { reportsTo: 'alice' },
    { budget: { usd: -1 } },
    { extra: 1 },
    { limits: 'x'.repeat(5_000) },
    { limits: { runsAtOnce: 0 } },
    { limits: { runs: 2 } },
    { adapter: { type: 'process' } },
    { adapter: { type: 'http', launcher: 'claude' } },
    { adapter: 'http' },
  ];
  for (const profile of wrong)
    expect([profile, (await put(olga, 'alice', profile)).status]).toEqual([profile, 422]);
  const adapter = { type: 'process', launcher: 'claude', command: 'rm', env: {} };
  const detail = expect.stringContaining('stands in the configuration of the runner');
  expect((await put(olga, 'alice', { adapter })).body).toMatchObject({
    status: 422,
    errors: [
      { pointer: '/adapter/command', detail },
      { pointer: '/adapter/env', detail },
    ],
  });
  expect((await alice.get('/v1/agents/me')).body).toMatchObject({ title: 'Chef' });
});

test('an agent that was ended in the Temporal UI can be registered anew', async () => {
  const { olga, alice } = aCompany(api);
  await olga.must(put(olga, 'alice', { title: 'Chef' }));
  const ids: string[] = [];
  const { company } = (await alice.get('/v1/agents/me')).body;
  const query = `WorkflowType = 'agent' AND TaskCompany = '${company}'`;
  await eventually(async () => {
    for await (const { workflowId } of api.temporal.workflow.list({ query })) ids.push(workflowId);
    return ids.length;
  }, Boolean);
  await api.temporal.workflow.getHandle(ids[0]!).terminate();
  await expect
    .poll(async () => (await alice.get('/v1/agents/me')).body.title, { timeout: 20_000 })
    .toBe(undefined);
  expect(await olga.must(put(olga, 'alice', { title: 'Cook' }))).toMatchObject({ title: 'Cook' });
  expect((await alice.get('/v1/agents/me')).body).toMatchObject({ title: 'Cook' });
});

test('the chain of command leads upward, also where it bites its tail; the budget says what is left', async () => {
  const { olga, alice } = aCompany(api);
  await olga.must(put(olga, 'alice', { reportsTo: 'bob', budget: { usd: 10 } }));
  await olga.must(put(olga, 'bob', { role: 'manager', reportsTo: 'carol' }));
  await olga.must(put(olga, 'carol', { role: 'ceo', reportsTo: 'alice' }));
  const { id } = await olga.create({ assignee: 'alice' });
  const run = await alice.claim(id);
  await run.progress({ cost: { usd: 4, inputTokens: 100 } });
  // Sums lag a little, as lists do.
  const me = await eventually(
    () => alice.must(alice.get('/api/agents/me')),
    ({ budget }) => budget.spent.usd > 0,
  );
  expect(me).toMatchObject({
    id: 'alice',
    name: 'ALICE',
    role: 'engineer',
    reportsTo: 'bob',
    budget: { limit: { usd: 10 }, spent: { usd: 4, tokens: 100 }, remaining: { usd: 6, tokens: null } },
  });
  expect(me.chainOfCommand).toEqual([
    { id: 'bob', name: 'BOB', role: 'manager' },
    { id: 'carol', name: 'CAROL', role: 'ceo' },
  ]);
  expect((await alice.get('/api/agents/bob')).body).toMatchObject({
    role: 'manager',
    budget: { limit: null },
  });
});

test('managers may cancel the issues of those who report to them, directly or not; others may not', async () => {
  const crew = aCompany(api);
  const { company } = (await crew.alice.get('/v1/agents/me')).body;
  const [bob, carol] = [crew.bob, crew.carol].map((agent) => new Wake(agent, company, 'run-1'));
  const board = new Wake(crew.olga, company);
  await crew.olga.must(put(crew.olga, 'alice', { reportsTo: 'middle' }));
  await crew.olga.must(put(crew.olga, 'middle', { reportsTo: 'bob' }));
  const { id } = await board.create({ assigneeAgentId: 'alice' });
  const refused = await carol!.patch(`/issues/${id}`, { status: 'cancelled', comment: 'Mine now.' });
  expect([refused.status, Object.keys(refused.body)]).toEqual([403, ['error']]);
  expect(await board.read(id)).toMatchObject({ status: 'todo', commentCount: 0 });
  expect(await bob!.must(bob!.patch(`/issues/${id}`, { status: 'cancelled' }))).toMatchObject({
    status: 'cancelled',
  });
});
