/** What an approval holds back over HTTP, in every protocol: its tasks are neither handed out nor completed before. */
import { describe, expect, test } from 'vitest';
import { useApi } from '../support/api-under-test.ts';
import type { Caller } from '../support/caller.ts';
import { useToolCallers } from '../support/mcp.ts';
import { Wake } from '../support/paperclip.ts';
import { QueueUnderTest, aCompany } from '../support/queues.ts';
import { TeamQueue, complete } from '../support/team-queue.ts';
import { TicketAgent } from '../support/tickets.ts';

const api = useApi();
const company = `company-${crypto.randomUUID()}`;
const connect = useToolCallers(api, company);

const ask = (caller: Caller, ...tasks: string[]) =>
  caller.must(caller.post('/v1/approvals', { type: 'hire_agent', tasks }));
const decide = (caller: Caller, id: string, decision: string, note?: string) =>
  caller.post(`/v1/approvals/${id}/decide`, { decision, ...(note !== undefined && { note }) });

describe('a task that an approval is about', () => {
  const pending = { status: 409, body: { type: '/problems/approval_pending', retryable: true } };

  test('is neither handed out nor claimed, and says for what it waits, until it is approved', async () => {
    const crew = aCompany(api);
    const queue = await QueueUnderTest.open(crew.olga);
    const id = await queue.put();
    const approval = await ask(crew.rita, id);
    expect((await queue.dequeue(crew.bob)).status).toBe(204);
    const refused = await crew.bob.post(`/v1/tasks/${id}/claim`);
    expect(refused).toMatchObject({ ...pending, body: { ...pending.body, blockedBy: approval.id } });
    expect(refused.body.hint).toContain('Take another task');
    expect(await crew.bob.read(id)).toMatchObject({
      approvals: [{ id: approval.id, type: 'hire_agent', requestedBy: { id: 'rita', role: 'reviewer' } }],
      standing: expect.stringContaining(`May not start before approval ${approval.id}`),
      actions: expect.arrayContaining([expect.objectContaining({ name: 'claim', allowed: false })]),
    });
    const diagnosis = await crew.bob.must(crew.bob.get(`/v1/tasks/${id}/diagnosis`));
    expect(diagnosis).toMatchObject({
      waitingFor: { kind: 'approval', id: approval.id },
      facts: expect.arrayContaining([
        expect.objectContaining({ name: 'approval', data: expect.objectContaining({ lapsed: false }) }),
      ]),
      whatToDo: [expect.stringContaining(`/v1/approvals/${approval.id}/decide`)],
    });
    await crew.olga.must(decide(crew.olga, approval.id, 'approve'));
    expect(await crew.bob.read(id)).toMatchObject({ approvals: [] });
    expect((await queue.take(crew.bob)).taskId).toBe(id);
  });

  test('of an agent waits with its work, wakes it, and goes to people when it is rejected', async () => {
    const crew = aCompany(api);
    const { id } = await crew.alice.create({ assignee: 'bob', review: { policy: 'none' } });
    const { id: link } = await crew.olga.create();
    const own = await crew.olga.create({ review: { policy: 'none' } });
    const run = await crew.alice.claim(own.id);
    const approval = await ask(crew.alice, id, own.id, link);
    expect(await run.complete()).toMatchObject(pending);
    expect((await crew.bob.post(`/v1/tasks/${id}/claim`)).status).toBe(409);
    expect(await crew.bob.read(link), 'alice has no say in it').toMatchObject({ approvals: [] });
    await crew.olga.must(decide(crew.olga, approval.id, 'reject', 'Too dear.'));
    expect(await crew.bob.read(id)).toMatchObject({
      status: 'handoff',
      handoff: { by: 'olga', blockers: expect.stringContaining('was rejected by olga: Too dear.') },
    });
    expect(await crew.alice.must(crew.alice.get('/v1/agents/me/wakes?wait=20'))).toMatchObject({
      items: [{ reason: 'approval_decided', approval: { id: approval.id, status: 'rejected' } }],
    });
    expect((await run.complete()).status).toBe(200);
    await crew.olga.must(crew.olga.post(`/v1/tasks/${id}/resume`));
    await crew.bob.claim(id);
  });

  test('is refused in the words of every protocol', async () => {
    const crew = aCompany(api, company);
    const [agent, board] = [new Wake(crew.alice, company, 'run-1'), new Wake(crew.olga, company)];
    const issue = await board.create({ assigneeAgentId: 'alice' });
    const asked = await agent.must(
      agent.post(`/companies/${company}/approvals`, { type: 'hire_agent', issueIds: [issue.id] }),
    );
    expect(await agent.read(issue.id)).toMatchObject({ status: 'todo', waitsForApprovalIds: [asked.id] });
    expect(await agent.checkout(issue.id)).toMatchObject({
      status: 409,
      body: { hint: expect.stringContaining(asked.id), retryable: false, holderAlive: false },
    });
    expect((await agent.patch(`/issues/${issue.id}`, { status: 'done', comment: 'Hired.' })).status).toBe(
      409,
    );

    const tickets = new TicketAgent(await connect('alice'));
    expect(await tickets.say(`ticket_claim id=${issue.id}`)).toMatchObject({
      is: 'ERR',
      code: 'conflict',
      msg: expect.stringContaining(asked.id),
    });

    const queue = await TeamQueue.open(crew.olga);
    const task = await queue.put();
    const other = await ask(crew.olga, task.id.slice(3));
    expect((await queue.dequeue(crew.bob)).status).toBe(204);
    await crew.rita.must(decide(crew.rita, other.id, 'approve'));
    const taken = await queue.take(crew.bob);
    const third = await ask(crew.olga, task.id.slice(3));
    expect(await complete(crew.bob, taken.id)).toMatchObject({
      status: 409,
      body: { error: { code: 'approval_pending', message: expect.stringContaining(third.id) } },
    });

    const tools = await connect('carol');
    const run = await crew.carol.claim((await crew.olga.create({ assignee: 'carol' })).id);
    await ask(crew.carol, run.taskId);
    expect(await tools.call('mark_complete', { output: 1, reasoning: 'Done.' })).toMatchObject({
      isError: true,
      content: { type: '/problems/approval_pending' },
    });

    await board.must(board.post(`/approvals/${asked.id}/approve`));
    await agent.must(agent.checkout(issue.id));
  });

  test('says so when its approval was ended from outside, and can be cancelled', async () => {
    const { rita, olga } = aCompany(api);
    const { id } = await olga.create();
    const approval = await ask(rita, id);
    await api.temporal.workflow.getHandle(approval.id).terminate('enough');
    expect((await olga.post(`/v1/tasks/${id}/claim`)).body).toMatchObject({
      type: '/problems/approval_pending',
      detail: expect.stringContaining('has ended without a decision'),
      retryable: false,
    });
    expect(await olga.read(id)).toMatchObject({ standing: expect.stringContaining('Cancel the task') });
    const { whatToDo } = await olga.must(olga.get(`/v1/tasks/${id}/diagnosis`));
    expect(whatToDo[0]).toContain(`/v1/tasks/${id}/cancel`);
    expect((await decide(olga, approval.id, 'approve')).body).toMatchObject({
      status: 409,
      detail: expect.stringContaining('without a decision'),
    });
    await olga.must(olga.post(`/v1/tasks/${id}/cancel`));
    expect(await olga.read(id)).toMatchObject({ status: 'cancelled' });
  });
});
