/** Tickets beyond the document's workflows: how they come into being, who gets them, what is said of them, what is refused. */
import { describe, expect, test } from 'vitest';
import { useApi } from '../support/api-under-test.ts';
import type { Json } from '../support/caller.ts';
import { useToolCallers } from '../support/mcp.ts';
import { aCompany } from '../support/queues.ts';
import { TicketAgent } from '../support/tickets.ts';

const api = useApi();
const company = `company-${crypto.randomUUID()}`;
const connect = useToolCallers(api, company);
const connectElsewhere = useToolCallers(api, `company-${crypto.randomUUID()}`);
const { olga, bob } = aCompany(api, company);
const agent = async (name: string) => new TicketAgent(await connect(name));

const fresh = async (A: TicketAgent, also = ''): Promise<string> =>
  (await A.say(`ticket_create t="Count the beans" ${also}`)).id;
const error = (code: string) => ({ is: 'ERR', code, msg: expect.any(String) as string });

describe('a new ticket', () => {
  test('takes every argument by its full name and by its short one', async () => {
    const A = await agent('A');
    const parent = await fresh(A);
    const short = {
      t: 'A',
      typ: 'bug',
      p: 'cr',
      d: 'Text',
      lbl: ['ui'],
      em: 'seq',
      ord: 1,
      s: 'td',
      as: 'bob',
    };
    const full = {
      title: 'A',
      type: 'bug',
      priority: 'critical',
      description: 'Text',
      labels: ['ui'],
      exec_mode: 'sequential',
      exec_order: 2,
      status: 'todo',
      assignee: 'bob',
    };
    const one = await A.call('ticket_create', { ...short, par: parent });
    const two = await A.call('ticket_create', { ...full, parent_id: parent });
    expect(one).toMatchObject({ ...short, is: 'T', par: parent });
    expect(two).toMatchObject({ ...short, is: 'T', par: parent, ord: 2 });
    expect(Object.keys(one)).toEqual([
      'is',
      'id',
      't',
      's',
      'p',
      'typ',
      'lbl',
      'as',
      'em',
      'ord',
      'par',
      'd',
      'ca',
      'ua',
    ]);
    expect(await olga.read(one.id)).toMatchObject({
      title: 'A',
      type: 'bug',
      priority: 1,
      description: 'Text',
      assignee: 'bob',
      review: { policy: 'none', rework: 'same_task' },
      lease: { seconds: 3_600 },
      progressTimeoutSeconds: 0,
      settleSeconds: 86_400,
    });
  });

  test.each<[string, Record<string, unknown>]>([
    ['no title', {}],
    ['an empty title', { t: '  ' }],
    ['a title of two lines', { t: 'a\nb' }],
    ['a title that is no text', { t: 7 }],
    ['a type that is none', { t: 'a', typ: 'saga' }],
    ['a priority that is none', { t: 'a', p: 1 }],
    ['a status that none begins with', { t: 'a', s: 'dn' }],
    ['an order without a parent', { t: 'a', ord: 1 }],
    ['an order below 0', { t: 'a', ord: -1, par: crypto.randomUUID() }],
  ])('is refused with %s', async (_name, given) => {
    const A = await agent('A');
    expect(await A.call('ticket_create', given)).toEqual(error('invalid'));
  });

  test('is refused below a ticket that is none, or is closed', async () => {
    const A = await agent('A');
    const none = crypto.randomUUID();
    expect(await A.say(`ticket_create t=a par=${none}`)).toEqual({
      ...error('not_found'),
      msg: `${none} not found`,
    });
    const id = await fresh(A);
    await A.say(`ticket_update id=${id} s=dn`);
    expect(await A.say(`ticket_create t=a par=${id}`)).toEqual(error('invalid'));
  });
});

test('a claim of a claimed ticket is a conflict, even by the same token', async () => {
  const A = await agent('A');
  const id = await fresh(A);
  await A.say(`ticket_claim id=${id}`);
  expect(await A.say(`ticket_claim id=${id}`)).toEqual(error('conflict'));
  expect(await A.say(`ticket_update id=${id} s=ip`)).toEqual(error('conflict'));
  // It is held all the same.
  expect(await A.say(`ticket_update id=${id} s=dn`)).toMatchObject({ s: 'dn' });
});

test('a claim with an old etag is a conflict and takes nothing', async () => {
  const A = await agent('A');
  const { id, ua } = await A.say('ticket_create t="Count"');
  await A.say(`ticket_update id=${id} p=h`);
  expect(await A.say(`ticket_claim id=${id} etag=${ua}`)).toEqual(error('conflict'));
  expect(await A.say(`ticket_get id=${id}`)).toMatchObject({ s: 'bk' });
});

test('an etag that is a guess changes nothing', async () => {
  const A = await agent('A');
  const id = await fresh(A);
  for (const etag of ['T1', '*', '1', '2024-01-15T10:05:22Z'])
    expect(await A.say(`ticket_update id=${id} s=dn etag=${etag}`)).toEqual(error('conflict'));
  expect(await A.say(`ticket_get id=${id}`)).toMatchObject({ s: 'bk' });
});

test.each(['exec_mode=seq', 'exec_order=1', 'parent_id=x', 'p=urgent', 's=finished', 't='])(
  'an update with %s is refused and changes nothing',
  async (argument) => {
    const A = await agent('A');
    const { id, ...before } = await A.say('ticket_create t="Count"');
    expect(await A.say(`ticket_update id=${id} d=x ${argument}`)).toEqual(error('invalid'));
    expect(await A.say(`ticket_get id=${id}`)).toEqual({ id, ...before });
  },
);

test('what an agent of another protocol holds or made is a ticket like others', async () => {
  const A = await agent('A');
  const { id } = await olga.create({ title: 'Native', priority: 5, type: 'incident' });
  expect(await A.say(`ticket_get id=wt_${id}`)).toMatchObject({
    id,
    t: 'Native',
    p: 'l',
    typ: 'incident',
    s: 'bk',
  });
  const run = await bob.claim(id);
  expect(await A.say(`ticket_claim id=${id}`)).toMatchObject({
    code: 'conflict',
    msg: expect.stringContaining('bob') as string,
  });
  await bob.must(run.release());
  expect(await A.say(`ticket_claim id=${id}`)).toMatchObject({ s: 'ip', as: 'A' });
});

describe('comments, links and archive', () => {
  test('a comment answers the ticket; its author is a name to show', async () => {
    const [A, B] = [await agent('A'), await agent('B')];
    const id = await fresh(A);
    await A.say(`ticket_claim id=${id}`);
    const { ua } = await A.say(`ticket_get id=${id}`);
    await B.call('ticket_comment', { id, body: 'Look "below".\nReally.' });
    const ticket = await B.call('ticket_comment', { id, body: 'Done?', author: 'Bea' });
    expect(ticket).toMatchObject({
      is: 'T',
      id,
      ua,
      cmt: [
        { by: 'B', b: 'Look "below".\nReally.' },
        { by: 'B', b: 'Bea: Done?' },
      ],
    });
  });

  test('a link leads to another ticket of the company', async () => {
    const A = await agent('A');
    const [one, two] = [await fresh(A), await fresh(A)];
    expect(await A.say(`ticket_link from_id=${one} to_id=${two} link_type=blk`)).toEqual({ ok: true });
    expect(await A.say(`ticket_link from_id=${one} to_id=${two} link_type=relates`)).toEqual({ ok: true });
    expect((await A.say(`ticket_get id=${one}`)).lnk).toEqual([
      { is: 'L', typ: 'blk', to: two },
      { is: 'L', typ: 'rel', to: two },
    ]);
    const none = crypto.randomUUID();
    for (const line of [`from_id=${one} to_id=${none}`, `from_id=${none} to_id=${one}`])
      expect(await A.say(`ticket_link ${line} link_type=dup`)).toEqual({
        ...error('not_found'),
        msg: `${none} not found`,
      });
  });

  test('only what is closed can be archived', async () => {
    const A = await agent('A');
    const id = await fresh(A);
    expect(await A.say(`ticket_archive id=${id}`)).toEqual(error('invalid'));
    await A.say(`ticket_update id=${id} s=dn`);
    expect(await A.say(`ticket_archive id=${id}`)).toEqual({ ok: true });
    expect(await A.say(`ticket_archive id=${id}`)).toEqual({ ok: true });
  });
});

test('what is another company’s, or nothing, is not found and keeps as it is', async () => {
  const A = await agent('A');
  const id = await fresh(A);
  const before = await A.say(`ticket_get id=${id}`);
  const E = new TicketAgent(await connectElsewhere('eve'));
  for (const missing of [id, crypto.randomUUID(), 'myapp-003']) {
    const calls: [string, Record<string, Json>][] = [
      ['ticket_get', { id: missing }],
      ['ticket_claim', { id: missing }],
      ['ticket_update', { id: missing, s: 'dn' }],
      ['ticket_archive', { id: missing }],
      ['ticket_children', { id: missing }],
      ['ticket_diagram', { id: missing }],
      ['ticket_comment', { id: missing, body: 'x' }],
      ['ticket_create', { t: 'x', par: missing }],
    ];
    for (const [tool, given] of calls)
      expect(await E.call(tool, given), tool).toEqual({ ...error('not_found'), msg: `${missing} not found` });
  }
  expect(await A.say(`ticket_get id=${id}`)).toEqual(before);
});
