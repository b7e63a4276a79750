/** One task, many who want it: exactly one gets it, and the others learn all they need. */
import { expect, test } from 'vitest';
import { SIGNALS } from '../../workflows/messages.ts';
import { useApi } from '../support/api-under-test.ts';

const api = useApi();

/** The kinds of a task's history events, those of workflow tasks aside: one may serve many refused claims at once. */
async function eventsOf(taskId: string): Promise<string[]> {
  const { events = [] } = await api.temporal.workflow.getHandle(taskId).fetchHistory();
  return events!.flatMap((event) =>
    Object.keys(event).filter((key) => /^(?!workflowTask).*Attributes$/.test(key)),
  );
}

test('the second to claim is told who holds the task, that it lives, and until when', async () => {
  const { id } = await api.olga.create({ lease: { seconds: 100 } });
  const claimed = await api.alice.must(api.alice.post(`/v1/tasks/${id}/claim`));
  const { status, body } = await api.bob.post(`/v1/tasks/${id}/claim`);
  expect(status).toBe(409);
  expect(body).toMatchObject({
    type: '/problems/held',
    detail: 'alice holds this task.',
    hint: 'Take another task.',
    holder: 'alice',
    holderAlive: true,
    retryable: false,
  });
  // To the millisecond: what it says is not before what the holder was told.
  expect(Date.parse(body.leaseExpiresAt)).toBeGreaterThanOrEqual(Date.parse(claimed.run.leaseExpiresAt));
  expect(body.runId).toBeUndefined();
});

test('the lease it is told of is that of the run that holds the task, not of one before', async () => {
  const { id } = await api.olga.create();
  // Released past the API, which would close their leases; so they stay until they lapse.
  for (let i = 0; i < 4; i += 1) {
    const run = await api.alice.claim(id, { lease: { seconds: 3_600 } });
    const actor = { id: 'alice', role: 'agent' as const };
    const release = { messageId: crypto.randomUUID(), actor, runId: run.id };
    await api.temporal.workflow.getHandle(id).signal(SIGNALS.release, release);
  }
  await api.bob.claim(id, { lease: { seconds: 60 } });
  const { body } = await api.alice.post(`/v1/tasks/${id}/claim`);
  expect(body).toMatchObject({ holder: 'bob', holderAlive: true });
  const lasts = Date.parse(body.leaseExpiresAt) - Date.parse((await api.bob.read(id)).run.startedAt);
  expect(lasts).toBeLessThan(600_000);
});

test('a refused claim adds nothing at all to the history', async () => {
  const { id } = await api.olga.create();
  await api.alice.claim(id);
  const length = async () => (await api.temporal.workflow.getHandle(id).describe()).historyLength;
  const before = await length();
  for (let i = 0; i < 3; i += 1) expect((await api.bob.post(`/v1/tasks/${id}/claim`)).status).toBe(409);
  expect(await length()).toBe(before);
});

test('an agent that claims what it holds already is told the run to go on with', async () => {
  const { id } = await api.olga.create();
  const run = await api.alice.claim(id);
  const again = await api.alice.post(`/v1/tasks/${id}/claim`);
  expect(again).toMatchObject({
    status: 409,
    body: { type: '/problems/held', holder: 'alice', runId: run.id },
  });
});

test('of fifty agents at once one wins, and the losers leave no trace in the history', async () => {
  const lone = await api.olga.create();
  await api.alice.claim(lone.id);

  const { id } = await api.olga.create();
  const agents = Array.from({ length: 50 }, (_, i) => api.as(`agent-${i}`, 'agent'));
  const answers = await Promise.all(agents.map((agent) => agent.post(`/v1/tasks/${id}/claim`)));
  const winner = answers.find(({ status }) => status === 200)?.body.run.agent;
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  expect(answers.filter(({ status }) => status === 409)).toHaveLength(49);
  for (const { body } of answers.filter(({ status }) => status === 409)) {
    expect(body).toMatchObject({ type: '/problems/held', holder: winner });
  }
  expect(await api.olga.read(id)).toMatchObject({ version: 2, run: { agent: winner } });
  expect(await eventsOf(id)).toEqual(await eventsOf(lone.id));
});

test('a claim that names the states it expects is refused in any other', async () => {
  const { id } = await api.olga.create();
  const claim = (expected: string[]) => api.alice.post(`/v1/tasks/${id}/claim`, { expected });
  const refused = await claim(['handoff', 'review']);
  expect(refused).toMatchObject({
    status: 409,
    body: { type: '/problems/unexpected_status', detail: 'The task is queued, not handoff or review.' },
  });
  expect((await claim(['handoff', 'queued'])).status).toBe(200);
});

test('an assigned task waits for its assignee', async () => {
  const { id } = await api.olga.create({ assignee: 'alice' });
  const refused = await api.bob.post(`/v1/tasks/${id}/claim`);
  expect(refused).toMatchObject({
    status: 409,
    body: { type: '/problems/assigned_to_another', detail: 'This task is assigned to alice.' },
  });
  expect((await api.alice.post(`/v1/tasks/${id}/claim`)).status).toBe(200);
});

test('a claim may ask for another lease than the task has', async () => {
  const { id } = await api.olga.create({ lease: { seconds: 30 } });
  const { body } = await api.alice.post(`/v1/tasks/${id}/claim`, { lease: { seconds: 3600 } });
  expect(body.run.leaseSeconds).toBe(3600);
});

test('a run belongs to its agent: anybody else who uses its id is refused', async () => {
  const { id } = await api.olga.create();
  const run = await api.alice.claim(id);
  for (const other of [api.bob, api.olga]) {
    for (const [name, body] of [
      ['heartbeat', undefined],
      ['progress', { note: 'mine now' }],
      ['complete', { output: 1, reasoning: '' }],
      ['fail', { reasonCode: 'other' }],
      ['release', undefined],
      ['hand-off', { blockers: 'mine now' }],
    ] as const) {
      const refused = await other.post(`/v1/tasks/${id}/runs/${run.id}/${name}`, body);
      expect(refused, name).toMatchObject({ status: 403, body: { type: '/problems/forbidden' } });
    }
  }
  await api.alice.must(run.release());
  const late = await api.bob.post(`/v1/tasks/${id}/runs/${run.id}/progress`, { note: 'mine now' });
  expect(late).toMatchObject({ status: 403, body: { type: '/problems/forbidden' } });
  expect(await api.olga.read(id)).toMatchObject({ status: 'queued', lastProgress: null });
});
