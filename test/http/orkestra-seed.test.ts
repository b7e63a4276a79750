/** The workflows of the document, line by line, as agents send them. */
import { describe, expect, test } from 'vitest';
import { useApi } from '../support/api-under-test.ts';
import { eventually } from '../support/caller.ts';
import type { Json } from '../support/caller.ts';
import { CLIENTS, useToolCallers } from '../support/mcp.ts';
import { TicketAgent } from '../support/tickets.ts';

const api = useApi();

describe.each(CLIENTS)('with the client: %s', (line) => {
  const connect = useToolCallers(api, `company-${crypto.randomUUID()}`);
  const agent = async (name: string) => new TicketAgent(await connect(name, 'agent', line));

  test('core loop', async () => {
    const A = await agent('A');
    const { id } = await A.say('ticket_create t="Fix the login" p=cr');
    // ticket_backlog → TOON/1 [T{id:myapp-003,...},...]
    const [first] = await A.backlogOnceThere(id);
    expect(first).toMatchObject({ is: 'T', id, s: 'bk', p: 'cr', t: 'Fix the login' });
    // ticket_claim id=myapp-003 → T{s:ip,...,ua:...}: save ua as etag
    const { ua, ...claimed } = await A.say(`ticket_claim id=${id}`);
    expect(claimed).toMatchObject({ is: 'T', id, s: 'ip', as: 'A' });
    expect(Date.parse(ua)).toBeGreaterThan(Date.now() - 60_000);
    // (do the work)
    expect(await A.say(`ticket_update id=${id} s=dn etag=${ua}`)).toMatchObject({ is: 'T', id, s: 'dn' });
    // Nothing is left: idle.
    const empty = async () => (await A.tools.call('ticket_backlog')).text;
    expect(await eventually(empty, (text) => text === 'TOON/1 []')).toBe('TOON/1 []');
  });

  test('core loop: conflict, then ticket_get, then the update again', async () => {
    const A = await agent('A');
    const { id } = await A.say('ticket_create t="Fix the logout"');
    const { ua } = await A.say(`ticket_claim id=${id}`);
    const operator = new TicketAgent(await connect('olga', 'operator', line));
    await operator.say(`ticket_update id=${id} p=h`);
    expect(await A.say(`ticket_update id=${id} s=dn etag=${ua}`)).toMatchObject({
      is: 'ERR',
      code: 'conflict',
    });
    const fresh = await A.say(`ticket_get id=${id}`);
    expect(fresh).toMatchObject({ s: 'ip', p: 'h' });
    expect(await A.say(`ticket_update id=${id} s=dn etag=${fresh.ua}`)).toMatchObject({ s: 'dn' });
  });

  test('parallel swarm', async () => {
    const A = await agent('A');
    const epic = await A.say('ticket_create typ=ep t="Auth system"');
    expect(epic).toMatchObject({ typ: 'ep', s: 'bk' });
    const titles = ['JWT middleware', 'OAuth provider', 'Session store'];
    const children: Json[] = [];
    for (const t of titles) children.push(await A.say(`ticket_create parent_id=${epic.id} t="${t}"`));
    // exec_mode=par is the default. All three children land in bk and can be claimed concurrently.
    expect(children).toMatchObject(titles.map((t) => ({ t, s: 'bk', em: 'par', par: epic.id })));
    const agents = await Promise.all(['1', '2', '3'].map((n) => agent(`Agent-${n}`)));
    const claims = await Promise.all(
      agents.flatMap((each) => children.map(({ id }) => each.say(`ticket_claim id=${id}`))),
    );
    // ticket_claim is atomic, so no two agents grab the same one.
    for (const { id } of children) {
      const [winner, ...others] = claims.filter((claim) => claim.id === id);
      expect(winner).toMatchObject({ s: 'ip' });
      expect(others).toEqual([]);
    }
    expect(claims.filter(({ is }) => is === 'ERR').map(({ code }) => code)).toEqual(
      Array(6).fill('conflict'),
    );
    for (const { id } of children) {
      const { as } = await A.say(`ticket_get id=${id}`);
      const holder = agents[Number(as.at(-1)) - 1]!;
      expect(await holder.say(`ticket_update id=${id} s=dn`)).toMatchObject({ s: 'dn', as });
    }
    // The epic is a ticket like others: it is done when somebody says so.
    expect(await A.say(`ticket_get id=${epic.id}`)).toMatchObject({
      s: 'bk',
      ch: children.map(({ id }) => id),
    });
    await eventually(
      () => A.say(`ticket_update id=${epic.id} s=dn`),
      ({ s }) => s === 'dn',
    );
  });

  test('sequential pipeline', async () => {
    const A = await agent('A');
    const pipe = await A.say('ticket_create typ=tsk t="Deploy pipeline" em=seq');
    expect(pipe).toMatchObject({ typ: 'tsk', em: 'seq' });
    const create = (t: string, ord: number) =>
      A.say(`ticket_create parent_id=${pipe.id} t="${t}" em=seq ord=${ord}`);
    // In any order: ord is what counts.
    const push = await create('Push to registry', 3);
    const tests = await create('Run tests', 1);
    const build = await create('Build image', 2);
    expect(build).toMatchObject({ em: 'seq', ord: 2, par: pipe.id });
    expect(await create('Lint', 2)).toMatchObject({ is: 'ERR', code: 'invalid' });
    // Agent A tries ticket_claim id=<ord-2> before <ord-1> is dn:
    expect(await A.say(`ticket_claim id=${build.id}`)).toEqual({
      is: 'ERR',
      code: 'seq_blocked',
      msg: `${build.id} blocked: ord=1 not done`,
    });
    expect(await A.say(`ticket_update id=${push.id} s=dn`)).toMatchObject({ code: 'seq_blocked' });
    // Agent A then calls ticket_children on the pipeline parent, finds <ord-1>,
    const children = await A.say(`ticket_children id=${pipe.id}`);
    expect(children).toMatchObject([
      { id: tests.id, ord: 1, s: 'bk' },
      { id: build.id, ord: 2, s: 'bk' },
      { id: push.id, ord: 3, s: 'bk' },
    ]);
    // and either claims that or backs off.
    for (const { id } of children) {
      const { ua } = await eventually(
        () => A.say(`ticket_claim id=${id}`),
        ({ s }) => s === 'ip',
      );
      expect(await A.say(`ticket_update id=${id} s=dn etag=${ua}`)).toMatchObject({ s: 'dn' });
    }
    expect(await A.say(`ticket_get id=${pipe.id}`)).toMatchObject({ s: 'bk' });
  });

  test('the race condition you don’t have to think about', async () => {
    const [A, B] = [await agent('A'), await agent('B')];
    const { id } = await A.say('ticket_create t="Fix the race"');
    const { ua: T1 } = await A.say(`ticket_get id=${id}`);
    expect(await B.say(`ticket_get id=${id}`)).toMatchObject({ ua: T1 });
    const { ua: T2, ...done } = await A.say(`ticket_update id=${id} etag=${T1} s=dn`);
    expect(done).toMatchObject({ is: 'T', s: 'dn' });
    expect(T2).not.toBe(T1);
    const stale = await B.say(`ticket_update id=${id} etag=${T1} s=bl`);
    expect(stale).toMatchObject({ is: 'ERR', code: 'conflict' });
    expect(await B.say(`ticket_get id=${id}`)).toMatchObject({ s: 'dn', ua: T2 });
    const { ua: T3, ...blocked } = await B.say(`ticket_update id=${id} etag=${T2} s=bl`);
    expect(blocked).toMatchObject({ is: 'T', s: 'bl' });
    expect([T1, T2]).not.toContain(T3);
  });

  test('multiple agents on the same backlog don’t step on each other', async () => {
    const [A, B] = [await agent('A'), await agent('B')];
    const three = await A.say('ticket_create t="The third" p=cr');
    const four = await A.say('ticket_create t="The fourth" p=h');
    for (const each of [A, B]) {
      const ids = (await each.backlogOnceThere(three.id, four.id)).map(({ id }) => id);
      expect(ids.indexOf(three.id)).toBeLessThan(ids.indexOf(four.id));
    }
    expect(await A.say(`ticket_claim id=${three.id}`)).toMatchObject({ s: 'ip' });
    expect(await B.say(`ticket_claim id=${three.id}`)).toMatchObject({ is: 'ERR', code: 'conflict' });
    expect(await B.say(`ticket_claim id=${four.id}`)).toMatchObject({ s: 'ip', as: 'B' });
  });

  test('mix: some parallel, some sequential', async () => {
    const A = await agent('A');
    const outer = await A.say('ticket_create typ=ep t="Release" em=par');
    const docs = await A.say(`ticket_create parent_id=${outer.id} t="Docs" em=par`);
    const inner = await A.say(`ticket_create parent_id=${outer.id} t="Deploy" em=par`);
    const one = await A.say(`ticket_create parent_id=${inner.id} t="Build" em=seq ord=1`);
    const two = await A.say(`ticket_create parent_id=${inner.id} t="Push" em=seq ord=2`);
    expect(await A.say(`ticket_claim id=${two.id}`)).toMatchObject({ code: 'seq_blocked' });
    for (const { id } of [docs, one]) expect(await A.say(`ticket_claim id=${id}`)).toMatchObject({ s: 'ip' });
    const tree = await A.say(`ticket_children id=${outer.id} recursive=true`);
    expect(tree.map(({ id }: Json) => id)).toEqual([docs.id, inner.id, one.id, two.id]);
  });
});
