/** DarkDuck's heartbeat procedure, step by step as its document has it. */
import { expect, test } from 'vitest';
import { useApi } from '../support/api-under-test.ts';
import { eventually } from '../support/caller.ts';
import { Wake } from '../support/paperclip.ts';

const api = useApi();
const company = `company-${crypto.randomUUID()}`;
const wake = (sub: string, runId?: string, role = 'agent') =>
  new Wake(api.as(sub, role, company), company, runId, 'X-DarkDuck-Run-Id');
const board = wake('board', undefined, 'operator');

test('the steps', async () => {
  const goal = await board.create({ title: 'Ship it', goalId: 'goal-1' });
  const low = await board.create({ title: 'Later', assigneeAgentId: 'duck', priority: 'low' });
  const high = await board.create({
    title: 'Sooner',
    assigneeAgentId: 'duck',
    priority: 'high',
    parentId: goal.id,
  });
  const stuck = await board.create({ title: 'Stuck', assigneeAgentId: 'duck', status: 'todo' });
  await board.must(board.patch(`/issues/${stuck.id}`, { status: 'blocked', comment: 'No wood.' }));
  const agent = wake('duck', 'run-1');

  // Step 1: Identity. This returns your ID, company, role, chain of command, and budget.
  const native = api.as('board', 'operator', company);
  const profile = { name: 'Duck', role: 'engineer', reportsTo: 'swan', budget: { usd: 50 } };
  await native.must(native.send('PUT', '/v1/agents/duck', profile));
  expect(await agent.must(agent.get('/agents/me'))).toMatchObject({
    id: 'duck',
    companyId: company,
    role: 'engineer',
    chainOfCommand: [{ id: 'swan' }],
    budget: { limit: { usd: 50 }, spent: { usd: 0 }, remaining: { usd: 50 } },
  });

  // Step 3: Get Assignments. Results are sorted by priority. This is your inbox.
  const inbox = await agent.listed(
    'assigneeAgentId=duck&status=todo,in_progress,blocked',
    (issues) => issues.length === 3 && issues[1].status === 'blocked',
  );
  expect(inbox.map(({ priority, status }) => [priority, status])).toEqual([
    ['high', 'todo'],
    ['medium', 'blocked'],
    ['low', 'todo'],
  ]);
  expect(inbox.at(-1).id).toBe(low.id);

  // Step 5: Checkout. If already checked out by you, this succeeds. If another agent owns it: 409.
  expect(await agent.must(agent.checkout(high.id))).toMatchObject({
    status: 'in_progress',
    checkoutRunId: 'run-1',
  });
  expect((await agent.checkout(high.id)).status).toBe(200);
  expect((await wake('drake', 'run-2').checkout(high.id)).status).toBe(409);

  // Step 6: Understand Context. Read ancestors to understand why this task exists.
  const issue = await agent.read(high.id);
  expect(issue.ancestors).toMatchObject([{ id: goal.id, title: 'Ship it', goalId: 'goal-1' }]);
  expect(await agent.comments(high.id)).toEqual([]);

  // Step 9: Delegate if Needed. Always set parentId and goalId on subtasks.
  const delegated = await agent.create({
    title: 'Part of it',
    assigneeAgentId: 'duckling',
    parentId: high.id,
    goalId: 'goal-1',
  });
  const duckling = wake('duckling', 'run-3');
  await duckling.must(duckling.checkout(delegated.id));
  await duckling.must(
    duckling.patch(`/issues/${delegated.id}`, { status: 'done', comment: 'What was done and why.' }),
  );

  // Step 8: Update Status.
  const comment = 'What was done and why.';
  await eventually(
    () => agent.patch(`/issues/${high.id}`, { status: 'done', comment }),
    ({ status }) => status === 200,
  );
  expect(await agent.read(high.id)).toMatchObject({
    status: 'done',
    children: [{ id: delegated.id, status: 'done' }],
  });
  await agent.must(agent.checkout(low.id));
  await agent.must(
    agent.patch(`/issues/${low.id}`, {
      status: 'blocked',
      comment: 'What is blocked, why, and who needs to unblock it.',
    }),
  );
  expect(await agent.comments(low.id)).toEqual(['What is blocked, why, and who needs to unblock it.']);
});

test('step 2: approval follow-up', async () => {
  const issue = await board.create({ title: 'Hire a swan', assigneeAgentId: 'duck' });
  const open = await board.create({ title: 'Build a pond', assigneeAgentId: 'duck' });
  const asking = wake('duck', 'run-1');
  const { id } = await asking.must(
    asking.post(`/companies/${company}/approvals`, {
      type: 'hire_agent',
      requestedByAgentId: 'duck',
      issueIds: [issue.id, open.id],
      payload: { name: 'Swan' },
    }),
  );
  await board.must(board.post(`/approvals/${id}/approve`, { decisionNote: 'Go ahead.' }));

  // If DARKDUCK_APPROVAL_ID is set, handle the approval first.
  const agent = wake('duck', 'run-2');
  expect(await agent.must(agent.get(`/approvals/${id}`))).toMatchObject({
    status: 'approved',
    decisionNote: 'Go ahead.',
  });
  const linked = await agent.must(agent.get(`/approvals/${id}/issues`));
  expect(linked.map((each: { id: string }) => each.id)).toEqual([issue.id, open.id]);
  // Close linked issues if the approval resolves them, or comment on why they remain open.
  const closed = { status: 'done', comment: 'Approved, and done.' };
  expect(await agent.must(agent.patch(`/issues/${issue.id}`, closed))).toMatchObject({ status: 'done' });
  const why = { comment: 'No swan can build alone.' };
  expect(await agent.must(agent.patch(`/issues/${open.id}`, why))).toMatchObject({ status: 'todo' });
  expect(await agent.comments(open.id)).toEqual([why.comment]);
});

test('never cancel cross-team tasks: reassign to your manager instead', async () => {
  const { id } = await board.create({ assigneeAgentId: 'other-team' });
  const agent = wake('duck', 'run-1');
  expect((await agent.patch(`/issues/${id}`, { status: 'cancelled' })).status).toBe(403);
  expect(await agent.must(agent.patch(`/issues/${id}`, { assigneeAgentId: 'swan' }))).toMatchObject({
    status: 'todo',
    assigneeAgentId: 'swan',
  });
});

test('the run id of every mutation is on record', async () => {
  const { id } = await board.create();
  const agent = wake('duck', 'run-7');
  await agent.must(agent.checkout(id));
  await agent.must(agent.patch(`/issues/${id}`, { comment: 'Half of it.' }));
  const native = api.as('board', 'operator', company);
  const { items } = await native.must(native.get(`/v1/tasks/${id}/events`));
  const told = items.filter(({ by }: { by?: { id: string } }) => by?.id === 'duck');
  expect(told.map(({ type }: { type: string }) => type)).toEqual(['claim', 'report_progress']);
  for (const event of told) expect(JSON.stringify(event)).toContain('run-7');
});

test('re-claiming after a crash: the lock of a run that is no longer active is adopted', async () => {
  // Nobody calls for as long as the lease is, which is short here.
  const native = api.as('board', 'operator', company);
  const { id } = await native.create({ lease: { seconds: 5 }, progressTimeoutSeconds: 0, assignee: 'duck' });
  const crashed = wake('duck', 'run-1');
  await crashed.must(crashed.checkout(id));
  await eventually(
    () => native.read(id),
    ({ status }) => status === 'queued',
  );

  // To its agent it is still in progress, held by no run.
  expect(await board.read(id)).toMatchObject({
    status: 'in_progress',
    checkoutRunId: null,
    assigneeAgentId: 'duck',
  });
  const agent = wake('duck', 'run-2');
  const inbox = await agent.listed('assigneeAgentId=duck&status=in_progress', (issues) =>
    issues.some((issue) => issue.id === id),
  );
  expect(inbox.find((issue) => issue.id === id)).toMatchObject({
    status: 'in_progress',
    checkoutRunId: null,
  });
  expect((await wake('drake', 'run-3').checkout(id, ['in_progress'])).body).toMatchObject({
    holderAlive: false,
    assigneeAgentId: 'duck',
  });
  expect((await agent.checkout(id, ['blocked', 'backlog'])).status).toBe(409);
  expect(await agent.must(agent.checkout(id, ['in_progress']))).toMatchObject({
    status: 'in_progress',
    checkoutRunId: 'run-2',
  });
});

test('a late call of the last holder claims again and applies, when nobody has claimed since', async () => {
  const native = api.as('board', 'operator', company);
  const { id } = await native.create({
    lease: { seconds: 5 },
    progressTimeoutSeconds: 0,
    review: { policy: 'none' },
    settleSeconds: 600,
  });
  const agent = wake('duck', 'run-1');
  await agent.must(agent.checkout(id));
  await eventually(
    () => native.read(id),
    ({ status }) => status === 'queued',
  );
  expect(await agent.must(agent.patch(`/issues/${id}`, { comment: 'Back again.' }))).toMatchObject({
    status: 'in_progress',
    checkoutRunId: 'run-1',
  });
  expect(await agent.must(agent.patch(`/issues/${id}`, { status: 'done', comment: 'Done.' }))).toMatchObject({
    status: 'done',
  });
});
