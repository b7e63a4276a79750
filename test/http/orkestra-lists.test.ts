/** Tickets by what they have in common: backlog, board, lists, searches, trees and their diagrams. */
import { beforeAll, describe, expect, test } from 'vitest';
import { byteLength } from '../../workflows/parse.ts';
import { useApi } from '../support/api-under-test.ts';
import { eventually } from '../support/caller.ts';
import type { Json } from '../support/caller.ts';
import { useToolCallers } from '../support/mcp.ts';
import { aCompany } from '../support/queues.ts';
import { TicketAgent } from '../support/tickets.ts';

const api = useApi();
const large = `company-${crypto.randomUUID()}`;
const connectLarge = useToolCallers(api, large);

describe('a small company', () => {
  const company = `company-${crypto.randomUUID()}`;
  const connect = useToolCallers(api, company);
  const { olga } = aCompany(api, company);
  let A: TicketAgent;
  let B: TicketAgent;
  const ids: Record<string, string> = {};

  beforeAll(async () => {
    A = new TicketAgent(await connect('A'));
    B = new TicketAgent(await connect('B'));
    const make = async (name: string, also: string) => {
      ids[name] = (await A.say(`ticket_create t="The ${name} ticket" ${also}`)).id;
    };
    await make('low', 'p=l lbl=ui');
    await make('older', 'p=h typ=bug lbl=ui,api');
    await make('newer', 'p=h s=td');
    await make('mine', 'p=m as=A');
    await make('other', 'p=cr as=B');
    ids['native'] = (await olga.create({ title: 'The native ticket', priority: 1 })).id;
    await make('held', 'p=cr');
    await B.say(`ticket_claim id=${ids['held']}`);
    await make('stuck', '');
    await B.say(`ticket_update id=${ids['stuck']} s=bl`);
    await make('finished', 'd="About pelicans."');
    await B.say(`ticket_update id=${ids['finished']} s=dn`);
    await make('dropped', '');
    await B.say(`ticket_update id=${ids['dropped']} s=cl`);
    await make('hidden', 'd="Pelicans, too."');
    await B.say(`ticket_update id=${ids['hidden']} s=dn`);
    await B.say(`ticket_archive id=${ids['hidden']}`);
  });

  const namesOf = (tickets: Json[]) =>
    tickets.map(({ id }) => Object.keys(ids).find((name) => ids[name] === id));
  /** What is listed, once that is what it should be, for lists lag. */
  const once = (list: () => Promise<Json>, expected: string[]) =>
    eventually(
      async () => namesOf(await list()),
      (names) => JSON.stringify(names) === JSON.stringify(expected),
    );

  test('the backlog has what waits for anybody or for the caller, by priority, then age', async () => {
    expect(
      await once(() => A.say('ticket_backlog'), ['native', 'older', 'newer', 'mine', 'low']),
    ).toBeTruthy();
    expect(
      await once(() => B.say('ticket_backlog'), ['native', 'other', 'older', 'newer', 'low'].toSorted(byAge)),
    ).toBeTruthy();
    expect(await once(() => A.say('ticket_backlog limit=2'), ['native', 'older'])).toBeTruthy();
    const [first] = await A.say('ticket_backlog');
    expect(first).toEqual({ is: 'T', id: ids['native'], t: 'The native ticket', s: 'bk', p: 'cr' });
  });

  /** `other` was made before `native`, and both are urgent. */
  function byAge(one: string, two: string): number {
    return one === 'other' && two === 'native' ? -1 : one === 'native' && two === 'other' ? 1 : 0;
  }

  test('the board has every status, archived tickets left out', async () => {
    const board = await eventually(
      () => A.say('ticket_board'),
      ({ bl, dn, cl }) => bl.length + dn.length + cl.length === 3,
    );
    expect(Object.keys(board)).toEqual(['is', 'bk', 'td', 'ip', 'dn', 'bl', 'cl']);
    const { is, ...columns } = board;
    expect(is).toBe('BOARD');
    const names = Object.fromEntries(
      Object.entries(columns).map(([s, tickets]) => [s, namesOf(tickets as Json[])]),
    );
    expect(names).toEqual({
      bk: ['other', 'native', 'older', 'mine', 'low'],
      td: ['newer'],
      ip: ['held'],
      dn: ['finished'],
      bl: ['stuck'],
      cl: ['dropped'],
    });
  });

  test.each<[string, string[]]>([
    ['status=td', ['newer']],
    ['s=ip', ['held']],
    ['s=dn', ['finished']],
    ['s=dn include_archived=true', ['finished', 'hidden']],
    ['type=bug', ['older']],
    ['p=l', ['low']],
    ['labels=ui', ['older', 'low']],
    ['labels=ui,api', ['older']],
    ['as=B s=ip', ['held']],
    ['as=A', ['mine']],
    ['s=bk limit=1', ['other']],
  ])('a list by %s', async (filter, expected) => {
    expect(await once(() => A.say(`ticket_list ${filter}`), expected)).toBeTruthy();
  });

  test('a search finds words of title and description', async () => {
    expect(await once(() => A.say('ticket_search query=pelicans'), ['finished'])).toBeTruthy();
    const all = await eventually(
      () => A.say('ticket_search query=pelicans include_archived=true'),
      (found) => found.length === 2,
    );
    expect(new Set(namesOf(all))).toEqual(new Set(['finished', 'hidden']));
    expect(await A.say('ticket_search query=flamingo')).toEqual([]);
    for (const query of ['""', "' OR 1=1", 'pelicans" OR "x'])
      expect(['ERR', undefined]).toContain((await A.call('ticket_search', { query })).is);
    expect(await A.call('ticket_search', { query: '"' })).toMatchObject({ code: 'invalid' });
  });

  test('an archived ticket that is opened again is listed again', async () => {
    await B.say(`ticket_update id=${ids['hidden']} s=bk`);
    const names = await eventually(
      async () => namesOf(await A.say('ticket_list s=bk')),
      (listed) => listed.includes('hidden'),
    );
    expect(names).toContain('hidden');
    await B.say(`ticket_update id=${ids['hidden']} s=dn`);
    await B.say(`ticket_archive id=${ids['hidden']}`);
  });
});

describe('a tree', () => {
  const connect = useToolCallers(api, `company-${crypto.randomUUID()}`);

  test('is told level by level, or whole, and drawn', async () => {
    const A = new TicketAgent(await connect('A'));
    const make = async (line: string): Promise<string> => (await A.say(`ticket_create ${line}`)).id;
    const root = await make('typ=ep t="Ship # & <b>"');
    const docs = await make(`par=${root} t=Docs`);
    const pipe = await make(`par=${root} t=Deploy`);
    const two = await make(`par=${pipe} t=Push em=seq ord=2`);
    const one = await make(`par=${pipe} t=Build em=seq ord=1`);
    await A.say(`ticket_claim id=${one}`);
    await A.say(`ticket_link from_id=${docs} to_id=${pipe} link_type=rel`);

    expect(await A.say(`ticket_children id=${root}`)).toMatchObject([
      { id: docs, s: 'bk', em: 'par' },
      { id: pipe, s: 'bk', ch: [one, two] },
    ]);
    const whole = await A.say(`ticket_children id=${root} recursive=true`);
    expect(whole.map(({ id }: Json) => id)).toEqual([docs, pipe, one, two]);
    expect(whole[2]).toMatchObject({ s: 'ip', as: 'A', em: 'seq', ord: 1, par: pipe });
    expect((await A.say(`ticket_children id=${root} depth=1`)).length).toBe(2);
    expect(await A.say(`ticket_children id=${one}`)).toEqual([]);

    const { text } = await A.tools.call('ticket_diagram', { id: root });
    expect(text.split('\n')).toEqual([
      'flowchart TD',
      `    n0["Ship #35; & #lt;b#gt;<br/>${root}<br/>s=bk em=par"]`,
      `    n1["Docs<br/>${docs}<br/>s=bk em=par"]`,
      `    n2["Deploy<br/>${pipe}<br/>s=bk em=par"]`,
      `    n3["Build<br/>${one}<br/>s=ip em=seq ord=1"]`,
      `    n4["Push<br/>${two}<br/>s=bk em=seq ord=2"]`,
      '    n0 --> n1',
      '    n2 --> n3',
      '    n3 -->|must be dn first| n4',
      '    n0 --> n2',
      '    n1 -.->|relates| n2',
    ]);
  });
});

test('a backlog of fifty tickets has at most 45 % of the bytes of the same tickets in JSON', async () => {
  const { olga } = aCompany(api, large);
  const A = new TicketAgent(await connectLarge('A'));
  const titles = Array.from(
    { length: 50 },
    (_, i) => `Ticket ${i}: replace the handle of the jar, and oil its lid`,
  );
  for (const t of titles) await A.call('ticket_create', { t, p: 'h', typ: 'ft', lbl: ['kitchen', 'jar'] });
  const backlog = await eventually(
    () => A.tools.call('ticket_backlog', { limit: 50 }),
    ({ text }) => (text.match(/T\{/g) ?? []).length === 50,
  );
  const { items } = await olga.must(olga.get('/v1/tasks?status=queued&limit=100'));
  expect(items).toHaveLength(50);
  const share = byteLength(backlog.text) / byteLength(JSON.stringify(items));
  expect(share).toBeLessThanOrEqual(0.45);
});
