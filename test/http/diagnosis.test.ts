/** Why a task does not move, asked over `/v1` in each of its states and wherever something is in its way. */
import { expect, test } from 'vitest';
import { STATUSES, isTerminal } from '../../workflows/task-state.ts';
import { useApi } from '../support/api-under-test.ts';
import type { Caller, Json } from '../support/caller.ts';
import { eventually } from '../support/caller.ts';
import { QueueUnderTest, aCompany, askNext } from '../support/queues.ts';
import { taskThatIs } from '../support/task-states.ts';
import { eventuallyAre, eventuallyIs, fail, plant } from '../support/trees.ts';

const api = useApi();

const diagnose = (by: Caller, taskId: string): Promise<Json> =>
  by.must(by.get(`/v1/tasks/${taskId}/diagnosis`));
const factOf = ({ facts }: Json, name: string): Json => facts.find((fact: Json) => fact.name === name);

/** What the Temporal UI shows of it while it is open. */
async function pageOf(taskId: string): Promise<string> {
  const handle = api.temporal.workflow.getHandle(taskId);
  const { currentDetails } = await handle.query<{ currentDetails: string }>('__temporal_workflow_metadata');
  return currentDetails.replaceAll('\\', '');
}

test.each(STATUSES)('of a task that is %s: the sentence of its body and of its page', async (status) => {
  const { id } = await taskThatIs(api, status);
  const [task, diagnosis] = [await api.alice.read(id), await diagnose(api.alice, id)];
  expect(diagnosis).toMatchObject({ task: id, status, sentence: task.standing });
  expect(task.links.diagnosis).toBe(`/v1/tasks/${id}/diagnosis`);
  expect(Date.parse(diagnosis.since)).toBeGreaterThanOrEqual(Date.parse(task.createdAt));
  expect(diagnosis.waitingFor === null).toBe(isTerminal(status));
  expect(factOf(diagnosis, 'closed') !== undefined).toBe(isTerminal(status));
  expect(factOf(diagnosis, 'no_worker')).toBeUndefined();
  expect(diagnosis.whatToDo.length).toBeGreaterThan(0);
  if (!isTerminal(status)) expect(await pageOf(id)).toContain(`\n${diagnosis.sentence}\n`);
});

test('a holder is alive until its lease says otherwise', async () => {
  const { id } = await api.olga.create();
  const run = await api.alice.claim(id, { lease: { seconds: 3_600 } });
  const diagnosis = await diagnose(api.bob, id);
  expect(diagnosis).toMatchObject({
    sentence: 'alice has claimed it and not reported yet.',
    waitingFor: { kind: 'run', id: run.id },
    next: { what: 'stalled' },
  });
  expect(factOf(diagnosis, 'holder').data).toMatchObject({ agent: 'alice', run: run.id, attempt: 1 });
  const lease = factOf(diagnosis, 'lease').data;
  expect(lease).toMatchObject({ alive: true });
  expect(Date.parse(lease.expiresAt) - Date.parse(lease.lastHeartbeatAt)).toBe(3_600_000);
});

test('a task that nobody is offered says so', async () => {
  const { id } = await api.olga.create();
  const { sentence, waitingFor, whatToDo } = await diagnose(api.olga, id);
  expect(sentence).toBe('Waits for an agent to claim it by its id.');
  expect(waitingFor).toEqual({ kind: 'anybody' });
  expect(whatToDo[0]).toContain(`PATCH /v1/tasks/${id}`);
});

test('a queue in which nobody asks is told from one in which others come first', async () => {
  const { alice, olga } = aCompany(api);
  const queue = await QueueUnderTest.open(olga);
  const urgent = await queue.put({ priority: 1 });
  const first = await queue.put();
  const last = await queue.put();
  const unasked = await eventually(
    () => diagnose(olga, last),
    (diagnosis) => factOf(diagnosis, 'place')?.data.ahead === 2,
  );
  expect(unasked).toMatchObject({
    sentence: `Waits in queue ${queue.id} for an agent to claim it.`,
    waitingFor: { kind: 'queue', id: queue.id },
  });
  expect(factOf(unasked, 'asked_by').text).toContain('Nobody has asked for work of queue kitchen');
  expect(unasked.whatToDo[0]).toContain(`POST /v1/queues/${queue.id}/dequeue`);
  expect(factOf(await diagnose(olga, urgent), 'place').data.ahead).toBe(0);
  const taken = await queue.dequeue(alice, 20);
  expect(taken.body.task.id).toBe(urgent);
  const asked = await diagnose(olga, first);
  expect(factOf(asked, 'asked_by').data.agents).toMatchObject([{ agent: 'alice' }]);
  expect(asked.whatToDo[0]).toMatch(/^Nothing/);
});

test('an inbox waits for its agent, which may be paused', async () => {
  const { alice, olga } = aCompany(api);
  const { id } = await olga.create({ assignee: 'alice' });
  expect(await diagnose(olga, id)).toMatchObject({
    sentence: 'Waits for alice to claim it.',
    waitingFor: { kind: 'agent', id: 'alice' },
    whatToDo: [expect.stringContaining('alice has to ask for it'), expect.any(String)],
  });
  await olga.must(olga.send('PUT', '/v1/agents/alice', { name: 'Alice', role: 'cook' }));
  await olga.must(olga.post('/v1/agents/alice/pause', { note: 'Too dear.' }));
  const paused = await eventually(
    () => diagnose(olga, id),
    (diagnosis) => factOf(diagnosis, 'agent')?.data.state === 'paused',
  );
  expect(factOf(paused, 'agent').text).toContain('Too dear');
  expect(paused.whatToDo[0]).toContain('POST /v1/agents/alice/resume');
  await olga.must(olga.post('/v1/agents/alice/resume'));
  await askNext(alice, 20);
  expect(await diagnose(olga, id)).toMatchObject({ status: 'assigned' });
});

test('a step waits for the one before, and a held pipeline for a decision', async () => {
  const { olga } = api;
  const { id, children } = await plant(olga, {
    mode: 'sequence',
    children: [{ title: 'Wash' }, { title: 'Cook' }],
  });
  const [wash, cook] = children.map((child: Json) => child.id);
  const waiting = await diagnose(olga, cook);
  expect(waiting).toMatchObject({
    sentence: `May not start before task ${wash} is done.`,
    waitingFor: { kind: 'task', id: wash },
  });
  expect(factOf(waiting, 'gate')).toMatchObject({
    text: `Task ${wash} (Wash) has to be done first; it is queued.`,
    data: { task: wash, status: 'queued' },
  });
  const parent = await diagnose(olga, id);
  expect(parent).toMatchObject({
    sentence: 'Waits for its sub-tasks: 0 of 2 done.',
    waitingFor: { kind: 'subtasks', ids: [wash, cook] },
  });
  // Of sub-tasks it shows what lists know, and they lag.
  await eventually(
    () => diagnose(olga, id),
    (now) => factOf(now, 'subtasks').text.includes('Wash (queued), Cook (waits for its turn)'),
  );
  await fail(api, wash);
  await eventuallyAre(olga, id, ['failed', 'queued']);
  const held = await diagnose(olga, id);
  expect(held).toMatchObject({
    sentence: 'Held, for sub-task Wash failed: a person must retry or skip it.',
    waitingFor: { kind: 'person', id: wash },
    whatToDo: [expect.stringContaining(`/v1/tasks/${id}/subtasks/${wash}/retry`)],
  });
  expect(await diagnose(olga, cook)).toMatchObject({
    whatToDo: [expect.stringContaining(`/v1/tasks/${id}/subtasks/${wash}/retry`)],
  });
  await api.temporal.workflow.getHandle(id).terminate('enough');
  await eventuallyIs(olga, id, 'cancelled');
  expect(await diagnose(olga, cook)).toMatchObject({
    sentence: expect.stringMatching(/^May never start/),
    whatToDo: [expect.stringContaining(`POST /v1/tasks/${cook}/cancel`)],
  });
  expect(await diagnose(olga, id)).toMatchObject({
    sentence: 'Cancelled: its workflow was ended from outside.',
    waitingFor: null,
  });
});

test('a pause before the next run tells when it is over, and what went wrong', async () => {
  const { id } = await api.olga.create();
  const run = await api.alice.claim(id);
  await api.alice.must(run.fail({ reasonCode: 'unreachable_service', blocker: 'No wire.' }));
  const diagnosis = await diagnose(api.olga, id);
  const { notBefore } = await api.olga.read(id);
  expect(diagnosis).toMatchObject({
    sentence: `Waits until ${notBefore} before the next run, after the run of alice ended: unreachable_service.`,
    waitingFor: { kind: 'time' },
    next: { what: 'backoff_over', at: notBefore },
  });
  expect(factOf(diagnosis, 'attempts').data).toEqual({ spent: 1, left: 2, max: 3 });
  expect(factOf(diagnosis, 'last_failure').text).toContain('No wire.');
});

test('a review that is overdue, and a cancellation with grace', async () => {
  const { alice, olga } = api;
  const review = { policy: 'required', timeoutSeconds: 1 };
  const { id } = await taskThatIs(api, 'review', { review });
  const overdue = await eventually(
    () => diagnose(olga, id),
    ({ sentence }) => sentence.startsWith('Review is overdue'),
  );
  expect(overdue).toMatchObject({ waitingFor: { kind: 'reviewer' }, next: null });
  expect(overdue.sentence).toContain(overdue.since);
  const { id: other, run } = await taskThatIs(api, 'running', { cancelGraceSeconds: 600 });
  const { cancel } = await olga.must(olga.post(`/v1/tasks/${other}/cancel`));
  expect(await diagnose(alice, other)).toMatchObject({
    sentence: `Being cancelled by olga; alice has until ${cancel.graceUntil} to wind down.`,
    since: cancel.at,
    next: { what: 'grace_over', at: cancel.graceUntil },
  });
  await alice.must(run.release());
});

test('is of tasks of one’s own company only', async () => {
  const { olga, alice } = aCompany(api);
  const { id } = await olga.create();
  for (const [caller, task] of [
    [api.olga, id],
    [alice, crypto.randomUUID()],
    [alice, 'none'],
  ] as const) {
    expect((await caller.get(`/v1/tasks/${task}/diagnosis`)).body).toMatchObject({
      status: 404,
      type: '/problems/not_found',
    });
  }
});

test('without a worker it says so, of closed tasks too what there is to say, and goes on when one is back', async () => {
  const running = await taskThatIs(api, 'running');
  const done = await taskThatIs(api, 'done');
  const before = await diagnose(api.olga, done.id);
  await api.withoutWorker(async () => {
    const { id } = await api.olga.create();
    const dark = await diagnose(api.olga, running.id);
    expect(dark).toMatchObject({
      status: 'running',
      sentence: 'No worker answers, so that nothing moves; before that it stood so: alice works on it.',
      waitingFor: { kind: 'worker' },
    });
    expect(dark.facts[0]).toMatchObject({ name: 'no_worker', data: { answers: false } });
    expect(factOf(dark, 'lease').data.alive).toBe(true);
    expect((await diagnose(api.olga, id)).sentence).toMatch(/^No worker answers/);
    expect(await diagnose(api.olga, done.id)).toEqual(before);
  });
  expect((await diagnose(api.olga, running.id)).sentence).toBe('alice works on it.');
});

test('what is done but not remembered yet waits for its last errand', async () => {
  const { id } = await api.olga.create({
    project: 'soup',
    lease: { seconds: 3_600 },
    review: { policy: 'none' },
  });
  const run = await api.alice.claim(id);
  await api.stopWorker();
  await api.startWorker({ activities: false });
  const memoryPromotions = [{ scope: 'project', text: 'Beans come first.' }];
  await eventually(
    () => run.complete({ memoryPromotions }),
    ({ status }) => status === 200,
  );
  const diagnosis = await diagnose(api.olga, id);
  expect(diagnosis.sentence).toBe('Done; the work of alice needed no review.');
  expect(factOf(diagnosis, 'pending')).toMatchObject({ data: { type: 'remember', state: 'scheduled' } });
  await api.stopWorker();
  await api.startWorker();
  await eventually(
    () => diagnose(api.olga, id),
    (after) => factOf(after, 'closed') !== undefined,
  );
});
