/** Runs that Baton launches, as agents, reviewers and operators see them over HTTP. */
import { expect, test } from 'vitest';
import { agentWorkflowId } from '../../api/entity-ids.ts';
import { claimUpdate } from '../../workflows/messages.ts';
import { tokenOf, useApi } from '../support/api-under-test.ts';
import { Caller, eventually } from '../support/caller.ts';
import type { Answer, Json } from '../support/caller.ts';
import { Wake } from '../support/paperclip.ts';
import { aCompany } from '../support/queues.ts';
import { useRunner } from '../support/runner.ts';
import type { Program } from '../support/runner.ts';

const api = useApi();
const runner = useRunner();
const { olga, rita, bob, alice } = api;

/** A task that Baton launches an agent for. */
async function launched(
  definition: object = {},
): Promise<{ id: string; runId: string; program: Program; agent: Caller }> {
  const { id } = await olga.create({ assignee: 'alice', ...definition });
  const runId = crypto.randomUUID();
  const launch = { runner: runner.name, launcher: 'echo', wake: { reason: 'assignment' } };
  const actor = { id: 'alice', role: 'agent' as const };
  const claim = { messageId: crypto.randomUUID(), actor, runId, leaseSeconds: 5, launch };
  await api.temporal.workflow.getHandle(id).executeUpdate(claimUpdate, { args: [claim] });
  const program = await runner.next();
  const token = tokenOf({ sub: 'alice', role: 'agent', run: runId, lease: id });
  return { id, runId, program, agent: new Caller(() => api.url, 'alice', token) };
}
const read = (id: string): Promise<Json> => olga.must(olga.get(`/v1/tasks/${id}`));
const log = (id: string, runId: string) => olga.get(`/v1/tasks/${id}/runs/${runId}/log`);
const until = (id: string, isRight: (task: Json) => boolean) => eventually(() => read(id), isRight);

test('the runner is told who, what and why', async () => {
  const { id, runId, program } = await launched();
  expect(program.input).toMatchObject({
    runId,
    taskId: id,
    agentId: 'alice',
    company: 'default',
    launcher: 'echo',
    wake: { reason: 'assignment' },
    leaseSeconds: 5,
    graceSeconds: 30,
  });
  program.exit(0);
});

test.each([0, 600])(
  'its token does what an agent may, and nothing once the run is over; settling: %i s',
  async (settleSeconds) => {
    const { id, runId, program, agent } = await launched({ review: { policy: 'none' }, settleSeconds });
    const at = `/v1/tasks/${id}/runs/${runId}`;
    expect((await agent.post(`${at}/heartbeat`)).status).toBe(200);
    expect((await agent.post(`${at}/progress`, { note: 'at it' })).status).toBe(200);
    expect((await read(id)).status).toBe('running');
    const done = await agent.post(`${at}/complete`, { output: { n: 1 }, reasoning: 'counted' });
    expect([done.status, done.body.status]).toEqual([200, 'done']);
    for (const path of [`/v1/tasks/${id}`, '/v1/agents/me', '/v1/queues']) {
      const refused = await agent.get(path);
      expect([refused.status, refused.body.type]).toEqual([401, '/problems/unauthenticated']);
      expect(refused.body.detail).toContain('is over');
    }
    program.exit(0);
    expect((await alice.get(`/v1/tasks/${id}`)).status).toBe(200);
  },
);

test('what it prints can be seen while it lives, and after', async () => {
  const { id, runId, program } = await launched();
  program.print('one\n');
  const live = await eventually(
    () => log(id, runId),
    ({ text }) => text === 'one\n',
  );
  expect(live.headers.get('x-run-live')).toBe('true');
  expect(live.headers.get('content-type')).toContain('text/plain');
  program.print('two\n');
  program.exit(3);
  const task = await until(id, ({ status }) => status === 'queued');
  expect(task).toMatchObject({ attempts: 1, lastFailure: { reasonCode: 'agent_exited' } });
  expect(task.lastFailure.message).toMatch(/exited with code 3 .*one\ntwo/s);
  const after = await log(id, runId);
  expect([after.text, after.headers.get('x-run-live')]).toEqual(['one\ntwo\n', 'false']);
});

test('the log of what Baton did not launch, and of other tenants, is not there', async () => {
  const task = await olga.create();
  const run = await bob.claim(task.id);
  expect((await log(task.id, run.id)).status).toBe(404);
  const { id, runId, program } = await launched();
  expect((await api.as('eve', 'operator', 'elsewhere').get(`/v1/tasks/${id}/runs/${runId}/log`)).status).toBe(
    404,
  );
  program.exit(0);
});

test('the end of its program is among the events, as the workflow took it', async () => {
  const { id, runId, program, agent } = await launched();
  await agent.must(agent.post(`/v1/tasks/${id}/comments`, { text: 'I go on tomorrow.' }));
  program.exit(0);
  expect(await until(id, ({ status }) => status === 'queued')).toMatchObject({ attempts: 0 });
  const { items } = (await olga.get(`/v1/tasks/${id}/events`)).body;
  expect(items.at(-1)).toMatchObject({
    type: 'agent_exited',
    run: runId,
    status: 'queued',
    data: { exitCode: 0 },
  });
});

test('a runner that can not launch it says why, and a person has to put it right', async () => {
  const { id, program } = await launched();
  program.fail('unknown_launcher', 'There is no launcher "echo" here.');
  const { handoff, attempts, endedRuns } = await until(id, ({ status }) => status === 'handoff');
  expect(handoff.blockers).toContain('There is no launcher "echo" here.');
  expect({ attempts, ends: endedRuns.length }).toEqual({ attempts: 0, ends: 1 });
  const { items } = (await olga.get(`/v1/tasks/${id}/events`)).body;
  expect(items.at(-1)).toMatchObject({ type: 'runner_failed', data: { type: 'unknown_launcher' } });
});

test('cancelling the task stops its program', async () => {
  const { id, program } = await launched();
  await olga.must(olga.post(`/v1/tasks/${id}/cancel`));
  const isStopped = () => Promise.resolve(program.isStopped);
  expect(await eventually(isStopped, Boolean)).toBe(true);
});

test('a reviewer who is no agent still decides on what it handed in', async () => {
  const { id, runId, program, agent } = await launched();
  await agent.must(agent.post(`/v1/tasks/${id}/runs/${runId}/complete`, { output: 1, reasoning: 'so' }));
  program.exit(0);
  await rita.must(rita.post(`/v1/tasks/${id}/review`, { decision: 'approve' }));
  expect((await read(id)).status).toBe('done');
});

test('another wake of the agent leaves it alone, in the words of Paperclip', async () => {
  const { id, runId, program } = await launched();
  const other = new Wake(alice, 'default', 'another-wake');
  const refused = await other.checkout(id, ['in_progress']);
  expect([refused.status, refused.body]).toMatchObject([
    409,
    { checkoutRunId: runId, holderAlive: true, retryable: false },
  ]);
  expect((await new Wake(alice, 'default', runId).checkout(id)).status).toBe(200);
  program.exit(0);
});

/** Must have been refused as what this run's token is not good for. */
async function refused(...answers: Promise<Answer>[]): Promise<void> {
  for (const { status, body } of await Promise.all(answers)) {
    expect([status, body.type]).toEqual([403, '/problems/forbidden']);
    expect(body.hint).toMatch(/launched for/);
  }
}

test('its token is good for no other run of its agent, and for no other task', async () => {
  const mine = await launched();
  const other = await launched();
  const { agent } = mine;
  const at = `/v1/tasks/${other.id}/runs/${other.runId}`;
  const waiting = await olga.create({ assignee: 'alice' });
  await refused(
    agent.post(`${at}/heartbeat`),
    agent.post(`${at}/progress`, { note: 'not mine' }),
    agent.post(`${at}/complete`, { output: 1, reasoning: 'so' }),
    agent.post(`${at}/fail`, { reasonCode: 'other' }),
    agent.post(`${at}/release`),
    agent.post(`/v1/tasks/${waiting.id}/claim`),
    agent.post('/v1/queues/default/dequeue'),
    agent.post('/v1/queues/default/steal'),
    agent.post('/v1/agents/me/next'),
  );
  const wake = new Wake(agent, 'default', other.runId);
  expect((await wake.checkout(other.id, ['in_progress'])).status).toBe(403);
  expect((await wake.checkout(waiting.id)).status).toBe(403);
  expect((await wake.patch(`/issues/${other.id}`, { status: 'done' })).status).toBe(403);
  expect(await read(other.id)).toMatchObject({ status: 'assigned', run: { id: other.runId } });
  // What anybody may do, it may do, too; and its own run goes on.
  await agent.must(agent.post(`/v1/tasks/${other.id}/comments`, { text: 'Look at mine.' }));
  await agent.must(agent.get(`/v1/tasks/${other.id}`));
  await agent.must(agent.post(`/v1/tasks/${mine.id}/subtasks`, { title: 'Count the peas' }));
  expect((await new Wake(agent, 'default', mine.runId).checkout(mine.id)).status).toBe(200);
  expect((await agent.post(`/v1/tasks/${mine.id}/runs/${mine.runId}/heartbeat`)).status).toBe(200);
  for (const { program } of [mine, other]) program.exit(0);
});

test('one that holds no task may take what is assigned to its agent, and speaks for that run only', async () => {
  const company = `company-${crypto.randomUUID()}`;
  const of = aCompany(api, company);
  const adapter = { type: 'process', launcher: 'echo', runner: runner.name };
  const ada = { name: 'Ada', role: 'cook', adapter, limits: { runsAtOnce: 1 } };
  await of.olga.must(of.olga.send('PUT', '/v1/agents/ada', ada));
  const { id: bobs } = await of.olga.create({ assignee: 'bob' });
  await of.bob.claim(bobs);
  await of.olga.must(of.olga.post(`/v1/tasks/${bobs}/comments`, { text: '@ada, have a look.' }));
  const program = await runner.next();
  const { input } = program;
  expect(input).toMatchObject({ taskId: bobs, wake: { reason: 'mention' } });
  const lease = agentWorkflowId(company, 'ada');
  const token = tokenOf({ sub: 'ada', role: 'agent', company, run: input.runId, lease });
  const agent = new Caller(() => api.url, 'ada', token);
  const wake = new Wake(agent, company, input.runId);

  const [own, another, nobodys] = await Promise.all(
    ['ada', 'ada', undefined].map((assignee) => of.olga.create({ assignee })),
  );
  const elsewhere = await api.as('ada', 'agent', company).claim(another.id);
  await refused(
    agent.post(`/v1/tasks/${nobodys.id}/claim`),
    agent.post('/v1/agents/me/next'),
    agent.post(`/v1/tasks/${another.id}/runs/${elsewhere.id}/complete`, { output: 1, reasoning: 'so' }),
  );
  expect((await wake.checkout(nobodys.id)).status).toBe(403);
  await agent.must(agent.post(`/v1/tasks/${bobs}/comments`, { text: 'It looks good.' }));
  expect(await wake.must(wake.checkout(own.id))).toMatchObject({ checkoutRunId: input.runId });
  await wake.must(wake.patch(`/issues/${own.id}`, { status: 'done', comment: 'Done.' }));
  await of.olga.must(of.olga.post('/v1/agents/ada/terminate'));
  program.exit(0);
});
