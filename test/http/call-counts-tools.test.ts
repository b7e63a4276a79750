/** As call-counts.test.ts, of tickets and the tools of company agents. */
import { beforeAll } from 'vitest';
import { eventually } from '../support/caller.ts';
import type { ToolCaller } from '../support/mcp.ts';
import { useToolCallers } from '../support/mcp.ts';
import { TicketAgent } from '../support/tickets.ts';
import { useTwins } from '../support/twins.ts';

const { api, company, alice, olga, must, make, held, compare, post, get, read, edit } = useTwins();
const DONE = { output: 'Seven.', reasoning: 'Seven.' };
const two = async (): Promise<[string, string]> => [await make(), await make()];

const connect = useToolCallers(api, company);
let tools: ToolCaller;
let agent: TicketAgent;
let board: TicketAgent;
beforeAll(async () => {
  tools = await connect('alice');
  agent = new TicketAgent(tools);
  board = new TicketAgent(await connect('olga', 'operator'));
});

const say = (who: () => TicketAgent, line: string) => async () => {
  const read_ = await who().say(line);
  if (read_.is === 'ERR') throw new Error(read_.msg);
};
const says = (line: string) => say(() => agent, line);
const boardSays = (line: string) => say(() => board, line);
/** A ticket that alice has, with its etag. */
async function claimed(): Promise<{ id: string; ua: string }> {
  const id = await make();
  return await agent.say(`ticket_claim id=${id}`);
}

compare({
  'ticket backlog ~ list': async () => [
    says('ticket_backlog'),
    get(alice, '/v1/tasks?status=queued&limit=50'),
  ],

  'ticket list ~ list': async () => [
    says('ticket_list status=bk'),
    get(alice, '/v1/tasks?status=queued&limit=50'),
  ],

  'ticket search ~ search': async () => [
    says('ticket_search query=beans'),
    get(alice, '/v1/tasks?text=beans'),
  ],

  'ticket the board ~ a list of each status': async () => [
    says('ticket_board'),
    ...['queued', 'running', 'handoff', 'done', 'cancelled', 'failed'].map((status) =>
      get(alice, `/v1/tasks?status=${status}`),
    ),
  ],

  'ticket create ~ create': async () => [
    says('ticket_create title=Count'),
    post(alice, '/v1/tasks', { title: 'Count' }),
  ],

  'ticket create a part ~ create a sub-task': async () => {
    const [one, other] = await two();
    return [
      says(`ticket_create title=Count parent_id=${one}`),
      post(alice, `/v1/tasks/${other}/subtasks`, { title: 'Count' }),
    ];
  },

  'ticket get ~ read': async () => {
    const [one, other] = await two();
    return [says(`ticket_get id=${one}`), read(other)];
  },

  'ticket children, each as it is now ~ read each': async () => {
    const id = await make();
    const part = await must(alice.post(`/v1/tasks/${id}/subtasks`, { title: 'Part' }));
    return [says(`ticket_children id=${id}`), read(id), read(part.id)];
  },

  'ticket diagram ~ read each': async () => {
    const id = await make();
    const part = await must(alice.post(`/v1/tasks/${id}/subtasks`, { title: 'Part' }));
    const draw = () => tools.call('ticket_diagram', { id });
    return [draw, read(id), read(part.id)];
  },

  'ticket claim ~ claim': async () => {
    const [one, other] = await two();
    return [says(`ticket_claim id=${one}`), post(alice, `/v1/tasks/${other}/claim`)];
  },

  'ticket claim with an etag ~ claim': async () => {
    const [one, other] = await two();
    const { ua } = await agent.say(`ticket_get id=${one}`);
    return [says(`ticket_claim id=${one} etag=${ua}`), post(alice, `/v1/tasks/${other}/claim`)];
  },

  'ticket claim what another has ~ claim': async () => {
    const [one, other] = await Promise.all(
      [1, 2].map(async () => {
        const id = await make();
        await olga.claim(id);
        return id;
      }),
    );
    return [() => agent.say(`ticket_claim id=${one}`), () => alice.post(`/v1/tasks/${other}/claim`)];
  },

  'ticket dn ~ complete': async () => {
    const [{ id }, native] = [await claimed(), await held()];
    return [says(`ticket_update id=${id} s=dn`), native.say('complete', DONE)];
  },

  'ticket dn with an etag ~ complete': async () => {
    const [{ id, ua }, native] = [await claimed(), await held()];
    return [says(`ticket_update id=${id} s=dn etag=${ua}`), native.say('complete', DONE)];
  },

  'ticket bl ~ hand off': async () => {
    const [{ id }, native] = [await claimed(), await held()];
    return [
      says(`ticket_update id=${id} s=bl body="No key."`),
      native.say('hand-off', { blockers: 'No key.' }),
    ];
  },

  'ticket bk ~ release': async () => {
    const [{ id }, native] = [await claimed(), await held()];
    return [says(`ticket_update id=${id} s=bk`), native.say('release')];
  },

  'ticket cl ~ cancel': async () => {
    const [one, other] = await two();
    return [boardSays(`ticket_update id=${one} s=cl`), post(olga, `/v1/tasks/${other}/cancel`)];
  },

  'ticket other fields ~ edit': async () => {
    const [one, other] = await two();
    return [boardSays(`ticket_update id=${one} p=h t=New`), edit(other, { priority: 2, title: 'New' })];
  },

  'ticket comment ~ comment': async () => {
    const [one, other] = await two();
    return [
      says(`ticket_comment id=${one} body="Mind it."`),
      post(alice, `/v1/tasks/${other}/comments`, { text: 'Mind it.' }),
    ];
  },

  'ticket link ~ link': async () => {
    const [one, other] = await two();
    return [
      says(`ticket_link from_id=${one} to_id=${other} link_type=rel`),
      post(alice, `/v1/tasks/${other}/links`, { to: one, type: 'relates' }),
    ];
  },

  'ticket archive ~ archive': async () => {
    const [one, other] = [await held(), await held()];
    for (const native of [one, other]) await native.say('complete', DONE)();
    return [says(`ticket_archive id=${one.id}`), post(alice, `/v1/tasks/${other.id}/archive`)];
  },
});

const tool =
  (name: string, args: Record<string, unknown>, who: () => ToolCaller = () => tools) =>
  () =>
    who().must(name, args);

compare({
  'get_task, which keeps the hold ~ read, heartbeat': async () => {
    const [one, other] = [await held(), await held()];
    return [tool('get_task', { task_id: one.id }), read(other.id), other.say('heartbeat')];
  },

  'get_task, with its parent ~ read both': async () => {
    const above = await make();
    const { id } = await must(alice.post(`/v1/tasks/${above}/subtasks`, { title: 'Part' }));
    return [tool('get_task', { task_id: id }), read(id), read(above)];
  },

  'report_progress ~ progress': async () => {
    const [one, other] = [await held(), await held()];
    await tools.must('report_progress', { task_id: one.id, understanding: 'Every bean.' });
    return [
      tool('report_progress', { task_id: one.id, note: 'Half.' }),
      other.say('progress', { note: 'Half.' }),
    ];
  },

  'report_progress of this run ~ progress': async () => {
    const [one, other] = [await held(), await held()];
    const named = { task_id: one.id, run_id: one.runId };
    return [tool('report_progress', { ...named, note: 'Half.' }), other.say('progress', { note: 'Half.' })];
  },

  'report_progress of the only task that I hold ~ list what I hold, read it, progress': async () => {
    const only = api.as('only', 'agent', company);
    const [id, other, { say: native }] = [await make(), await make(), await held()];
    const { run } = await must(only.post(`/v1/tasks/${id}/claim`, { lease: { seconds: 3_600 } }));
    await eventually(
      () => must(only.get('/v1/tasks?holder=only')),
      ({ items }) => items.length === 1,
    );
    const mine = await connect('only');
    await mine.must('report_progress', { task_id: id, run_id: run.id, note: 'At it.' });
    return [
      tool('report_progress', { note: 'Half.' }, () => mine),
      get(alice, '/v1/tasks?holder=alice'),
      read(other),
      native('progress', { note: 'Half.' }),
    ];
  },

  'mark_complete ~ complete': async () => {
    const [one, other] = [await held(), await held()];
    return [
      tool('mark_complete', { task_id: one.id, run_id: one.runId, ...DONE }),
      other.say('complete', DONE),
    ];
  },

  'mark_failed ~ fail': async () => {
    const [one, other] = [await held(), await held()];
    const failed = { task_id: one.id, run_id: one.runId, reason_code: 'other' };
    return [tool('mark_failed', failed), other.say('fail', { reasonCode: 'other' })];
  },

  'hand_off by an operator, for the holder ~ hand off': async () => {
    const [one, other] = [await held(), await held()];
    const handedOff = { task_id: one.id, run_id: one.runId, blockers: 'No key.' };
    return [tool('hand_off', handedOff, () => board.tools), other.say('hand-off', { blockers: 'No key.' })];
  },

  'create_subtask ~ create a sub-task': async () => {
    const [one, other] = [await held(), await held()];
    return [
      tool('create_subtask', { task_id: one.id, title: 'Part' }),
      post(alice, `/v1/tasks/${other.id}/subtasks`, { title: 'Part' }),
    ];
  },
});
