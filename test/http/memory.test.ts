/** What is remembered, over `/v1`: who reads it, who changes what of it, and how there is room again. */
import { expect, test } from 'vitest';
import { memoryWorkflowId } from '../../api/entity-ids.ts';
import { LIMITS } from '../../workflows/limits.ts';
import { useApi } from '../support/api-under-test.ts';
import type { Caller } from '../support/caller.ts';
import { aCompany } from '../support/queues.ts';

const api = useApi();
const { alice, bob, rita, olga } = aCompany(api);

const aProject = () => `/v1/memory/project/${crypto.randomUUID()}`;
const add = (caller: Caller, at: string, text: string, key?: string) =>
  caller.post(at, { text }, key === undefined ? {} : { 'idempotency-key': key });
const put = (caller: Caller, at: string, text: string, version: string) =>
  caller.send('PUT', at, { text }, { 'if-match': version });
const MARKDOWN = { accept: 'text/markdown' };

test('grows entry by entry, and is read as data or as one text', async () => {
  const at = aProject();
  const { headers, body } = await add(rita, at, 'Beans come first.');
  expect(body).toMatchObject({ text: 'Beans come first.', by: { id: 'rita', role: 'reviewer' } });
  expect([headers.get('location'), headers.get('etag')]).toEqual([at, '"1"']);
  await olga.must(add(olga, at, 'Then peas.'));
  const read = await alice.get(at);
  expect(read.headers.get('etag')).toBe('"2"');
  expect(read.body).toMatchObject({
    scope: 'project',
    version: 2,
    bytes: 27,
    entries: [body, { text: 'Then peas.', by: { id: 'olga' } }],
    leftOut: [],
  });
  const text = await bob.get(at, MARKDOWN);
  expect(text.headers.get('content-type')).toBe('text/markdown; charset=utf-8');
  expect(text.headers.get('vary')).toMatch(/accept/i);
  expect(text.text).toBe(
    `- **rita, ${body.at}:**\n  Beans come first.\n\n- **olga, ${read.body.entries[1].at}:**\n  Then peas.\n`,
  );
});

test('is written anew by who has read it as it is', async () => {
  const at = aProject();
  expect((await olga.send('PUT', at, { text: 'x' })).body.type).toBe('/problems/version_required');
  expect(await olga.must(put(olga, at, '# Soup', '*'))).toMatchObject({
    version: 1,
    entries: [{ text: '# Soup', whole: true }],
  });
  await olga.must(put(olga, at, '# Stew', '"1"'));
  expect((await put(rita, at, '# Soup', '"1"')).body).toMatchObject({
    status: 412,
    type: '/problems/stale_version',
    version: 2,
  });
  expect((await alice.get(at, MARKDOWN)).text).toBe('# Stew');
  expect(await rita.must(put(rita, at, '', '"2"'))).toMatchObject({ version: 3, entries: [] });
});

test('a request that comes again is done once, and its key takes no other', async () => {
  const at = aProject();
  const first = await rita.must(add(rita, at, 'Beans.', 'once'));
  expect(await rita.must(add(rita, at, 'Beans.', 'once'))).toEqual(first);
  expect((await add(rita, at, 'Peas.', 'once')).body.type).toBe('/problems/idempotency_key_reused');
  expect(await rita.must(rita.get(at))).toMatchObject({ version: 1, entries: [first] });
});

test('agents read what their company remembers, and write only their own and that of the task they hold', async () => {
  const project = aProject();
  await olga.must(add(olga, project, 'Beans.'));
  for (const denied of [add(alice, project, 'x'), put(alice, project, 'x', '*')]) {
    expect((await denied).body).toMatchObject({
      status: 403,
      hint: expect.stringContaining('memoryPromotions'),
    });
  }
  const own = await alice.must(add(alice, '/v1/memory/agent/me', 'I like beans.'));
  expect(await alice.must(alice.get('/v1/memory/agent/alice'))).toMatchObject({
    id: 'alice',
    entries: [own],
  });
  expect((await bob.get('/v1/memory/agent/alice')).status).toBe(403);
  expect((await add(bob, '/v1/memory/agent/alice', 'x')).status).toBe(403);
  expect((await rita.get('/v1/memory/agent/alice')).status).toBe(200);
  await olga.must(olga.send('PUT', '/v1/agents/alice', { name: 'Alice', role: 'cook', reportsTo: 'bob' }));
  await expect
    .poll(async () => (await bob.get('/v1/memory/agent/alice')).status, { timeout: 20_000 })
    .toBe(200);

  const { id } = await olga.create();
  const task = `/v1/memory/task/${id}`;
  expect((await add(alice, task, 'x')).status).toBe(403);
  const run = await alice.claim(id);
  await alice.must(put(alice, task, 'Half of them.', '*'));
  expect((await bob.get(task, MARKDOWN)).text).toBe('Half of them.');
  expect((await put(bob, task, 'x', '*')).status).toBe(403);
  await alice.must(run.release());
  expect((await add(alice, task, 'x')).status).toBe(403);
  await rita.must(add(rita, task, 'Mind the peas.'));
});

test('nobody finds what is not there, or what another company remembers', async () => {
  const other = aCompany(api);
  const at = '/v1/memory/client/beanstalk';
  const { id } = await olga.create();
  await olga.must(add(olga, at, 'Pays late.'));
  for (const path of [at, `/v1/memory/task/${id}`, `/v1/memory/task/soup`, '/v1/memory/agent/alice']) {
    expect((await other.olga.get(path)).body).toMatchObject({ status: 404, type: '/problems/not_found' });
  }
  expect((await add(other.olga, `/v1/memory/task/${id}`, 'x')).status).toBe(404);
  await other.olga.must(add(other.olga, at, 'Pays early.'));
  expect((await olga.get(at)).body.entries).toMatchObject([{ text: 'Pays late.' }]);
  expect((await olga.get(`/v1/memory/task/${id}`)).status).toBe(404);
  expect((await olga.get('/v1/memory/team/cooks')).status).toBe(422);
});

test('is full at some point; then an operator says what stands in place of the oldest', async () => {
  const at = aProject();
  const half = 'x'.repeat(LIMITS.memoryBytes / 2);
  const [first] = [await rita.must(add(rita, at, half)), await rita.must(add(rita, at, half))];
  expect((await add(rita, at, 'Beans.')).body).toMatchObject({
    status: 413,
    type: '/problems/memory_full',
    hint: expect.stringContaining('summarise'),
  });
  const summary = { upTo: first.id, text: 'Much of x.' };
  for (const caller of [alice, rita]) {
    expect((await caller.post(`${at}/summarise`, summary)).status).toBe(403);
  }
  expect((await olga.post(`${at}/summarise`, { ...summary, upTo: 'none' })).body.type).toBe(
    '/problems/no_such_entry',
  );
  expect(await olga.must(olga.post(`${at}/summarise`, summary))).toMatchObject({
    entries: [{ text: 'Much of x.', summarises: 1, by: { id: 'olga' } }, { text: half }],
  });
  await rita.must(add(rita, at, 'Beans.'));
  expect((await add(rita, at, 'x'.repeat(LIMITS.memoryBytes + 1))).status).toBe(422);
});

test('is read without a worker, and outlives its end by mistake', async () => {
  const at = aProject();
  await olga.must(add(olga, at, 'Beans.'));
  await api.withoutWorker(async () => {
    expect((await olga.get(at)).body.entries).toMatchObject([{ text: 'Beans.' }]);
  });
  const { company } = await olga.must(olga.get('/v1/agents/me'));
  const name = at.split('/').at(-1)!;
  await api.temporal.workflow.getHandle(memoryWorkflowId(company, 'project', name)).terminate();
  expect((await olga.get(at)).body.entries).toMatchObject([{ text: 'Beans.' }]);
  await olga.must(add(olga, at, 'Peas.'));
  expect((await olga.get(at)).body.entries).toMatchObject([{ text: 'Beans.' }, { text: 'Peas.' }]);
});

test('names are taken as they are', async () => {
  const name = 'o\'brien "x"/ü %';
  const at = `/v1/memory/client/${encodeURIComponent(name)}`;
  await olga.must(add(olga, at, 'Pays.'));
  expect(await olga.must(olga.get(at))).toMatchObject({ id: name, links: { self: at } });
});
