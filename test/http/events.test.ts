/** What happened to a task, read back from its history: page by page, with the workflow's own verdicts. */
import { expect, test } from 'vitest';
import { foldHistory } from '../../api/events/fold.ts';
import { SIGNALS, taskQuery } from '../../workflows/messages.ts';
import type { Task } from '../../workflows/task-record.ts';
import { useApi } from '../support/api-under-test.ts';
import type { Json } from '../support/caller.ts';
import { Run, eventually } from '../support/caller.ts';
import { taskThatIs } from '../support/task-states.ts';

const api = useApi();

async function eventsOf(taskId: string, limit = 100): Promise<Json[]> {
  const events: Json[] = [];
  let cursor: string | null = '';
  do {
    const { body }: { body: Json } = await api.bob.get(
      `/v1/tasks/${taskId}/events?limit=${limit}${cursor && `&cursor=${cursor}`}`,
    );
    events.push(...body.items);
    cursor = body.next;
  } while (cursor);
  return events;
}

/** The task as its history folds to, over all its executions, and how many these were. */
async function folded(taskId: string): Promise<{ task: Task; executions: number }> {
  const { workflow } = api.temporal;
  let runId = (await workflow.getHandle(taskId).describe()).raw.workflowExecutionInfo!.firstRunId!;
  for (let executions = 1; ; executions += 1) {
    const history = await workflow.getHandle(taskId, runId).fetchHistory();
    const { task } = foldHistory(taskId, history.events!);
    const continuedAs =
      history.events!.at(-1)?.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId;
    if (!continuedAs) return { task: task!, executions };
    runId = continuedAs;
  }
}

const asTheWorkflowSees = async (taskId: string): Promise<Task> =>
  (await api.temporal.workflow.getHandle(taskId).query(taskQuery)).task;

async function expectSameVerdicts(taskId: string): Promise<number> {
  const task = await asTheWorkflowSees(taskId);
  const fold = await folded(taskId);
  expect({ ...fold.task, remembered: [] }).toEqual(task);
  const messageIds = fold.task.remembered.map(({ id }) => id);
  const { outcomes } = await api.temporal.workflow.getHandle(taskId).query(taskQuery, { messageIds });
  expect(Object.fromEntries(fold.task.remembered.map(({ id, outcome }) => [id, outcome]))).toEqual(outcomes);
  return fold.executions;
}

test('the story of a task is told in order: who did what, and what became of it', async () => {
  const { id, run } = await taskThatIs(api, 'running');
  await api.rita.review(id, 'approve');
  await run.complete();
  await api.rita.review(id, 'approve', { comment: 'Good.' });
  const events = await eventsOf(id);
  expect(events.map(({ type, by, status }) => [type, by.id, status])).toEqual([
    ['created', 'olga', 'queued'],
    ['claim', 'alice', 'assigned'],
    ['report_progress', 'alice', 'running'],
    ['approve', 'rita', 'running'],
    ['mark_complete', 'alice', 'review'],
    ['approve', 'rita', 'done'],
  ]);
  expect(events[3].outcome).toMatchObject({ type: 'transition_not_allowed' });
  expect(events[4]).toMatchObject({ outcome: 'accepted', run: run.id, data: { output: { beans: 7 } } });
  expect(events[5].data).toMatchObject({ comment: 'Good.' });
  expect(new Set(events.map((event) => event.id)).size).toBe(events.length);
});

test('pages of any size make the same story', async () => {
  const { id, run } = await taskThatIs(api, 'running');
  for (let i = 0; i < 5; i += 1) await run.progress({ note: `bean ${i}` });
  const whole = await eventsOf(id);
  expect(whole).toHaveLength(8);
  expect(await eventsOf(id, 1)).toEqual(whole);
  expect(await eventsOf(id, 3)).toEqual(whole);
});

test.each(['made-up', '0', `${crypto.randomUUID()}.0`, `${'-'.repeat(36)}.0`, `${crypto.randomUUID()}.-1`])(
  'the cursor %s is refused',
  async (cursor) => {
    const { id } = await api.olga.create();
    const { body } = await api.olga.get(`/v1/tasks/${id}/events?cursor=${cursor}`);
    expect(body).toMatchObject({
      status: 422,
      type: '/problems/invalid_request',
      errors: [{ pointer: 'cursor' }],
    });
  },
);

test('the cursor of another task is refused', async () => {
  const [one, other] = [await taskThatIs(api, 'assigned'), await taskThatIs(api, 'assigned')];
  const { next } = (await api.olga.get(`/v1/tasks/${one.id}/events?limit=1`)).body;
  expect((await api.olga.get(`/v1/tasks/${other.id}/events?limit=1&cursor=${next}`)).status).toBe(422);
});

test('the history folds to the workflow’s own verdicts on messages good, bad and malformed, sent in any way', async () => {
  const { id, run } = await taskThatIs(api, 'running', {
    lease: { seconds: 5 },
    maxAttempts: 5,
    progressTimeoutSeconds: 6,
  });
  const { alice, olga, rita } = api;
  const handle = api.temporal.workflow.getHandle(id);
  const actor = { id: 'mallory', role: 'operator' } as const;
  await rita.review(id, 'approve');
  await olga.patch(`/v1/tasks/${id}`, { priority: 1, deadline: '2999-01-01T00:00:00Z' }, { 'if-match': '*' });
  await Promise.all([
    run.progress({ cost: { usd: 1 } }),
    olga.post(`/v1/tasks/${id}/comments`, { text: 'a' }),
    run.progress(),
  ]);
  for (const args of [
    [],
    [null],
    ['text'],
    [{ actor }],
    [{ messageId: 'm', actor, comment: 7 }],
    [{ messageId: 'm'.repeat(300) }],
  ]) {
    await handle.signal('comment', ...args);
    await handle.signal('no_such_signal', ...args);
  }
  const twice = { messageId: 'twice', actor, comment: 'hello' };
  await handle.signal(SIGNALS.comment, twice);
  await handle.signal(SIGNALS.comment, twice);
  await handle.signal(SIGNALS.comment, { ...twice, contentHash: 'other' });
  await handle.signal(SIGNALS.mark_complete, {
    messageId: 'nobody',
    actor,
    runId: 'none',
    output: 1,
    reasoning: '',
  });
  await expectSameVerdicts(id);

  await eventually(
    () => olga.read(id),
    ({ status }) => status === 'queued',
  );
  await run.complete();
  await expectSameVerdicts(id);
  const second = await alice.claim(id);
  await second.progress();
  const beats = setInterval(() => void second.heartbeat().catch(() => {}), 1_500);
  await eventually(
    () => olga.read(id),
    ({ status }) => status === 'queued',
  ).finally(() => clearInterval(beats));
  await expectSameVerdicts(id);
  const third = await alice.claim(id);
  await third.handOff();
  await olga.post(`/v1/tasks/${id}/resume`);
  await (await alice.claim(id)).complete();
  await rita.review(id, 'request_changes', { comment: 'again', rework: 'same_task' });
  await (await alice.claim(id)).release();
  await expectSameVerdicts(id);
  expect((await olga.read(id)).endedRuns.map(({ end }: Json) => end)).toEqual([
    'crashed',
    'stalled',
    'handed_off',
    'completed',
    'released',
  ]);
});

test('events and verdicts go on across continue-as-new, a live run included', async () => {
  const { id, run } = await taskThatIs(api, 'running', { lease: { seconds: 600 } });
  let edits = 0;
  const { workflow } = api.temporal;
  const first = (await workflow.getHandle(id).describe()).runId;
  await eventually(
    async () => {
      const description = `${(edits += 1)} ${'x'.repeat(250 * 1024)}`;
      await api.olga.must(api.olga.patch(`/v1/tasks/${id}`, { description }, { 'if-match': '*' }));
      return (await workflow.getHandle(id).describe()).runId;
    },
    (execution) => execution !== first,
  );
  expect(await expectSameVerdicts(id)).toBe(2);
  expect((await run.heartbeat()).status).toBe(200);
  expect((await new Run(run.agent, id, run.id).progress()).status).toBe(200);
  const types = (await eventsOf(id)).map(({ type }) => type);
  expect(types).toEqual([
    'created',
    'claim',
    'report_progress',
    ...Array<string>(edits).fill('edit'),
    'report_progress',
  ]);
  expect((await run.complete()).body.status).toBe('review');
  await expectSameVerdicts(id);
});
