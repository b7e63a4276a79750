/** Cancelling: at once when nobody works on the task, otherwise with a grace period that the agent is told of. */
import { expect, test } from 'vitest';
import { useApi } from '../support/api-under-test.ts';
import { eventually } from '../support/caller.ts';
import { taskThatIs } from '../support/task-states.ts';

const api = useApi();

test.each(['queued', 'review', 'handoff'] as const)(
  'a task that is %s is cancelled at once',
  async (status) => {
    const { id } = await taskThatIs(api, status);
    const { body, status: code } = await api.olga.post(`/v1/tasks/${id}/cancel`, { comment: 'not needed' });
    expect(code).toBe(200);
    expect(body).toMatchObject({ status: 'cancelled', comments: 1, cancel: { at: expect.any(String) } });
  },
);

test('its agent is told to stop by the next heartbeat, and a release ends it', async () => {
  const { id, run } = await taskThatIs(api, 'running', { cancelGraceSeconds: 600 });
  // Calls of a run within a second share a heartbeat, but none from before the cancel.
  await run.heartbeat();
  const asked = await api.olga.post(`/v1/tasks/${id}/cancel`);
  expect(asked).toMatchObject({
    status: 200,
    body: { status: 'running', cancel: { graceUntil: expect.any(String) } },
  });
  const { body } = await run.heartbeat();
  expect(body.stop).toMatchObject({ reason: 'cancelled' });
  expect(body.stop.graceSeconds).toBeGreaterThan(500);

  const refused = await run.progress();
  expect(refused).toMatchObject({
    status: 409,
    body: { type: '/problems/cancel_requested', hint: /release/ },
  });
  const handedOff = await run.handOff();
  expect(handedOff).toMatchObject({ status: 409, body: { type: '/problems/cancel_requested' } });
  const released = await run.release();
  expect(released).toMatchObject({
    status: 200,
    body: { status: 'cancelled', endedRuns: [{ end: 'released' }] },
  });
});

test('work handed in during the grace period is kept, and the task is cancelled all the same', async () => {
  const { id, run } = await taskThatIs(api, 'running');
  await api.olga.post(`/v1/tasks/${id}/cancel`);
  const completed = await run.complete();
  expect(completed.body).toMatchObject({ status: 'cancelled', submission: { output: { beans: 7 } } });
});

test('without an answer the run ends when the grace period does', async () => {
  const { id, run } = await taskThatIs(api, 'running', { cancelGraceSeconds: 1 });
  await api.olga.post(`/v1/tasks/${id}/cancel`);
  const over = await eventually(
    () => api.olga.read(id),
    ({ status }) => status === 'cancelled',
  );
  expect(over.endedRuns).toMatchObject([{ id: run.id, end: 'cancelled' }]);
  const late = await run.heartbeat();
  expect(late).toMatchObject({
    status: 409,
    body: { type: '/problems/run_not_active', endedBy: 'cancelled' },
  });
});

test('an execution lives through its cancellation, without the pause of a new one', async () => {
  const { id, run } = await taskThatIs(api, 'running');
  const execution = async () => (await api.temporal.workflow.getHandle(id).describe()).runId;
  const before = await execution();
  await api.olga.post(`/v1/tasks/${id}/cancel`);
  await run.complete();
  expect(await execution()).toBe(before);
});

test('to cancel twice is to cancel once', async () => {
  const { id } = await taskThatIs(api, 'running');
  const [first, second] = [
    await api.olga.post(`/v1/tasks/${id}/cancel`),
    await api.olga.post(`/v1/tasks/${id}/cancel`),
  ];
  expect(second.status).toBe(200);
  expect(second.body.cancel).toEqual(first.body.cancel);
});

test('a key cancels once, even a task that was reopened since', async () => {
  const { id } = await api.olga.create({ settleSeconds: 600 });
  const cancel = (key: string) => api.olga.post(`/v1/tasks/${id}/cancel`, {}, { 'idempotency-key': key });
  expect((await cancel('first')).body.status).toBe('cancelled');
  await api.olga.must(api.olga.post(`/v1/tasks/${id}/reopen`));
  expect(await cancel('first')).toMatchObject({ status: 200, body: { status: 'queued' } });
  expect((await cancel('second')).body.status).toBe('cancelled');
});

test('a key that came with a comment does not cancel', async () => {
  const { id } = await api.olga.create();
  const key = { 'idempotency-key': 'k' };
  await api.olga.must(api.olga.post(`/v1/tasks/${id}/comments`, { text: 'hello' }, key));
  const refused = await api.olga.post(`/v1/tasks/${id}/cancel`, {}, key);
  expect(refused).toMatchObject({ status: 422, body: { type: '/problems/idempotency_key_reused' } });
  expect((await api.olga.read(id)).status).toBe('queued');
});

test('only the version that its caller has seen is cancelled, if they say which', async () => {
  const { id, version } = await api.olga.create();
  await api.olga.must(api.olga.patch(`/v1/tasks/${id}`, { title: 'Other' }, { 'if-match': `"${version}"` }));
  const stale = await api.olga.post(`/v1/tasks/${id}/cancel`, {}, { 'if-match': `"${version}"` });
  expect(stale).toMatchObject({ status: 412, body: { type: '/problems/stale_version' } });
  expect((await api.olga.read(id)).status).toBe('queued');
});

test('what is said along with it is refused when the task is closed for good, not dropped', async () => {
  const { id } = await taskThatIs(api, 'cancelled');
  const again = await api.olga.post(`/v1/tasks/${id}/cancel`, { comment: 'twice' });
  expect(again).toMatchObject({ status: 409, body: { type: '/problems/transition_not_allowed' } });
});

test('a task cancelled over HTTP is shown as Canceled by Temporal', async () => {
  const { id } = await taskThatIs(api, 'cancelled');
  expect((await api.temporal.workflow.getHandle(id).describe()).status.name).toBe('CANCELLED');
});

test('an agent may cancel what it created, and nothing else', async () => {
  const own = await api.alice.create();
  expect((await api.alice.post(`/v1/tasks/${own.id}/cancel`)).status).toBe(200);
  const { id } = await api.olga.create();
  const refused = await api.alice.post(`/v1/tasks/${id}/cancel`);
  expect(refused).toMatchObject({ status: 403, body: { type: '/problems/forbidden' } });
});

test('a task that settles can be reopened by an operator, and not by an agent', async () => {
  const { id } = await taskThatIs(api, 'cancelled', { settleSeconds: 600 });
  expect((await api.alice.post(`/v1/tasks/${id}/reopen`)).status).toBe(403);
  const reopened = await api.olga.post(`/v1/tasks/${id}/reopen`, {
    to: 'handoff',
    comment: 'needed after all',
  });
  expect(reopened).toMatchObject({ status: 200, body: { status: 'handoff', comments: 1 } });
  expect((await api.olga.post(`/v1/tasks/${id}/resume`)).body.status).toBe('queued');
});
