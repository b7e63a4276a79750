/** Every status word, on tickets of every kind. */
import { describe, expect, test } from 'vitest';
import { useApi } from '../support/api-under-test.ts';
import { useToolCallers } from '../support/mcp.ts';
import { aCompany } from '../support/queues.ts';
import { TicketAgent } from '../support/tickets.ts';

const api = useApi();
const company = `company-${crypto.randomUUID()}`;
const connect = useToolCallers(api, company);
const { olga } = aCompany(api, company);
const agent = async (name: string, role = 'agent') => new TicketAgent(await connect(name, role));

const fresh = async (A: TicketAgent, also = ''): Promise<string> =>
  (await A.say(`ticket_create t="Count the beans" ${also}`)).id;
const error = (code: string) => ({ is: 'ERR', code, msg: expect.any(String) as string });

describe('a status word', () => {
  test('claims for the caller what nobody holds, in the same message', async () => {
    const A = await agent('A');
    const [done, blocked] = [await fresh(A), await fresh(A)];
    expect(await A.call('ticket_update', { id: done, s: 'dn', body: 'Seven.' })).toMatchObject({
      s: 'dn',
      as: 'A',
      cmt: [{ is: 'C', by: 'A', b: 'Seven.' }],
    });
    expect((await olga.read(done)).submission).toMatchObject({ reasoning: 'Seven.', output: 'Seven.' });
    expect(await A.call('ticket_update', { id: blocked, s: 'bl', body: 'No jar.' })).toMatchObject({
      s: 'bl',
    });
    expect((await olga.read(blocked)).handoff).toMatchObject({ blockers: 'No jar.', by: 'A' });
    // A blocked one may be taken again, or put back.
    expect(await A.say(`ticket_update id=${blocked} s=ip`)).toMatchObject({ s: 'ip', as: 'A' });
    expect(await A.say(`ticket_update id=${blocked} s=bl`)).toMatchObject({ s: 'bl' });
    expect(await A.say(`ticket_update id=${blocked} s=td`)).toMatchObject({ s: 'td' });
    expect(await A.say(`ticket_update id=${blocked} s=bk`)).toMatchObject({ s: 'bk' });
  });

  test('and what else changes are applied together', async () => {
    const A = await agent('A');
    const id = await fresh(A);
    const claimed = await A.say(`ticket_update id=${id} s=ip p=h t="Count them" typ=ft`);
    expect(claimed).toMatchObject({ s: 'ip', p: 'h', t: 'Count them', typ: 'ft' });
    const back = await A.say(`ticket_update id=${id} s=td d="Twice." lbl=ui,api as=bob etag=${claimed.ua}`);
    expect(back).toMatchObject({ s: 'td', d: 'Twice.', lbl: ['ui', 'api'], as: 'bob' });
    expect(await A.say(`ticket_update id=${id} s=dn p=l`)).toEqual(error('conflict'));
    expect(await A.say(`ticket_get id=${id}`)).toEqual(back);
  });

  test('on a ticket that another agent holds is a conflict that names it', async () => {
    const [A, B] = [await agent('A'), await agent('B')];
    const id = await fresh(A);
    await A.say(`ticket_claim id=${id}`);
    for (const s of ['ip', 'dn', 'bl', 'cl', 'bk', 'td']) {
      const refused = await B.say(`ticket_update id=${id} s=${s}`);
      expect(refused).toEqual({ ...error('conflict'), msg: `${id} is claimed by A: take another ticket` });
    }
    expect(await B.say(`ticket_update id=${id} t="Mine"`)).toEqual(error('conflict'));
    expect(await A.say(`ticket_get id=${id}`)).toMatchObject({ s: 'ip', as: 'A', t: 'Count the beans' });
  });

  test('by an operator acts for the holder', async () => {
    const [A, O] = [await agent('A'), await agent('olga', 'operator')];
    const id = await fresh(A);
    expect(await O.say(`ticket_claim id=${id} as=A`)).toMatchObject({ s: 'ip', as: 'A' });
    expect(await O.say(`ticket_update id=${id} s=dn`)).toMatchObject({ s: 'dn', as: 'A' });
    const other = await fresh(A);
    expect(await A.say(`ticket_claim id=${other} as=B`)).toEqual(error('invalid'));
  });

  test('gives a ticket to another agent', async () => {
    const [A, B] = [await agent('A'), await agent('B')];
    const id = await fresh(A);
    await A.say(`ticket_claim id=${id}`);
    expect(await A.say(`ticket_update id=${id} as=B`)).toMatchObject({ s: 'bk', as: 'B' });
    expect(await A.say(`ticket_claim id=${id}`)).toEqual(error('conflict'));
    expect(await B.say(`ticket_claim id=${id}`)).toMatchObject({ s: 'ip', as: 'B' });
  });

  test('closes: what one holds at once, what is another’s not', async () => {
    const A = await agent('A');
    const [held, free, assigned] = [await fresh(A), await fresh(A), await fresh(await agent('B'), 'as=B')];
    await A.say(`ticket_claim id=${held}`);
    for (const id of [held, free]) {
      expect(await A.call('ticket_update', { id, s: 'cl', body: 'Not needed.' })).toMatchObject({
        s: 'cl',
        cmt: [{ b: 'Not needed.' }],
      });
      expect((await olga.read(id)).status).toBe('cancelled');
    }
    expect(await A.say(`ticket_update id=${assigned} s=cl`)).toEqual(error('invalid'));
    expect(await A.say(`ticket_get id=${assigned}`)).toMatchObject({ s: 'bk' });
  });

  test('opens again what is done or closed, as long as it settles', async () => {
    const A = await agent('A');
    for (const [end, again, s] of [
      ['dn', 'bk', 'bk'],
      ['dn', 'bl', 'bl'],
      ['cl', 'td', 'td'],
    ]) {
      const id = await fresh(A);
      const { ua } = await A.say(`ticket_update id=${id} s=${end}`);
      expect(await A.say(`ticket_update id=${id} s=ip`)).toEqual(error('invalid'));
      expect(await A.say(`ticket_update id=${id} t="Other"`)).toEqual(error('invalid'));
      expect(await A.say(`ticket_update id=${id} s=${again} etag=${ua}`)).toMatchObject({ s });
      expect(await A.say(`ticket_update id=${id} s=dn`)).toMatchObject({ s: 'dn' });
    }
  });

  test('on a ticket that is closed for good is invalid, never a conflict', async () => {
    const A = await agent('A');
    // It does not settle, as one made by another protocol.
    const { id } = await olga.create({ title: 'Once', review: { policy: 'none' } });
    const { ua } = await A.say(`ticket_get id=${id}`);
    expect(await A.say(`ticket_update id=${id} s=dn`)).toMatchObject({ s: 'dn' });
    for (const s of ['ip', 'dn', 'bl', 'cl', 'bk', 'td']) {
      expect(await A.say(`ticket_update id=${id} s=${s} etag=${ua}`)).toEqual(error('invalid'));
    }
    expect(await A.say(`ticket_archive id=${id}`)).toEqual(error('invalid'));
    expect(await A.say(`ticket_comment id=${id} body=late`)).toEqual(error('invalid'));
  });

  test('of a ticket that waits for a review is refused: its work is handed in', async () => {
    const A = await agent('A');
    const { id } = await olga.create({ review: { policy: 'required' } });
    expect(await A.say(`ticket_update id=${id} s=dn`)).toMatchObject({ s: 'ip' });
    expect((await olga.read(id)).status).toBe('review');
    for (const s of ['ip', 'dn', 'bl', 'bk']) {
      expect(await A.say(`ticket_update id=${id} s=${s}`)).toEqual(error('invalid'));
    }
  });

  test('of a ticket with open parts is refused, and none becomes done by itself', async () => {
    const A = await agent('A');
    const epic = await fresh(A, 'typ=ep');
    await fresh(A, `par=${epic}`);
    expect(await A.say(`ticket_update id=${epic} s=dn`)).toEqual(error('invalid'));
    expect(await A.say(`ticket_get id=${epic}`)).toMatchObject({ s: 'bk' });
  });
});
