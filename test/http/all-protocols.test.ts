/** All protocols at once: a task tells the same story in each, and agents of all of them work off one backlog. */
import { expect, test } from 'vitest';
import { useApi } from '../support/api-under-test.ts';
import type { Caller } from '../support/caller.ts';
import { checkHistories, countOf } from '../support/history-checker.ts';
import { useToolCallers } from '../support/mcp.ts';
import { PatientClient } from '../support/patient-client.ts';
import { tokenOf } from '../support/api-under-test.ts';
import { TicketAgent } from '../support/tickets.ts';

const SLOW = 180_000;
const TASKS = 40;
const CRASHES = 0.15;

const api = useApi();
const company = `company-${crypto.randomUUID()}`;
const connect = useToolCallers(api, company);
const native = (sub: string, role = 'agent') => api.as(sub, role, company);

/** How a task looks in each of the protocols. */
async function seenBy(ticketAgent: TicketAgent, company_: Awaited<ReturnType<typeof connect>>, id: string) {
  const olga = native('olga', 'operator');
  return {
    native: (await olga.read(id)).status,
    'work queues': (await olga.must(olga.get(`/work-queue-tasks/wt_${id}`))).status,
    Paperclip: (await olga.must(olga.get(`/api/issues/${id}`))).status,
    tickets: (await ticketAgent.say(`ticket_get id=${id}`)).s,
    'company agents': (await company_.must('get_task', { task_id: id })).status,
  };
}

test('one task tells the same story in every protocol', async () => {
  const [olga, pat, quin] = [native('olga', 'operator'), native('pat'), native('quin')];
  const kim = new TicketAgent(await connect('kim'));
  const casey = await connect('casey');
  const queue = await olga.must(olga.post('/work-queues', { name: 'backlog' }));
  const task = await olga.must(olga.post(`/work-queues/${queue.id}/tasks`, { name: 'Fix the login' }));
  const id = task.id.replace('wt_', '');
  const seen = () => seenBy(kim, casey, id);
  expect(await seen()).toEqual({
    native: 'queued',
    'work queues': 'pending',
    Paperclip: 'todo',
    tickets: 'bk',
    'company agents': 'queued',
  });

  const checkout = { agentId: 'pat', expectedStatuses: ['todo'] };
  await pat.must(pat.post(`/api/issues/${id}/checkout`, checkout, { 'x-paperclip-run-id': 'wake-1' }));
  expect(await seen()).toEqual({
    native: 'assigned',
    'work queues': 'assigned',
    Paperclip: 'in_progress',
    tickets: 'ip',
    'company agents': 'assigned',
  });
  // Claimed through one, it is refused in the others, in their own words.
  expect(await quin.post(`/v1/tasks/${id}/claim`)).toMatchObject({ status: 409, body: { holder: 'pat' } });
  expect((await quin.post(`/work-queues/${queue.id}/dequeue`, { agentId: 'quin' })).status).toBe(204);
  expect((await quin.post(`/work-queue-tasks/${task.id}/complete`, { result: 'mine' })).status).toBe(409);
  expect((await quin.post(`/api/issues/${id}/checkout`, { ...checkout, agentId: 'quin' })).status).toBe(409);
  expect(await kim.say(`ticket_claim id=${id}`)).toMatchObject({ is: 'ERR', code: 'conflict' });
  const report = await casey.call('report_progress', { task_id: id, note: 'at it' });
  expect(report.isError).toBe(true);

  await kim.say(`ticket_comment id=${id} body="Mind the clock."`);
  const comments = await pat.must(pat.get(`/api/issues/${id}/comments`));
  expect(comments).toMatchObject([{ authorAgentId: 'kim', body: 'Mind the clock.' }]);

  await pat.must(pat.patch(`/api/issues/${id}`, { status: 'done', comment: 'It was the clock.' }));
  expect(await seen()).toEqual({
    native: 'done',
    'work queues': 'completed',
    Paperclip: 'done',
    tickets: 'dn',
    'company agents': 'done',
  });
});

/** An agent that takes what it finds until there is nothing more to do; sometimes it vanishes instead of finishing. */
async function work(isOver: () => boolean, takeOne: (crashes: boolean) => Promise<boolean>): Promise<void> {
  while (!isOver()) {
    const took = await takeOne(Math.random() < CRASHES).catch(() => false);
    if (!took) await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

const anyOf = <T>(items: readonly T[]): T | undefined => items[Math.floor(Math.random() * items.length)];

/** Paperclip's way, and DarkDuck's, which differs in a header. */
const issueAgent = (agent: Caller, header: string) => async (crashes: boolean) => {
  // Its own first, which it may have lost sight of; then what nobody has.
  const list = async (query: string): Promise<{ id: string; status: string }[]> =>
    await agent.must(agent.get(`/api/companies/${company}/issues?${query}`));
  const mine = await list(`assigneeAgentId=${agent.id}&status=todo,in_progress`);
  const issue = mine[0] ?? anyOf(await list('status=todo'));
  if (!issue) return false;
  const headers = { [header]: crypto.randomUUID() };
  const body = { agentId: agent.id, expectedStatuses: [issue.status] };
  const { status } = await agent.post(`/api/issues/${issue.id}/checkout`, body, headers);
  if (status !== 200 || crashes) return status === 200;
  await agent.patch(`/api/issues/${issue.id}`, { comment: 'Half of it.' }, headers);
  await agent.must(
    agent.patch(`/api/issues/${issue.id}`, { status: 'done', comment: 'All of it.' }, headers),
  );
  return true;
};

const queueAgent = (agent: Caller, queue: string) => async (crashes: boolean) => {
  const taken = await agent.post(`/work-queues/${queue}/dequeue?wait=1`, { agentId: agent.id });
  if (taken.status !== 200 || crashes) return taken.status === 200;
  await agent.must(agent.post(`/work-queue-tasks/${taken.body.id}/complete`, { result: 'All of it.' }));
  return true;
};

const ticketAgent = (agent: TicketAgent) => async (crashes: boolean) => {
  const ticket = anyOf<{ id: string }>(await agent.say('ticket_backlog'));
  if (!ticket) return false;
  const claimed = await agent.say(`ticket_claim id=${ticket.id}`);
  if (claimed.is === 'ERR' || crashes) return claimed.is !== 'ERR';
  await agent.say(`ticket_update id=${ticket.id} s=dn etag=${claimed.ua}`);
  return true;
};

/** An agent that is launched for a task, and has tools for what it does with it. */
const launchedAgent =
  (agent: Caller, tools: Awaited<ReturnType<typeof connect>>) => async (crashes: boolean) => {
    const taken = await agent.post('/v1/agents/me/next?wait=1', {});
    if (taken.status !== 200 || crashes) return taken.status === 200;
    const ids = { task_id: taken.body.task.id, run_id: taken.body.run.id };
    await tools.must('report_progress', { ...ids, understanding: 'All of it.' });
    await tools.must('mark_complete', { ...ids, output: 'All of it.', reasoning: 'It was asked for.' });
    return true;
  };

test(
  'ten agents of all protocols work off one backlog: each task is done exactly once',
  { timeout: SLOW },
  async () => {
    const olga = native('olga', 'operator');
    const { id: queue } = await olga.must(olga.post('/v1/queues', { name: 'shared', team: 'all' }));
    const definition = { queue, lease: { seconds: 5 }, maxAttempts: 100, review: { policy: 'none' } };
    const ids: string[] = [];
    for (let i = 0; i < TASKS; i += 1)
      ids.push((await olga.create({ title: `Task ${i}`, ...definition })).id);

    let isOver = false;
    const twice = async (start: (n: number) => Promise<(crashes: boolean) => Promise<boolean>>) =>
      await Promise.all([1, 2].map(async (n) => await work(() => isOver, await start(n))));
    const crowd = [
      twice(async (n) => issueAgent(native(`paperclip-${n}`), 'x-paperclip-run-id')),
      twice(async (n) => issueAgent(native(`darkduck-${n}`), 'x-darkduck-run-id')),
      twice(async (n) => queueAgent(native(`queue-${n}`), `wq_${queue}`)),
      twice(async (n) => ticketAgent(new TicketAgent(await connect(`ticket-${n}`)))),
      twice(async (n) => launchedAgent(native(`launched-${n}`), await connect(`launched-${n}`))),
    ];
    const statuses = async () => await Promise.all(ids.map(async (id) => (await olga.read(id)).status));
    try {
      await expect.poll(statuses, { timeout: SLOW, interval: 1_000 }).toEqual(ids.map(() => 'done'));
    } finally {
      isOver = true;
      await Promise.all(crowd);
    }
    const operator = new PatientClient(api.url, await tokenOf({ sub: 'olga', role: 'operator', company }));
    const checked = await checkHistories(operator, api.temporal, ids);
    for (const [id, events] of checked) expect(countOf(events, 'mark_complete'), id).toBe(1);
  },
);
