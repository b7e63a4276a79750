/** Tools under a key: who never saw an answer calls again, and what it asked for is done once. */
import { expect, test } from 'vitest';
import { useApi } from '../support/api-under-test.ts';
import { useToolCallers } from '../support/mcp.ts';
import { paperclipCompany } from '../support/paperclip.ts';
import { aCompany } from '../support/queues.ts';
import { TicketAgent } from '../support/tickets.ts';

const api = useApi();
const company = `company-${crypto.randomUUID()}`;
const { olga, alice } = aCompany(api, company);
const connect = useToolCallers(api, company);
const anAgent = async () => new TicketAgent(await connect('alice'));
const aKey = () => crypto.randomUUID();
const NO_REVIEW = { review: { policy: 'none' }, settleSeconds: 600 };
const commentsOf = async (id: string) => (await olga.must(olga.get(`/v1/tasks/${id}/comments`))).items;

test('tools that change something take a key, those that read take none', async () => {
  const tools = await (await connect('alice')).tools();
  for (const { name, annotations, inputSchema } of tools) {
    const takesKey = inputSchema.properties.idempotency_key !== undefined;
    expect(takesKey, name).toBe(annotations.readOnlyHint !== true);
  }
});

test('a ticket is created once', async () => {
  const agent = await anAgent();
  const asked = { title: 'Count the beans', idempotency_key: aKey() };
  const { id } = await agent.call('ticket_create', asked);
  expect(await agent.call('ticket_create', asked)).toMatchObject({ is: 'T', id });
  expect(await agent.call('ticket_create', { ...asked, title: 'Another' })).toMatchObject({
    is: 'ERR',
    code: 'invalid',
  });
});

test('a claim is the caller’s under its key, and a conflict under another', async () => {
  const agent = await anAgent();
  const { id } = await olga.create(NO_REVIEW);
  const asked = { id, idempotency_key: aKey() };
  const { ua } = await agent.call('ticket_claim', asked);
  expect(await agent.call('ticket_claim', asked)).toMatchObject({ s: 'ip', as: 'alice', ua });
  const other = await agent.call('ticket_claim', { id, idempotency_key: aKey() });
  expect(other).toMatchObject({ is: 'ERR', code: 'conflict' });
  // Once it is over, so is what its key got.
  await agent.say(`ticket_update id=${id} s=bk`);
  expect(await agent.call('ticket_claim', asked)).toMatchObject({ is: 'ERR', code: 'conflict' });
});

test('a ticket is done once, with one comment, and stays open when it was opened again', async () => {
  const agent = await anAgent();
  const { id } = await olga.create(NO_REVIEW);
  await agent.say(`ticket_claim id=${id}`);
  const done = { id, s: 'dn', body: 'Seven.', idempotency_key: aKey() };
  const { ua } = await agent.call('ticket_update', done);
  expect(await agent.call('ticket_update', done)).toMatchObject({ is: 'T', s: 'dn', ua });
  expect(await commentsOf(id)).toHaveLength(1);
  await olga.must(olga.post(`/v1/tasks/${id}/reopen`));
  expect(await agent.call('ticket_update', done)).toMatchObject({ is: 'T', s: 'bk' });
  const reused = await agent.call('ticket_update', { ...done, s: 'bl' });
  expect(reused).toMatchObject({ is: 'ERR', code: 'invalid' });
  expect(await agent.say(`ticket_get id=${id}`)).toMatchObject({ s: 'bk' });
});

test('a comment is made once', async () => {
  const agent = await anAgent();
  const { id } = await olga.create(NO_REVIEW);
  const asked = { id, body: 'Mind it.', idempotency_key: aKey() };
  await agent.call('ticket_comment', asked);
  await agent.call('ticket_comment', asked);
  expect(await commentsOf(id)).toHaveLength(1);
});

test('costs are counted once, and work is handed in once', async () => {
  const tools = await connect('alice');
  const { id } = await olga.create(NO_REVIEW);
  await alice.claim(id);
  const report = { task_id: id, note: 'Half.', cost: { usd: 1 }, idempotency_key: aKey() };
  await tools.must('report_progress', report);
  await tools.must('report_progress', report);
  expect((await olga.read(id)).cost.usd).toBe(1);
  const part = { task_id: id, title: 'Open the jar', idempotency_key: aKey() };
  const { task_id: one } = await tools.must('create_subtask', part);
  expect(await tools.must('create_subtask', part)).toMatchObject({ task_id: one });
  await olga.must(olga.post(`/v1/tasks/${one}/cancel`));
  await expect.poll(async () => (await olga.read(id)).children[0].status).toBe('cancelled');
  const work = { task_id: id, output: 7, reasoning: 'I counted.', idempotency_key: aKey() };
  await tools.must('mark_complete', work);
  expect(await tools.must('mark_complete', work)).toMatchObject({ task_id: id, status: 'done' });
  const other = await tools.call('mark_complete', { ...work, output: 8 });
  expect(other).toMatchObject({ isError: true, content: { type: '/problems/idempotency_key_reused' } });
});

test('what is no key is refused', async () => {
  const tools = await connect('alice');
  for (const idempotency_key of ['', ' ', 7, 'ü', 'x'.repeat(201)]) {
    const refused = await tools.call('report_progress', { note: 'Half.', idempotency_key });
    expect(refused).toMatchObject({ isError: true, content: { type: '/problems/invalid_idempotency_key' } });
  }
});

test('an issue is changed once under the header’s key, whatever became of it since', async () => {
  const { company: pond, held, board, native } = paperclipCompany(api);
  const id = await held();
  const duck = api.as('alice', 'agent', pond);
  const path = `/api/issues/${id}`;
  const done = { status: 'done', comment: 'Seven.' };
  const key = { 'idempotency-key': aKey() };
  expect(await duck.must(duck.patch(path, done, key))).toMatchObject({ status: 'done' });
  await board.must(board.patch(`/issues/${id}`, { status: 'todo' }));
  expect(await duck.must(duck.patch(path, done, key))).toMatchObject({ status: 'todo' });
  expect((await duck.patch(path, { ...done, status: 'blocked' }, key)).status).toBe(422);
  expect((await native.read(id)).submission).toMatchObject({ output: 'Seven.' });
  expect(await board.comments(id)).toEqual(['Seven.']);
});
