/** The task workflow of Paperclip's guide, in its own words and order: what an agent of it does runs here unchanged. */
import { describe, expect, test } from 'vitest';
import { useApi } from '../support/api-under-test.ts';
import type { Json } from '../support/caller.ts';
import { Wake } from '../support/paperclip.ts';

const api = useApi();

/** A company that no other test knows, and how its people wake up. */
function aCompany() {
  const id = `company-${crypto.randomUUID()}`;
  const wake = (sub: string, runId?: string, role = 'agent') => new Wake(api.as(sub, role, id), id, runId);
  return { id, wake, board: wake('board', 'board-1', 'operator') };
}
const { wake, board } = aCompany();
const statusOf = async (issueId: string) => (await board.read(issueId)).status;

describe('before doing any work on a task, checkout is required', () => {
  test('it is an atomic operation: if two agents race, exactly one succeeds and the other gets 409', async () => {
    const { id } = await board.create();
    const racers = Array.from({ length: 6 }, (_, i) => wake(`racer-${i}`, `run-${i}`));
    const answers = await Promise.all(racers.map((racer) => racer.checkout(id)));
    const won = answers.findIndex(({ status }) => status === 200);
    expect(answers[won]!.body).toMatchObject({
      status: 'in_progress',
      assigneeAgentId: `racer-${won}`,
      checkoutRunId: `run-${won}`,
    });
    for (const { status, body } of answers.filter((_, i) => i !== won)) {
      expect(status).toBe(409);
      expect(body).toEqual({
        error: `racer-${won} holds this task.`,
        issueId: id,
        status: 'in_progress',
        assigneeAgentId: `racer-${won}`,
        checkoutRunId: `run-${won}`,
        holderAlive: true,
        retryable: false,
        hint: 'Never retry a 409: pick a different issue.',
      });
    }
  });

  test('if you already own the task, checkout succeeds idempotently', async () => {
    const { id } = await board.create();
    const agent = wake('agent-42', 'run-1');
    const [first, second] = [await agent.checkout(id, ['todo']), await agent.checkout(id, ['todo'])];
    expect([first.status, second.status]).toEqual([200, 200]);
    expect(second.body).toEqual(first.body);
  });
});

describe('while working, keep the task updated', () => {
  test('a comment is progress, "done" ends it, and both stand in the comments', async () => {
    const { id } = await board.create();
    const agent = wake('agent-42', 'run-1');
    await agent.must(agent.checkout(id));
    const said = 'JWT signing done. Still need token refresh. Continuing next heartbeat.';
    expect(await agent.must(agent.patch(`/issues/${id}`, { comment: said }))).toMatchObject({
      status: 'in_progress',
    });
    expect(
      (await api.as('board', 'operator', (await board.read(id)).companyId).read(id)).lastProgress,
    ).toMatchObject({
      note: said,
      agent: 'agent-42',
    });
    const done = 'Implemented JWT signing and token refresh. All tests passing.';
    const after = await agent.must(agent.patch(`/issues/${id}`, { status: 'done', comment: done }));
    expect(after).toMatchObject({ status: 'done', checkoutRunId: null, assigneeAgentId: 'agent-42' });
    expect(after.completedAt).not.toBeNull();
    expect(await board.comments(id)).toEqual([said, done]);
  });

  test('always include the run id header: without it the holder is warned, and heard', async () => {
    const { id } = await board.create();
    const nameless = wake('agent-42');
    await nameless.must(nameless.checkout(id));
    const { status, headers } = await nameless.patch(`/issues/${id}`, { comment: 'No run id.' });
    expect([status, headers.get('warning')]).toEqual([200, expect.stringContaining('X-Paperclip-Run-Id')]);
    const named = await wake('agent-42', 'run-9').patch(`/issues/${id}`, { status: 'done' });
    expect([named.status, named.headers.get('warning')]).toEqual([200, null]);
  });
});

test('if you can’t make progress: the blocker stands in the comments, and the issue is blocked', async () => {
  const { id } = await board.create();
  const agent = wake('agent-42', 'run-1');
  await agent.must(agent.checkout(id));
  const comment = 'Need DBA review for migration PR #38. Reassigning to @EngineeringLead.';
  expect(await agent.must(agent.patch(`/issues/${id}`, { status: 'blocked', comment }))).toMatchObject({
    status: 'blocked',
    checkoutRunId: null,
    blocker: comment,
  });
  expect(await board.comments(id)).toEqual([comment]);
  // It may be taken up again as the first step says, blocked or not.
  expect((await wake('agent-42', 'run-2').checkout(id)).body).toMatchObject({ status: 'in_progress' });
});

test('managers break down work into subtasks: with parentId and goalId it stands in the hierarchy', async () => {
  const root = await board.create({ title: 'Be fast', goalId: 'goal-1', projectId: 'project-1' });
  const manager = wake('manager', 'run-1');
  await manager.must(manager.checkout(root.id));
  const child = await manager.create({
    title: 'Implement caching layer',
    assigneeAgentId: 'report',
    parentId: root.id,
    goalId: 'goal-1',
    status: 'todo',
    priority: 'high',
  });
  expect(child).toMatchObject({
    title: 'Implement caching layer',
    status: 'todo',
    priority: 'high',
    assigneeAgentId: 'report',
    parentId: root.id,
    goalId: 'goal-1',
    projectId: 'project-1',
    createdByAgentId: 'manager',
  });
  const leaf = await wake('report', 'run-2').create({ title: 'Pick a cache', parentId: child.id });
  expect(leaf).toMatchObject({ goalId: 'goal-1', projectId: 'project-1' });
  const { ancestors, children } = await board.read(leaf.id);
  expect(ancestors.map((each: Json) => each.id)).toEqual([child.id, root.id]);
  expect(children).toEqual([]);
  expect((await board.read(root.id)).children).toMatchObject([
    { id: child.id, title: 'Implement caching layer' },
  ]);
});

test('if you need to give up a task: released, it belongs to nobody and can be taken by another', async () => {
  const { id } = await board.create({ assigneeAgentId: 'agent-42' });
  const agent = wake('agent-42', 'run-1');
  await agent.must(agent.checkout(id));
  expect((await wake('agent-43', 'run-1').checkout(id)).status).toBe(409);
  await agent.must(agent.post(`/issues/${id}/comments`, { body: 'This should go to somebody else.' }));
  expect(await agent.must(agent.post(`/issues/${id}/release`))).toMatchObject({
    status: 'todo',
    assigneeAgentId: null,
    checkoutRunId: null,
  });
  expect((await wake('agent-43', 'run-1').checkout(id)).status).toBe(200);
  // Who holds nothing has nothing to give up, which is fine.
  expect((await agent.post(`/issues/${id}/release`)).status).toBe(200);
  expect(await statusOf(id)).toBe('in_progress');
});

test('the worked example of a heartbeat', async () => {
  const company = aCompany();
  const issue101 = await company.board.create({ title: 'Sliding window', assigneeAgentId: 'agent-42' });
  const issue99 = await company.board.create({ title: 'JWT', assigneeAgentId: 'agent-42', priority: 'low' });
  const others = await company.board.create({ title: 'Not mine', assigneeAgentId: 'agent-43' });
  const earlier = company.wake('agent-42', 'run-1');
  await earlier.must(earlier.checkout(issue101.id));

  const agent = company.wake('agent-42', 'run-2');
  expect(await agent.must(agent.get('/agents/me'))).toMatchObject({ id: 'agent-42', companyId: company.id });
  const inbox = await agent.listed(
    'assigneeAgentId=agent-42&status=todo,in_progress,blocked',
    (issues) => issues.length === 2 && issues[0].status === 'in_progress',
  );
  expect(inbox).toMatchObject([
    { id: issue101.id, status: 'in_progress' },
    { id: issue99.id, status: 'todo' },
  ]);

  // Continue in_progress work: it is held since an earlier wake, and needs no new checkout.
  expect(await agent.read(issue101.id)).toMatchObject({ status: 'in_progress', checkoutRunId: 'run-1' });
  expect(await agent.comments(issue101.id)).toEqual([]);
  const comment = 'Fixed sliding window. Was using wall-clock instead of monotonic time.';
  await agent.must(agent.patch(`/issues/${issue101.id}`, { status: 'done', comment }));

  // Pick up next task
  await agent.must(agent.checkout(issue99.id, ['todo']));
  // Partial progress
  await agent.must(
    agent.patch(`/issues/${issue99.id}`, {
      comment: 'JWT signing done. Still need token refresh. Will continue next heartbeat.',
    }),
  );
  expect(await agent.read(issue101.id)).toMatchObject({ status: 'done' });
  expect(await agent.read(issue99.id)).toMatchObject({ status: 'in_progress', checkoutRunId: 'run-2' });
  expect(await agent.read(others.id)).toMatchObject({ status: 'todo', assigneeAgentId: 'agent-43' });
});
