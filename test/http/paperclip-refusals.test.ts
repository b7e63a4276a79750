/** What agents of Paperclip get wrong: told in their protocol's shape, without any effect, and without a leak. */
import { beforeAll, expect, test } from 'vitest';
import { useApi } from '../support/api-under-test.ts';
import type { Answer } from '../support/caller.ts';
import { Wake } from '../support/paperclip.ts';

const api = useApi();
const company = `company-${crypto.randomUUID()}`;
const caller = api.as('alice', 'agent', company);
const alice = new Wake(caller, company, 'run-1');
const board = new Wake(api.as('board', 'operator', company), company, 'run-0');
const issues = `/companies/${company}/issues`;

const LEAKS =
  /grpc|temporal|workflow|activity|node_modules|\.ts\b|\bat .*:\d+|stack|undefined|\[object|\/v1/i;

let id: string;
beforeAll(async () => {
  ({ id } = await board.create({ assigneeAgentId: 'alice' }));
  await alice.must(alice.checkout(id));
});

/** What is wrong with a refusal, whatever it is about. */
function objections({ status, headers, body, text }: Answer): unknown[] {
  const isJson = headers.get('content-type')?.startsWith('application/json');
  const isRight =
    isJson && status >= 400 && status < 500 && typeof body.error === 'string' && body.error !== '';
  return isRight && !LEAKS.test(text) ? [] : [status, text];
}

test('a body that does not fit is a validation error: 400, with what is wrong, and nothing is changed', async () => {
  const before = await board.read(id);
  const at = `/issues/${id}`;
  const long = 'x'.repeat(17_000);
  const wrong: [string, () => Promise<Answer>][] = [
    ['no title', () => alice.post(issues, {})],
    ['a title that is none', () => alice.post(issues, { title: 7 })],
    ['a title of two lines', () => alice.post(issues, { title: 'a\nb' })],
    ['a status that is no beginning', () => alice.post(issues, { title: 'a', status: 'done' })],
    ['a priority of another protocol', () => alice.post(issues, { title: 'a', priority: 'urgent' })],
    ['a parent that is none', () => alice.post(issues, { title: 'a', parentId: crypto.randomUUID() })],
    ['an unknown word', () => alice.patch(at, { status: 'finished' })],
    ['a comment that is none', () => alice.patch(at, { comment: { text: 'a' } })],
    ['an empty comment', () => alice.patch(at, { comment: '' })],
    ['a comment that is too long', () => alice.patch(at, { status: 'done', comment: long })],
    ['half a character', () => alice.patch(at, { status: 'done', comment: '\ud800' })],
    ['NUL', () => alice.patch(at, { status: 'done', comment: 'a\0b' })],
    ['another place in the tree', () => alice.patch(at, { parentId: crypto.randomUUID(), comment: 'a' })],
    ['statuses that are none', () => alice.checkout(id, ['in_progress', 'open'])],
    ['no statuses', () => alice.checkout(id, [])],
    ['a comment without a body', () => alice.post(`${at}/comments`, { text: 'a' })],
    ['an unknown word in a list', () => alice.list('status=todo,open')],
    ['an assignee that nobody could look for', () => alice.list('assigneeAgentId=%22')],
    ['a list', () => alice.post(issues, [])],
    ['no JSON', () => alice.post(issues, '{')],
    ['no approval', () => alice.post(`/companies/${company}/approvals`, {})],
    [
      'an approval of what is none',
      () => alice.post(`/companies/${company}/approvals`, { type: 'a', issueIds: ['x'] }),
    ],
  ];
  for (const [what, send] of wrong) {
    const answer = await send();
    expect([what, answer.status, objections(answer)]).toEqual([what, 400, []]);
  }
  expect(await board.read(id)).toEqual(before);
});

test('what is not there, or is another company’s, is not found, and there is no telling which', async () => {
  const stranger = api.as('olga', 'operator', `company-${crypto.randomUUID()}`);
  const approval = await alice.must(alice.post(`/companies/${company}/approvals`, { type: 'a' }));
  const calls = (issueId: string, approvalId: string, companyId: string) => [
    stranger.get(`/api/companies/${companyId}/issues`),
    stranger.post(`/api/companies/${companyId}/issues`, { title: 'a' }),
    stranger.get(`/api/companies/${companyId}/agents`),
    stranger.post(`/api/companies/${companyId}/approvals`, { type: 'a' }),
    stranger.get(`/api/issues/${issueId}`),
    stranger.get(`/api/issues/${issueId}/comments`),
    stranger.post(`/api/issues/${issueId}/comments`, { body: 'a' }),
    stranger.post(`/api/issues/${issueId}/checkout`, { expectedStatuses: ['in_progress'] }),
    stranger.post(`/api/issues/${issueId}/release`),
    stranger.patch(`/api/issues/${issueId}`, { status: 'cancelled' }),
    stranger.get(`/api/approvals/${approvalId}`),
    stranger.get(`/api/approvals/${approvalId}/issues`),
    stranger.post(`/api/approvals/${approvalId}/approve`),
    stranger.get('/api/nothing'),
  ];
  const none = crypto.randomUUID();
  for (const each of [
    ...calls(id, approval.id, company),
    ...calls(none, none, none),
    ...calls('x', 'x', 'x'),
  ]) {
    const { status, body } = await each;
    expect({ status, body }).toEqual({ status: 404, body: { error: 'Not found, or not in your company.' } });
  }
});

test('an agent acts only as itself, an operator as whom it names', async () => {
  const { id: other } = await board.create();
  const asBob = { agentId: 'bob', expectedStatuses: ['todo'] };
  expect((await alice.post(`/issues/${other}/checkout`, asBob)).status).toBe(403);
  expect((await alice.post(`/issues/${id}/release`, { agentId: 'bob' })).status).toBe(403);
  const forBob = { type: 'a', requestedByAgentId: 'bob' };
  expect((await alice.post(`/companies/${company}/approvals`, forBob)).status).toBe(403);
  expect(await board.must(board.post(`/issues/${other}/checkout`, asBob))).toMatchObject({
    assigneeAgentId: 'bob',
    checkoutRunId: 'run-0',
  });
});

test('nobody is let in without a token, and what is too large is not read', async () => {
  const answers = [
    await api.fetch('/api/agents/me'),
    await api.fetch('/api/agents/me', { headers: { authorization: 'Bearer x' } }),
    await alice.post(issues, { title: 'a', description: 'x'.repeat(600_000) }),
  ];
  expect(answers.map(({ status }) => status)).toEqual([401, 401, 413]);
  for (const answer of answers) expect(objections(answer)).toEqual([]);
});

test('fields that nobody knows are ignored, and a body is JSON whatever it says it is', async () => {
  const { status, body } = await caller.send('POST', `/api${issues}`, '{"title":"a","billingCode":7}', {
    'content-type': 'text/plain',
  });
  expect([status, body.title]).toEqual([201, 'a']);
  expect(await alice.must(alice.list('view=board&status=done'))).toEqual([]);
});

test('the single tenant goes by any name', async () => {
  const single = new Wake(api.as('alice', 'agent'), 'company-1', 'run-1');
  const issue = await single.create();
  expect(issue.companyId).toBe('default');
  expect((await single.checkout(issue.id)).status).toBe(200);
});
