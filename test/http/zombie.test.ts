/** An agent whose run is over and who does not know it: told so, with the reason, and without power to change anything. */
import { describe, expect, test } from 'vitest';
import { useApi } from '../support/api-under-test.ts';
import { eventually } from '../support/caller.ts';
import { taskThatIs } from '../support/task-states.ts';

const api = useApi();

/** A run that crashed, as everybody saw but its agent. */
async function crashed() {
  const { id } = await api.olga.create({ lease: { seconds: 5 } });
  const run = await api.alice.claim(id);
  await run.progress({ note: 'halfway' });
  await eventually(
    () => api.olga.read(id),
    ({ status }) => status === 'queued',
  );
  return { id, run };
}

describe.concurrent('after its lease lapsed', () => {
  test('all that a run sends is refused with the reason, and the next run goes on', async () => {
    const { id, run } = await crashed();
    const next = await api.bob.claim(id);
    await next.progress({ note: 'from halfway on' });
    const { version } = await api.olga.read(id);
    for (const call of [run.heartbeat, run.progress, run.fail, run.release, run.handOff, run.complete]) {
      const { status, body } = await call();
      expect({ status, ...body }).toMatchObject({
        status: 409,
        type: '/problems/run_not_active',
        endedBy: 'crashed',
        holder: 'bob',
        retryable: false,
        hint: expect.stringMatching(/\w/),
      });
    }
    expect(await api.olga.read(id)).toMatchObject({
      status: 'running',
      version,
      attempts: 1,
      run: { id: next.id, agent: 'bob', attempt: 2 },
      submission: null,
      lastProgress: { note: 'from halfway on' },
    });
    expect((await next.complete()).body).toMatchObject({ status: 'review', submission: { agent: 'bob' } });
  });

  test('what it hands in too late is kept in the events, once', async () => {
    const { id, run } = await crashed();
    await run.complete({ output: 'late work' });
    await run.complete({ output: 'late work' });
    expect((await api.olga.read(id)).endedRuns).toMatchObject([{ end: 'crashed', lateSubmission: true }]);
    const { items } = (await api.bob.get(`/v1/tasks/${id}/events`)).body;
    const late = items.filter(({ type }: { type: string }) => type === 'late_submission');
    expect(late).toMatchObject([{ by: { id: 'alice' }, run: run.id, data: { output: 'late work' } }]);
  });

  test('the next run finds the last checkpoint', async () => {
    const { id } = await crashed();
    const { body } = await api.bob.post(`/v1/tasks/${id}/claim`);
    expect(body.task).toMatchObject({
      lastProgress: { note: 'halfway', agent: 'alice' },
      lastFailure: { reasonCode: 'crashed' },
    });
  });
});

test('a run that its own agent released is over as well', async () => {
  const { run } = await taskThatIs(api, 'running');
  await run.release();
  expect(await run.heartbeat()).toMatchObject({ status: 409, body: { endedBy: 'released' } });
});

test('a run id that the task never had is not active', async () => {
  const { id } = await taskThatIs(api, 'running');
  const made = await api.alice.post(`/v1/tasks/${id}/runs/no-such-run/heartbeat`);
  expect(made).toMatchObject({
    status: 409,
    body: { type: '/problems/run_not_active', detail: 'The task has no such run.' },
  });
});

test('a report that spends the budget is told to stop, and whatever follows that the budget is exhausted', async () => {
  const { id, run } = await taskThatIs(api, 'assigned', { budget: { usd: 1 } });
  const warned = await run.progress({ cost: { usd: 0.9 } });
  expect(warned.body).toMatchObject({ stop: null, warnings: ['90 % of the budget is used.'] });
  const spent = await run.progress({ cost: { usd: 0.2 } });
  expect(spent).toMatchObject({
    status: 200,
    body: { stop: { reason: 'budget_exhausted', graceSeconds: 0 } },
  });
  for (const call of [run.heartbeat, run.progress, run.complete]) {
    expect(await call()).toMatchObject({ status: 409, body: { type: '/problems/budget_exhausted' } });
  }
  expect(await api.olga.read(id)).toMatchObject({
    status: 'failed',
    failure: { reasonCode: 'budget_exhausted' },
  });
});

test('when a person hands off what an agent holds, nothing of its run stays behind', async () => {
  const { id, run } = await taskThatIs(api, 'running');
  const handedOff = await api.olga.post(`/v1/tasks/${id}/hand-off`, { blockers: 'no access' });
  expect(handedOff.body.status).toBe('handoff');
  const { raw } = await api.temporal.workflow.getHandle(id).describe();
  expect(raw.pendingActivities ?? []).toEqual([]);
  expect(await run.heartbeat()).toMatchObject({ status: 409, body: { endedBy: 'handed_off' } });
});

test('a run id is good only for the task it came with', async () => {
  const [one, other] = await Promise.all([taskThatIs(api, 'running'), taskThatIs(api, 'running')]);
  const { id } = one.run;
  expect((await one.run.heartbeat()).status).toBe(200);
  const elsewhere = await api.alice.post(`/v1/tasks/${other.id}/runs/${id}/heartbeat`);
  expect(elsewhere).toMatchObject({ status: 409, body: { type: '/problems/run_not_active' } });
});
