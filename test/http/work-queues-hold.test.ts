/** Work queues: who may hand a task in or fail it, and what becomes of the call that comes twice, late, or from another. */
import { describe, expect, test } from 'vitest';
import { useApi } from '../support/api-under-test.ts';
import type { Answer, Caller } from '../support/caller.ts';
import { eventually } from '../support/caller.ts';
import { aCompany } from '../support/queues.ts';
import { TeamQueue, complete, fail } from '../support/team-queue.ts';

const api = useApi();

/** A queue of a company of its own, with one task that alice has taken. */
async function taken(also: object = {}) {
  const crew = aCompany(api);
  const queue = await TeamQueue.open(crew.olga);
  await queue.put(also);
  return { ...crew, queue, task: await queue.take(crew.alice) };
}

/** The same where the lease of alice lapsed and nobody has taken the task since. */
async function lapsed() {
  const crew = aCompany(api);
  const { id } = await crew.olga.must(
    crew.olga.post('/v1/queues', { name: 'quick', defaults: { lease: { seconds: 5 } } }),
  );
  const queue = TeamQueue.of(crew.olga, `wq_${id}`);
  await queue.put();
  const task = await queue.take(crew.alice);
  await eventually(
    () => crew.olga.get(`/work-queue-tasks/${task.id}`),
    ({ body }) => body.status === 'pending',
  );
  // Whoever takes it next has time enough.
  const lease = { seconds: 3_600 };
  await crew.olga.must(crew.olga.patch(`/v1/tasks/${task.id.slice(3)}`, { lease }, { 'if-match': '*' }));
  return { ...crew, queue, task };
}

const errorOf = ({ status, body }: Answer) => ({ http: status, ...body.error });

describe.concurrent('a task that an agent took', () => {
  test('is handed in by it; the same again gets the same answer, anything else is a conflict', async () => {
    const { alice, task } = await taken();
    const first = await complete(alice, task.id, { result: { fix: 'PR #312' } });
    expect(first).toMatchObject({
      status: 200,
      body: { status: 'completed', result: { fix: 'PR #312' }, assignedTo: 'alice', error: null },
    });
    expect(await complete(alice, task.id, { result: { fix: 'PR #312' } })).toMatchObject({
      status: 200,
      body: first.body,
    });
    for (const answer of [
      await complete(alice, task.id, { result: { fix: 'PR #313' } }),
      await complete(alice, task.id),
      await fail(alice, task.id, { error: 'no' }),
    ]) {
      expect(errorOf(answer)).toMatchObject({ http: 409, code: 'already_ended', hint: expect.any(String) });
    }
    expect((await alice.get(`/work-queue-tasks/${task.id}`)).body).toEqual(first.body);
  });

  test('fails for good when it says so: no other run follows, and the error can be read', async () => {
    const { alice, olga, queue, task } = await taken();
    const first = await fail(alice, task.id, { error: 'Unable to reproduce on staging' });
    expect(first).toMatchObject({
      status: 200,
      body: {
        status: 'failed',
        error: 'Unable to reproduce on staging',
        failureReason: 'other',
        result: null,
      },
    });
    expect((await fail(alice, task.id, { error: 'Unable to reproduce on staging' })).body).toEqual(
      first.body,
    );
    expect(errorOf(await fail(alice, task.id, { error: 'Something else' }))).toMatchObject({
      http: 409,
      code: 'already_ended',
    });
    expect((await complete(alice, task.id)).status).toBe(409);
    expect((await queue.dequeue(alice)).status).toBe(204);
    expect(await olga.read(task.id.slice(3))).toMatchObject({ status: 'failed', attempts: 0 });
  });

  test('has the beginning of a long error, and the rest of it in a comment', async () => {
    const { alice, olga, task } = await taken();
    const error = `Trace: ${'ü'.repeat(6_000)}`;
    const { body } = await fail(alice, task.id, { error });
    expect(body).toMatchObject({ status: 'failed', error: expect.stringMatching(/^Trace: ü+…$/) });
    const { items } = (await olga.get(`/v1/tasks/${task.id.slice(3)}/comments`)).body;
    expect(items).toMatchObject([{ text: error, by: { id: 'alice' } }]);
    expect((await fail(alice, task.id, { error })).status).toBe(200);
  });

  test('is nobody else’s to end', async () => {
    const { alice, bob, rita, task } = await taken();
    for (const other of [bob, rita]) {
      for (const answer of [
        await complete(other, task.id, { result: 1 }),
        await fail(other, task.id, { error: 'x' }),
      ])
        expect(errorOf(answer)).toMatchObject({
          http: 409,
          code: 'held',
          message: 'alice holds this task.',
          assignedTo: 'alice',
        });
    }
    await alice.must(complete(alice, task.id, { result: 1 }));
    expect(errorOf(await complete(bob, task.id, { result: 1 }))).toMatchObject({
      http: 409,
      code: 'already_ended',
    });
  });

  test('may be handed in without a body, and under a key that a repeat has too', async () => {
    const { alice, queue, task } = await taken();
    expect(await complete(alice, task.id)).toMatchObject({ status: 200, body: { result: null } });
    await queue.put();
    const { id } = await queue.take(alice);
    const key = { 'idempotency-key': 'k1' };
    const first = await complete(alice, id, { result: [1] }, key);
    expect(first.status).toBe(200);
    expect((await complete(alice, id, { result: [1] }, key)).body).toEqual(first.body);
    expect((await complete(alice, id, { result: [2] }, key)).status).toBeGreaterThanOrEqual(409);
  });

  test('that nobody took is nobody’s to end, whoever asks', async () => {
    const { alice, olga, queue } = await taken();
    const { id } = await queue.put();
    for (const caller of [alice, olga])
      expect(errorOf(await complete(caller, id))).toMatchObject({ http: 409, code: 'not_assigned' });
    expect((await olga.get(`/work-queue-tasks/${id}`)).body).toMatchObject({
      status: 'pending',
      result: null,
    });
  });
});

describe.concurrent('an operator’s token', () => {
  test('acts for whom the body names, and where it names none, for the holder', async () => {
    const { olga, queue } = await taken();
    await queue.put();
    const { body: task } = await queue.dequeue(olga, { agentId: 'triage-agent' }, {}, 20);
    expect(task).toMatchObject({ status: 'assigned', assignedTo: 'triage-agent' });
    expect(errorOf(await complete(olga, task.id, { agentId: 'somebody-else' }))).toMatchObject({
      http: 409,
      code: 'held',
    });
    const first = await complete(olga, task.id, { result: 'done' });
    expect(first).toMatchObject({ status: 200, body: { status: 'completed', assignedTo: 'triage-agent' } });
    expect((await complete(olga, task.id, { result: 'done' })).body).toEqual(first.body);
    expect((await complete(olga, task.id, { result: 'other' })).status).toBe(409);
    expect((await olga.read(task.id.slice(3))).submission).toMatchObject({ agent: 'triage-agent' });
  });

  test('works under its own name where nobody is named', async () => {
    const { olga, queue } = await taken();
    await queue.put();
    const task = await queue.take(olga);
    expect(task.assignedTo).toBe('olga');
    expect((await complete(olga, task.id)).status).toBe(200);
  });

  test('is what it takes to name another', async () => {
    const { alice, rita, queue, task } = await taken();
    await queue.put();
    const body = { agentId: 'bob' };
    for (const caller of [alice, rita])
      for (const answer of [
        await queue.dequeue(caller, body),
        await queue.steal(caller, body),
        await complete(caller, task.id, body),
        await fail(caller, task.id, { ...body, error: 'x' }),
      ])
        expect(errorOf(answer)).toMatchObject({ http: 403, code: 'forbidden' });
    expect((await queue.tasks('?status=assigned')).body).toHaveLength(1);
    expect(await complete(alice, task.id, { agentId: 'alice' })).toMatchObject({ status: 200 });
  });
});

describe.concurrent('work that comes after the lease lapsed', () => {
  const endings: [
    string,
    (caller: Caller, id: string, headers?: Record<string, string>) => ReturnType<typeof complete>,
  ][] = [
    ['completed', (caller, id, headers) => complete(caller, id, { result: 'late' }, headers)],
    ['failed', (caller, id, headers) => fail(caller, id, { error: 'late' }, headers)],
  ];

  test.each(endings)('counts while nobody else took the task: %s', async (status, end) => {
    const { alice, bob, olga, queue, task } = await lapsed();
    expect(errorOf(await end(bob, task.id))).toMatchObject({ http: 409, code: 'not_assigned' });
    const first = await end(alice, task.id);
    expect(first).toMatchObject({ status: 200, body: { status, assignedTo: 'alice', attempts: 1 } });
    expect((await end(alice, task.id)).body).toEqual(first.body);
    expect((await end(olga, task.id)).body).toEqual(first.body);
    expect((await queue.dequeue(bob)).status).toBe(204);
    const { items } = (await olga.get(`/v1/tasks/${task.id.slice(3)}/events`)).body;
    expect(items.map(({ type }: { type: string }) => type)).not.toContain('late_submission');
  });

  test.each(endings)('counts once under a key: %s', async (status, end) => {
    const { alice, task } = await lapsed();
    const key = { 'idempotency-key': 'late' };
    const first = await end(alice, task.id, key);
    expect(first).toMatchObject({ status: 200, body: { status } });
    expect(await end(alice, task.id, key)).toMatchObject({ status: 200, body: first.body });
  });

  test('counts no more once another has it', async () => {
    const { alice, bob, olga, queue, task } = await lapsed();
    expect((await queue.take(bob)).id).toBe(task.id);
    expect(errorOf(await complete(alice, task.id, { result: 'late' }))).toMatchObject({
      http: 409,
      code: 'held',
    });
    await bob.must(complete(bob, task.id, { result: 'in time' }));
    expect(errorOf(await complete(alice, task.id, { result: 'late' }))).toMatchObject({
      http: 409,
      code: 'already_ended',
    });
    expect((await olga.get(`/work-queue-tasks/${task.id}`)).body.result).toBe('in time');
  });
});

test('work that comes after the lease lapsed counts for a process that knows nothing of the hold', async () => {
  const { alice, task } = await lapsed();
  await api.restartApp();
  const first = await complete(alice, task.id, { result: 'late' });
  expect(first).toMatchObject({ status: 200, body: { status: 'completed' } });
  expect((await complete(alice, task.id, { result: 'late' })).body).toEqual(first.body);
});
