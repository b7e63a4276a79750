/** What the API answers is what its document says, and says nothing of what is behind it. */
import { Ajv2020 } from 'ajv/dist/2020.js';
import { beforeAll, expect, test } from 'vitest';
import { STATUSES } from '../../workflows/task-state.ts';
import { useApi } from '../support/api-under-test.ts';
import type { Answer, Caller, Json } from '../support/caller.ts';
import { QueueUnderTest, aCompany, askNext } from '../support/queues.ts';
import { COMMAND_CALLS, taskThatIs } from '../support/task-states.ts';

const api = useApi();

let document: Json;
beforeAll(async () => {
  document = (await api.fetch('/openapi.json')).body;
});

const LEAKS = /grpc|temporal|workflow|activity|node_modules|\.ts\b|\bat .*:\d+|stack|undefined|\[object/i;

/** The documented schema of an answer; undefined when nobody may expect this status, `nothing` when it has no body. */
function schemaOf(method: string, path: string, status: number): Json {
  const template = Object.keys(document.paths).find((each) =>
    new RegExp(`^${each.replace(/\{\w+\}/g, '[^/]+')}$`).test(path),
  );
  const answer = document.paths[template!][method].responses[status];
  return answer && ('content' in answer ? (Object.values(answer.content)[0] as Json).schema : 'nothing');
}

/** What about an answer is not as documented, or says too much. */
function objections(method: string, path: string, { status, body }: Answer): unknown[] {
  const where = `${method} ${path} ${status}`;
  const schema = schemaOf(method, path, status);
  if (!schema) return [`${where} is not documented`];
  if (schema === 'nothing') return body === '' ? [] : [where, body];
  const ajv = new Ajv2020({ strict: false, logger: false, validateFormats: false });
  const validate = ajv.compile({ ...schema, components: document.components });
  const fits: boolean = validate(body);
  if (!fits) return [where, ...validate.errors!];
  const leaks = status >= 400 && LEAKS.test(JSON.stringify(body));
  return leaks || (status >= 400 && !body.detail) ? [where, body] : [];
}

const ROUTES: Record<keyof typeof COMMAND_CALLS, [method: string, path: string]> = {
  claim: ['post', '/claim'],
  report_progress: ['post', '/runs/x/progress'],
  mark_complete: ['post', '/runs/x/complete'],
  mark_failed: ['post', '/runs/x/fail'],
  release: ['post', '/runs/x/release'],
  hand_off: ['post', '/hand-off'],
  resume: ['post', '/resume'],
  approve: ['post', '/review'],
  request_changes: ['post', '/review'],
  reopen: ['post', '/reopen'],
  cancel: ['post', '/cancel'],
  archive: ['post', '/archive'],
  link: ['post', '/links'],
  edit: ['patch', ''],
  comment: ['post', '/comments'],
  create_subtask: ['post', '/subtasks'],
  skip_child: ['post', '/subtasks/x/skip'],
};

test.each(STATUSES)('whatever is asked of a task that is %s, its answer is documented', async (status) => {
  let task = await taskThatIs(api, status);
  const at = `/v1/tasks/${task.id}`;
  for (const path of [
    at,
    `${at}/comments`,
    `${at}/events`,
    `${at}/subtasks`,
    `${at}/diagnosis`,
    `${at}/messages/x`,
    '/v1/tasks',
  ]) {
    expect(objections('get', path, await api.olga.get(path))).toEqual([]);
  }
  for (const command of Object.keys(ROUTES) as (keyof typeof ROUTES)[]) {
    const [method, path] = ROUTES[command];
    const answer = await COMMAND_CALLS[command](api, task);
    expect(objections(method, `/v1/tasks/x${path}`, answer)).toEqual([]);
    // What was accepted may have moved the task on.
    if (answer.status < 300) task = await taskThatIs(api, status);
  }
});

test('refusals of any kind are documented, and leak nothing', async () => {
  const { id, run } = await taskThatIs(api, 'running', { outputSchema: { type: 'string' } });
  const at = `/v1/tasks/${id}`;
  const runPath = `${at}/runs/${run.id}`;
  const calls: [string, string, Promise<Answer>][] = [
    ['post', '/v1/tasks', api.alice.post('/v1/tasks', '{')],
    ['post', '/v1/tasks', api.alice.post('/v1/tasks', { title: 1 })],
    ['post', '/v1/tasks', api.alice.post('/v1/tasks', { title: 'x'.repeat(600_000) })],
    ['post', '/v1/tasks', api.alice.post('/v1/tasks', 'x', { 'content-type': 'text/plain' })],
    ['post', '/v1/tasks', api.fetch('/v1/tasks', { method: 'POST' })],
    ['get', '/v1/tasks', api.alice.get('/v1/tasks?limit=x')],
    ['get', '/v1/tasks/export', api.alice.get('/v1/tasks/export')],
    ['get', '/v1/tasks/x', api.alice.get('/v1/tasks/%zz')],
    ['get', `${at}/events`, api.alice.get(`${at}/events?cursor=x`)],
    ['patch', at, api.olga.patch(at, { title: 'a' })],
    ['patch', at, api.olga.patch(at, { title: 'a' }, { 'if-match': 'x' })],
    ['patch', at, api.olga.patch(at, { title: 'a' }, { 'if-match': '"1"' })],
    ['patch', at, api.bob.patch(at, { title: 'a' }, { 'if-match': '*' })],
    ['patch', at, api.bob.patch(at, { maxAttempts: 9 }, { 'if-match': '*' })],
    ['post', `${at}/review`, api.rita.review(id, 'approve', {}, { 'if-match': 'x' })],
    ['post', `${at}/review`, api.alice.review(id, 'approve')],
    ['post', `${at}/resume`, api.olga.post(`${at}/resume`, undefined, { 'idempotency-key': '' })],
    ['post', `${at}/cancel`, api.alice.post(`${at}/cancel`)],
    ['post', `${runPath}/complete`, run.complete()],
    ['post', `${runPath}/complete`, api.bob.post(`${runPath}/complete`, { output: 'a', reasoning: '' })],
    ['post', `${runPath}/heartbeat`, api.alice.post(`${runPath}/heartbeat`, { extra: 1 })],
    [
      'post',
      `${at}/runs/${'x'.repeat(201)}/heartbeat`,
      api.alice.post(`${at}/runs/${'x'.repeat(201)}/heartbeat`),
    ],
  ];
  for (const [method, path, answer] of calls) expect(objections(method, path, await answer)).toEqual([]);
});

test('trees, their steps and what is refused about them are documented', async () => {
  const { alice, olga } = api;
  const tree = { title: 'Epic', mode: 'sequence', children: [{ title: 'A' }, { title: 'B' }] };
  const planted = await olga.post('/v1/tasks', tree);
  const { id, children } = planted.body;
  const [a, b] = children.map((child: Json) => child.id);
  const at = `/v1/tasks/${id}`;
  const failed = (await alice.claim(a)).fail();
  expect(objections('post', '/v1/tasks', planted)).toEqual([]);
  expect(objections('post', `${at}/runs/x/fail`, await failed)).toEqual([]);
  await expect.poll(async () => (await olga.read(id)).children[0].status, { timeout: 45_000 }).toBe('failed');
  const calls: [string, string, Promise<Answer>][] = [
    ['get', `/v1/tasks/${b}`, olga.get(`/v1/tasks/${b}`)],
    ['get', '/v1/tasks', olga.get(`/v1/tasks?parent=${id}`)],
    ['get', `${at}/subtasks`, olga.get(`${at}/subtasks`)],
    ['post', `/v1/tasks/${b}/claim`, alice.post(`/v1/tasks/${b}/claim`)],
    ['post', `${at}/claim`, alice.post(`${at}/claim`)],
    ['post', '/v1/tasks', olga.post('/v1/tasks', { ...tree, children: [{ title: 1 }] })],
    ['post', '/v1/tasks', olga.post('/v1/tasks', { ...tree, parent: crypto.randomUUID() })],
    ['post', `${at}/subtasks`, olga.post(`${at}/subtasks`, { title: 'C', order: 2 })],
    ['post', `${at}/subtasks`, olga.post(`${at}/subtasks`, { title: '' })],
    ['post', `${at}/subtasks/${a}/skip`, alice.post(`${at}/subtasks/${a}/skip`)],
    ['post', `${at}/subtasks/${b}/skip`, olga.post(`${at}/subtasks/${b}/skip`)],
    ['post', `${at}/subtasks/x/skip`, olga.post(`${at}/subtasks/x/skip`)],
    ['post', `${at}/subtasks/${b}/retry`, olga.post(`${at}/subtasks/${b}/retry`, { text: 'x' })],
    ['post', `${at}/subtasks/x/retry`, olga.post(`${at}/subtasks/x/retry`)],
    ['post', `${at}/subtasks/${a}/retry`, olga.post(`${at}/subtasks/${a}/retry`)],
  ];
  const statuses: number[] = [];
  for (const [method, path, answer] of calls) {
    expect(objections(method, path, await answer)).toEqual([]);
    statuses.push((await answer).status);
  }
  expect(statuses).toEqual([200, 200, 200, 409, 409, 422, 404, 409, 422, 403, 409, 404, 422, 404, 201]);
});

test('whatever is asked of queues, its answer is documented', async () => {
  const crew = aCompany(api);
  const { alice, bob, olga } = crew;
  const queue = await QueueUnderTest.open(olga, { team: 'cooks' });
  const at = `/v1/queues/${queue.id}`;
  const unknown = `/v1/queues/${crypto.randomUUID()}`;
  const del = (caller: Caller, path: string) => caller.send('DELETE', path);
  const calls: [string, string, () => Promise<Answer>][] = [
    ['post', '/v1/queues', () => olga.post('/v1/queues', { name: 'cellar', defaults: { maxAttempts: 2 } })],
    ['post', '/v1/queues', () => olga.post('/v1/queues', {})],
    ['get', '/v1/queues', () => olga.get('/v1/queues')],
    ['get', '/v1/queues', () => olga.get('/v1/queues?limit=0')],
    ['get', at, () => queue.look()],
    ['get', unknown, () => olga.get(unknown)],
    ['post', `${at}/dequeue`, () => queue.dequeue(alice)],
    ['post', `${at}/dequeue`, () => queue.dequeue(alice, 31)],
    ['post', `${unknown}/dequeue`, () => alice.post(`${unknown}/dequeue`)],
    ['post', `${at}/steal`, () => queue.steal(alice)],
    ['post', '/v1/agents/me/next', () => askNext(bob)],
    ['post', '/v1/tasks', () => olga.post('/v1/tasks', { title: 'a', queue: queue.id })],
    ['post', '/v1/tasks', () => olga.post('/v1/tasks', { title: 'a', queue: 'none' })],
    ['post', `${at}/dequeue`, () => queue.dequeue(alice, 20, { key: 'a' })],
    ['post', `${at}/dequeue`, () => queue.dequeue(alice, 20, { key: 'a', body: { lease: { seconds: 9 } } })],
    ['delete', at, () => del(bob, at)],
    ['delete', at, () => del(olga, at)],
    ['delete', at, () => del(olga, `${at}?force=1`)],
    ['delete', at, () => del(olga, `${at}?force=true`)],
    ['delete', at, () => del(olga, at)],
  ];
  const statuses: number[] = [];
  for (const [method, path, call] of calls) {
    const answer = await call();
    statuses.push(answer.status);
    expect(objections(method, path, answer)).toEqual([]);
  }
  expect(statuses).toEqual([
    201, 422, 200, 422, 200, 404, 204, 422, 404, 204, 204, 201, 422, 200, 422, 403, 409, 422, 204, 404,
  ]);
});

test('whatever is asked of agents and approvals, its answer is documented', async () => {
  const { alice, bob, olga } = aCompany(api);
  const profile = {
    name: 'Alice',
    role: 'cook',
    reportsTo: 'bob',
    budget: { usd: 1 },
    limits: { costPerTask: { usd: 1 } },
    adapter: { type: 'process', launcher: 'claude' },
  };
  const { id } = await alice.must(alice.post('/v1/approvals', { type: 'hire', payload: { beans: 7 } }));
  const at = `/v1/approvals/${id}`;
  const decide = (caller: Caller, decision: string) => caller.post(`${at}/decide`, { decision, note: 'so' });
  const unknown = `/v1/approvals/${crypto.randomUUID()}`;
  const calls: [string, string, () => Promise<Answer>][] = [
    ['get', '/v1/agents/me', () => alice.get('/v1/agents/me')],
    ['put', '/v1/agents/alice', () => olga.send('PUT', '/v1/agents/alice', profile)],
    ['put', '/v1/agents/alice', () => olga.send('PUT', '/v1/agents/alice', { ...profile, title: 'Chef' })],
    ['put', '/v1/agents/alice', () => bob.send('PUT', '/v1/agents/alice', profile)],
    ['put', '/v1/agents/alice', () => olga.send('PUT', '/v1/agents/alice', { name: 'Alice' })],
    ['get', '/v1/agents/alice', () => bob.get('/v1/agents/alice')],
    ['get', '/v1/agents/nobody', () => bob.get('/v1/agents/nobody')],
    ['get', '/v1/agents', () => olga.get('/v1/agents')],
    ['post', '/v1/agents/alice/wake', () => bob.post('/v1/agents/alice/wake')],
    ['post', '/v1/agents/alice/wake', () => alice.post('/v1/agents/alice/wake')],
    ['post', '/v1/agents/alice/wake', () => olga.post('/v1/agents/alice/wake', { task: 'none' })],
    ['post', '/v1/agents/nobody/wake', () => olga.post('/v1/agents/nobody/wake')],
    ['get', '/v1/agents/me/wakes', () => bob.get('/v1/agents/me/wakes')],
    ['get', '/v1/agents/me/wakes', () => bob.get('/v1/agents/me/wakes?wait=31')],
    ['delete', '/v1/agents/me/wakes/none', () => bob.send('DELETE', '/v1/agents/me/wakes/none')],
    ['post', '/v1/agents/bob/wake', () => olga.post('/v1/agents/bob/wake')],
    ['get', '/v1/agents/me/wakes', () => bob.get('/v1/agents/me/wakes')],
    ['post', '/v1/agents/alice/pause', () => olga.post('/v1/agents/alice/pause', { note: 'so' })],
    ['post', '/v1/agents/alice/pause', () => bob.post('/v1/agents/alice/pause')],
    ['post', '/v1/agents/alice/resume', () => olga.post('/v1/agents/alice/resume')],
    ['post', '/v1/agents/alice/terminate', () => olga.post('/v1/agents/alice/terminate')],
    ['post', '/v1/agents/alice/resume', () => olga.post('/v1/agents/alice/resume')],
    ['put', '/v1/agents/alice', () => olga.send('PUT', '/v1/agents/alice', profile)],
    ['get', '/v1/agents/alice', () => bob.get('/v1/agents/alice')],
    ['post', '/v1/approvals', () => alice.post('/v1/approvals', { type: 'hire' })],
    ['post', '/v1/approvals', () => alice.post('/v1/approvals', { type: 'hire', tasks: ['none'] })],
    ['get', '/v1/approvals', () => olga.get('/v1/approvals?status=pending')],
    ['get', '/v1/approvals', () => olga.get('/v1/approvals?status=open')],
    ['get', unknown, () => olga.get(unknown)],
    ['post', `${at}/decide`, () => decide(alice, 'approve')],
    ['post', `${at}/decide`, () => decide(olga, 'request_revision')],
    ['post', `${at}/decide`, () => decide(olga, 'approve')],
    ['post', `${at}/resubmit`, () => olga.post(`${unknown}/resubmit`)],
    ['post', `${at}/resubmit`, () => alice.post(`${at}/resubmit`, { payload: [] })],
    ['post', `${at}/decide`, () => decide(olga, 'reject')],
    ['get', at, () => alice.get(at)],
  ];
  const statuses: number[] = [];
  for (const [method, path, call] of calls) {
    const answer = await call();
    statuses.push(answer.status);
    expect(objections(method, path, answer)).toEqual([]);
  }
  expect(statuses).toEqual([
    200, 200, 200, 403, 422, 200, 404, 200, 200, 403, 422, 404, 200, 422, 204, 200, 200, 200, 403, 200, 200,
    409, 409, 200, 201, 422, 200, 422, 404, 403, 200, 409, 404, 200, 200, 200,
  ]);
});

test('whatever is asked of memories, its answer is documented', async () => {
  const { alice, olga } = aCompany(api);
  const at = '/v1/memory/project/soup';
  const unread = { 'if-match': '*' };
  const { id } = await olga.must(olga.post(at, { text: 'Beans.' }));
  const calls: [string, string, () => Promise<Answer>][] = [
    ['get', at, () => alice.get(at)],
    ['get', at, () => alice.get('/v1/memory/project/none')],
    ['get', at, () => alice.get('/v1/memory/team/soup')],
    ['post', at, () => olga.post(at, { text: 'Peas.' })],
    ['post', at, () => olga.post(at, { text: '' })],
    ['post', at, () => alice.post(at, { text: 'Peas.' })],
    ['put', at, () => alice.send('PUT', '/v1/memory/agent/me', { text: 'Corn.' }, unread)],
    ['put', at, () => olga.send('PUT', at, { text: 'Corn.' }, { 'if-match': '"1"' })],
    ['put', at, () => olga.send('PUT', at, { text: 'Corn.' })],
    ['post', `${at}/summarise`, () => olga.post(`${at}/summarise`, { upTo: 'none', text: 'x' })],
    ['post', `${at}/summarise`, () => olga.post(`${at}/summarise`, { upTo: id, text: 'x' })],
    ['post', `${at}/summarise`, () => alice.post(`${at}/summarise`, { upTo: id, text: 'x' })],
    ['get', at, () => olga.get(at)],
  ];
  const statuses: number[] = [];
  for (const [method, path, call] of calls) {
    const answer = await call();
    statuses.push(answer.status);
    expect(objections(method, path, answer)).toEqual([]);
  }
  expect(statuses).toEqual([200, 404, 422, 201, 422, 403, 200, 412, 428, 404, 200, 403, 200]);
});
