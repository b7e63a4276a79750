/** Approvals over `/v1` and in Paperclip's words: asked for, decided by somebody else, sent back, submitted again. */
import { expect, test } from 'vitest';
import { useApi } from '../support/api-under-test.ts';
import type { Caller } from '../support/caller.ts';
import { eventually } from '../support/caller.ts';
import { Wake } from '../support/paperclip.ts';
import { aCompany } from '../support/queues.ts';

const api = useApi();
const { alice, bob, rita, olga } = aCompany(api);

const ask = (caller: Caller, body: object = {}, key?: string) =>
  caller.post(
    '/v1/approvals',
    { type: 'hire_agent', ...body },
    key === undefined ? {} : { 'idempotency-key': key },
  );
const decide = (caller: Caller, id: string, decision: string, note?: string) =>
  caller.post(`/v1/approvals/${id}/decide`, { decision, ...(note !== undefined && { note }) });

test('is decided by somebody else than who asked, once', async () => {
  const { id, ...asked } = await alice.must(ask(alice, { payload: { name: 'Zoe' } }));
  expect(asked).toMatchObject({
    status: 'pending',
    requestedBy: { id: 'alice', role: 'agent' },
    payload: { name: 'Zoe' },
    history: [],
  });
  for (const agent of [alice, bob]) expect((await decide(agent, id, 'approve')).status).toBe(403);
  const approved = await rita.must(decide(rita, id, 'approve', 'Good.'));
  expect(approved).toMatchObject({
    status: 'approved',
    history: [{ step: 'approve', by: { id: 'rita', role: 'reviewer' }, note: 'Good.' }],
  });
  // Sent again, it is the same; anything else comes too late.
  expect(await rita.must(decide(rita, id, 'approve', 'Good.'))).toEqual(approved);
  for (const late of [decide(olga, id, 'reject'), alice.post(`/v1/approvals/${id}/resubmit`)]) {
    expect((await late).body).toMatchObject({ status: 409, type: '/problems/transition_not_allowed' });
  }
  expect(await alice.must(alice.get(`/v1/approvals/${id}`))).toEqual(approved);
});

test('of two who decide at once one is right', async () => {
  const { id } = await alice.must(ask(alice));
  const answers = await Promise.all([decide(rita, id, 'approve'), decide(olga, id, 'reject')]);
  expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 409]);
});

test('goes back for a revision and comes again; the managers of who asked may decide, too', async () => {
  const { id } = await alice.must(ask(alice));
  await olga.must(decide(olga, id, 'request_revision', 'Cheaper, please.'));
  expect((await bob.post(`/v1/approvals/${id}/resubmit`, { payload: 1 })).status).toBe(403);
  await alice.must(alice.post(`/v1/approvals/${id}/resubmit`, { payload: { usd: 1 } }));
  await olga.must(olga.send('PUT', '/v1/agents/alice', { name: 'Alice', role: 'cook', reportsTo: 'bob' }));
  await expect.poll(async () => (await decide(bob, id, 'reject')).status, { timeout: 20_000 }).toBe(200);
  expect(await alice.must(alice.get(`/v1/approvals/${id}`))).toMatchObject({
    status: 'rejected',
    payload: { usd: 1 },
    history: [
      { step: 'request_revision', note: 'Cheaper, please.' },
      { step: 'resubmit' },
      { step: 'reject' },
    ],
  });
});

test('the same key asks once, and another body under it is refused', async () => {
  const first = await alice.must(ask(alice, {}, 'key-1'));
  expect((await ask(alice, {}, 'key-1')).body).toEqual(first);
  expect((await ask(alice, { payload: 1 }, 'key-1')).status).toBe(422);
});

test('are listed by their status, and only to their company', async () => {
  const crew = aCompany(api);
  const [first, second] = [await crew.alice.must(ask(crew.alice)), await crew.bob.must(ask(crew.bob))];
  await crew.olga.must(decide(crew.olga, first.id, 'approve'));
  const list = async (query = '') =>
    (await crew.olga.must(crew.olga.get(`/v1/approvals${query}`))).items.map(({ id }: { id: string }) => id);
  await eventually(
    () => list('?status=approved'),
    (ids) => ids.length === 1,
  );
  expect(await list('?status=pending')).toEqual([second.id]);
  expect(await list()).toHaveLength(2);
  expect((await olga.get(`/v1/approvals/${first.id}`)).status).toBe(404);
  expect((await decide(olga, second.id, 'approve')).status).toBe(404);
});

test('in Paperclip’s words', async () => {
  const { company } = await alice.must(alice.get('/v1/agents/me'));
  const agent = new Wake(alice, company, 'run-1');
  const board = new Wake(olga, company);
  const issue = await board.create({ assigneeAgentId: 'alice' });
  const approval = await agent.must(
    agent.post(`/companies/${company}/approvals`, {
      type: 'approve_ceo_strategy',
      requestedByAgentId: 'alice',
      issueIds: [issue.id],
      payload: { plan: 'More beans.' },
    }),
  );
  expect(approval).toMatchObject({
    companyId: company,
    type: 'approve_ceo_strategy',
    requestedByAgentId: 'alice',
    requestedByUserId: null,
    status: 'pending',
    payload: { plan: 'More beans.' },
    decisionNote: null,
    decidedAt: null,
  });
  const at = `/approvals/${approval.id}`;
  expect(await agent.must(agent.get(`${at}/issues`))).toMatchObject([{ id: issue.id, status: 'todo' }]);
  expect((await agent.post(`${at}/approve`)).status).toBe(403);
  expect(await board.must(board.post(`${at}/request-revision`, { decisionNote: 'How many?' }))).toMatchObject(
    {
      status: 'revision_requested',
      decisionNote: 'How many?',
      decidedByUserId: null,
    },
  );
  expect((await board.post(`${at}/approve`)).body).toEqual({
    error: expect.stringContaining('revision_requested'),
  });
  await agent.must(agent.post(`${at}/resubmit`, { payload: { plan: 'Seven.' } }));
  expect(await board.must(board.post(`${at}/approve`, { decisionNote: 'Good.' }))).toMatchObject({
    status: 'approved',
    payload: { plan: 'Seven.' },
    decisionNote: 'Good.',
    decidedByUserId: 'olga',
    history: [
      { status: 'revision_requested' },
      { status: 'pending', byAgentId: 'alice' },
      { status: 'approved' },
    ],
  });
});
