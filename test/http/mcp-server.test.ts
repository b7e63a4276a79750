/** The door to the tools: who is let in, what is told of them, and what happens when something is wrong with a request. */
import { describe, expect, test } from 'vitest';
import { tokenOf, useApi } from '../support/api-under-test.ts';
import type { Answer, Json } from '../support/caller.ts';
import { CLIENTS, ToolCaller, useToolCallers } from '../support/mcp.ts';
import { readToon } from '../support/toon.ts';

const api = useApi({ timeoutMs: 2_000 });
const company = `company-${crypto.randomUUID()}`;
const connect = useToolCallers(api, company);

const LEAKS = /grpc|temporal|workflow|node_modules|\.ts\b|\bat .*:\d+|stack|\[object/i;

const NAMES = [
  'get_task',
  'report_progress',
  'mark_complete',
  'mark_failed',
  'create_subtask',
  'hand_off',
  'ticket_create',
  'ticket_get',
  'ticket_claim',
  'ticket_update',
  'ticket_archive',
  'ticket_list',
  'ticket_backlog',
  'ticket_board',
  'ticket_search',
  'ticket_children',
  'ticket_diagram',
  'ticket_comment',
  'ticket_link',
];

/** One request as a client sends it, or as one should not. */
async function post(body: string, headers: Record<string, string> = {}): Promise<Answer> {
  const authorization = `Bearer ${await tokenOf({ sub: 'alice', role: 'agent' })}`;
  return await api.fetch('/mcp', {
    method: 'POST',
    body,
    headers: {
      authorization,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...headers,
    },
  });
}

const rpc = (method: string, params: object = {}) =>
  JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });

describe.each(CLIENTS)('with the client: %s', (line) => {
  test('every tool is announced with what it is for and what it takes', async () => {
    const tools = await (await connect('alice', 'agent', line)).tools();
    expect(new Set(tools.map(({ name }) => name))).toEqual(new Set(NAMES));
    for (const { name, description, inputSchema } of tools) {
      expect(description.length, name).toBeGreaterThan(40);
      expect(inputSchema.type).toBe('object');
      for (const [argument, schema] of Object.entries<Json>(inputSchema.properties))
        expect(schema.description, `${name} ${argument}`).toBeTruthy();
      if (!name.startsWith('ticket_'))
        expect(Object.keys(inputSchema.properties)).toEqual(expect.arrayContaining(['task_id', 'run_id']));
    }
    const create = tools.find(({ name }) => name === 'ticket_create')!.inputSchema;
    for (const each of ['title', 't', 'type', 'typ', 'priority', 'p', 'exec_mode', 'em', 'exec_order', 'ord'])
      expect(create.properties).toHaveProperty(each);
    expect(create.properties.p.enum).toEqual(create.properties.priority.enum);
    // Either name will do, so neither is required.
    expect(create.required).toEqual([]);
  });

  test('a tool that is none is an error of the protocol', async () => {
    const caller = await connect('alice', 'agent', line);
    await expect(caller.call('ticket_delete', { id: 'x' })).rejects.toThrow(/ticket_delete/);
  });

  test('without a worker both sets of tools say so, and nothing of what is behind them', async () => {
    const caller = await connect('alice', 'agent', line);
    const { id } = readToon((await caller.call('ticket_create', { t: 'Wait' })).text);
    await api.withoutWorker(async () => {
      const ticket = await caller.call('ticket_claim', { id });
      expect(readToon(ticket.text)).toMatchObject({ is: 'ERR', code: 'internal' });
      const task = await caller.call('get_task', { task_id: id });
      expect(task).toMatchObject({ isError: true, content: { type: '/problems/no_worker' } });
      for (const { text } of [ticket, task]) expect(text).not.toMatch(LEAKS);
    });
  });
});

test('nobody is let in without a good token', async () => {
  for (const authorization of [
    '',
    'Bearer x',
    `Bearer ${await tokenOf({ sub: 'a', role: 'agent' }, { expires: '-1h' })}`,
  ]) {
    const answer = await post(rpc('tools/list'), { authorization });
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toContain('Bearer');
    expect(answer.text).not.toMatch(LEAKS);
  }
  await expect(ToolCaller.connect(api, { sub: 'baton:tree', role: 'agent' })).rejects.toThrow(
    /401|unauth|not auth/i,
  );
});

test('there are no sessions: any request is answered by itself', async () => {
  const answer = await post(rpc('tools/list'));
  expect(answer.status).toBe(200);
  expect(answer.headers.get('mcp-session-id')).toBeNull();
  expect(answer.headers.get('cache-control')).toContain('no-');
  expect(answer.text).toContain('ticket_backlog');
  const authorization = `Bearer ${await tokenOf({ sub: 'alice', role: 'agent' })}`;
  for (const method of ['GET', 'DELETE'])
    expect((await api.fetch('/mcp', { method, headers: { authorization } })).status).toBe(405);
});

test.each<[string, string, number]>([
  ['no JSON', '{', 400],
  ['no request', '{"hello": 1}', 400],
  ['nothing', '', 400],
  [
    'too much',
    JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'x', params: { x: 'x'.repeat(600_000) } }),
    413,
  ],
])('%s is refused, and nothing is told of what is behind', async (_name, body, status) => {
  const answer = await post(body);
  expect(answer.status).toBe(status);
  expect(answer.text).not.toMatch(LEAKS);
});

test('arguments that are no object, or of the wrong kind, change nothing', async () => {
  const caller = await connect('alice');
  const { id } = readToon((await caller.call('ticket_create', { t: 'Stay' })).text);
  const before = (await caller.call('ticket_get', { id })).text;
  for (const given of [
    { id: 7 },
    { id: { $ne: '' } },
    { id, s: ['dn'] },
    { id, title: 'x'.repeat(401) },
    { id, body: 'a\0b' },
  ]) {
    const { isError, text } = await caller.call('ticket_update', given);
    expect(isError).toBe(true);
    expect(readToon(text)).toMatchObject({ is: 'ERR', code: 'invalid' });
    expect(text).not.toMatch(LEAKS);
  }
  expect((await caller.call('ticket_get', { id })).text).toBe(before);
});
