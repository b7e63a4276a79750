/** The tools of company agents beyond their document: whose run it is, and what is refused. */
import { describe, expect, test } from 'vitest';
import { useApi } from '../support/api-under-test.ts';
import { eventually } from '../support/caller.ts';
import { useToolCallers } from '../support/mcp.ts';
import { aCompany } from '../support/queues.ts';

const api = useApi();
const company = `company-${crypto.randomUUID()}`;
const { olga } = aCompany(api, company);
const connect = useToolCallers(api, company);
const connectElsewhere = useToolCallers(api, `company-${crypto.randomUUID()}`);

/** An agent of its own, by its tools and by its claims. */
async function anAgent() {
  const sub = `agent-${crypto.randomUUID()}`;
  const native = api.as(sub, 'agent', company);
  const launch = async (definition: object = {}) => {
    const { id } = await olga.create({ assignee: sub, lease: { seconds: 3_600 }, ...definition });
    return await native.claim(id);
  };
  return { sub, launch, tools: await connect(sub) };
}

const refusal = (type: string) => ({ isError: true, content: { type: `/problems/${type}` } });

describe('which task and run a call is about', () => {
  test('need not be said by who holds exactly one', async () => {
    const { tools, launch } = await anAgent();
    expect(await tools.call('report_progress', { note: 'x' })).toMatchObject(refusal('run_not_active'));
    const run = await launch();
    expect(await tools.must('report_progress', { note: 'x' })).toMatchObject({
      task_id: run.taskId,
      run_id: run.id,
    });
    expect(await tools.must('get_task')).toMatchObject({ task_id: run.taskId });
    await tools.must('mark_complete', { output: 1, reasoning: 'Done.' });
    // What it just handed in is not what it holds next.
    expect(await tools.call('hand_off', { blockers: 'x' })).toMatchObject(refusal('run_not_active'));
    const next = await launch();
    expect(await tools.must('hand_off', { blockers: 'x' })).toMatchObject({ task_id: next.taskId });
  });

  test('has to be said by who holds two', async () => {
    const { tools, launch, sub } = await anAgent();
    const [one, two] = [await launch(), await launch()];
    await eventually(
      () => olga.get(`/v1/tasks?holder=${sub}`),
      ({ body }) => body.items.length === 2,
    );
    const { isError, text } = await tools.call('mark_complete', { output: 1, reasoning: 'Which?' });
    expect(isError).toBe(true);
    for (const { taskId } of [one, two]) expect(text).toContain(taskId);
    expect(await tools.must('report_progress', { note: 'x', task_id: two.taskId })).toMatchObject({
      run_id: two.id,
    });
    expect(await tools.must('report_progress', { note: 'x', run_id: one.id })).toMatchObject({
      task_id: one.taskId,
    });
    const both = { task_id: one.taskId, run_id: one.id };
    expect(await tools.must('hand_off', { blockers: 'x', ...both })).toMatchObject({ task_id: one.taskId });
  });

  test('is a run of the caller’s own, and of its company', async () => {
    const { launch, tools } = await anAgent();
    const run = await launch();
    const named = { task_id: run.taskId, run_id: run.id };
    const stranger = (await anAgent()).tools;
    const calls: [string, Record<string, unknown>][] = [
      ['report_progress', { note: 'x' }],
      ['mark_complete', { output: 1, reasoning: 'x' }],
      ['mark_failed', { reason_code: 'other' }],
      ['hand_off', { blockers: 'x' }],
    ];
    const eve = await connectElsewhere('eve');
    for (const [name, given] of calls) {
      expect(await stranger.call(name, { ...given, ...named }), name).toMatchObject(refusal('forbidden'));
      expect(await stranger.call(name, { ...given, task_id: run.taskId }), name).toMatchObject(
        refusal('held'),
      );
      expect(await eve.call(name, { ...given, ...named }), name).toMatchObject(refusal('not_found'));
      expect(await tools.call(name, { ...given, ...named, run_id: crypto.randomUUID() }), name).toMatchObject(
        refusal('run_not_active'),
      );
    }
    expect(await eve.call('get_task', named)).toMatchObject(refusal('not_found'));
    expect(await eve.call('create_subtask', { title: 'x', ...named })).toMatchObject(refusal('not_found'));
    expect(await olga.read(run.taskId)).toMatchObject({
      status: 'assigned',
      run: { id: run.id },
      children: [],
    });
  });

  test('is the holder’s, for an operator', async () => {
    const { launch } = await anAgent();
    const { taskId } = await launch();
    const operator = await connect('olga', 'operator');
    await operator.must('report_progress', { task_id: taskId, note: 'Seen by me.' });
    await operator.must('mark_complete', { task_id: taskId, output: 1, reasoning: 'Done.' });
    expect((await olga.read(taskId)).submission.agent).toMatch(/^agent-/);
  });

  test('is taken again by who lost it without knowing', async () => {
    const { launch, tools, sub } = await anAgent();
    const { taskId, id } = await launch({ lease: { seconds: 5 } });
    await eventually(
      () => olga.read(taskId),
      ({ status }) => status === 'queued',
    );
    const named = { task_id: taskId, run_id: id };
    expect(await tools.call('report_progress', { note: 'x', ...named })).toMatchObject(
      refusal('run_not_active'),
    );
    expect(await tools.must('report_progress', { note: 'Still there.', task_id: taskId })).toMatchObject({
      status: 'running',
    });
    expect((await olga.read(taskId)).run).toMatchObject({ agent: sub });
  });
});

describe('what is wrong with a call is told, and changes nothing:', () => {
  test.each<[string, string, Record<string, unknown>]>([
    ['a report of nothing', 'report_progress', {}],
    ['a report of blanks', 'report_progress', { note: ' ' }],
    ['a report of cost alone', 'report_progress', { cost: { usd: 1 } }],
    ['a cost below nothing', 'report_progress', { note: 'x', cost: { usd: -1 } }],
    ['a cost that is misspelt', 'report_progress', { note: 'x', cost: { dollars: 1 } }],
    ['a note that is too long', 'report_progress', { note: 'x'.repeat(5_000) }],
    ['work without output', 'mark_complete', { reasoning: 'x' }],
    ['work without reasoning', 'mark_complete', { output: 1 }],
    ['a failure without a reason', 'mark_failed', {}],
    ['attempts without their end', 'mark_failed', { reason_code: 'other', tried: [{ what: 'x' }] }],
    ['a sub-task without a title', 'create_subtask', { description: 'x' }],
    ['a sub-task in no queue', 'create_subtask', { title: 'x', queue: crypto.randomUUID() }],
    ['a priority that is none', 'create_subtask', { title: 'x', priority: 9 }],
    ['a hand-off without why', 'hand_off', {}],
  ])('%s', async (_name, tool, given) => {
    const { launch, tools } = await anAgent();
    const { taskId } = await launch();
    const before = await olga.read(taskId);
    const { isError, text, content } = await tools.call(tool, { task_id: taskId, ...given });
    expect(isError).toBe(true);
    expect(content.type).toBe('/problems/invalid_request');
    expect(text).toMatch(/\nNext step: \S/);
    expect(await olga.read(taskId)).toEqual(before);
  });

  test('an output that does not fit its schema', async () => {
    const { launch, tools } = await anAgent();
    await launch({ outputSchema: { type: 'object', required: ['beans'] } });
    const { content } = await tools.call('mark_complete', { output: {}, reasoning: 'x' });
    expect(content).toMatchObject({ type: '/problems/output_invalid' });
    expect(await tools.must('mark_complete', { output: { beans: 7 }, reasoning: 'x' })).toMatchObject({
      status: 'review',
    });
  });
});

test('an unknown reason is kept, and treated as other', async () => {
  const { launch, tools } = await anAgent();
  const { taskId } = await launch();
  const told = await tools.must('mark_failed', { reason_code: 'bad_moon', blocker: 'It rises.' });
  expect(told.note).toContain('bad_moon');
  expect((await olga.read(taskId)).failure).toMatchObject({
    reasonCode: 'other',
    message: 'bad_moon: It rises.',
  });
});

test('a task that is being cancelled says to wind down', async () => {
  const { launch, tools } = await anAgent();
  const { taskId } = await launch();
  await olga.must(olga.post(`/v1/tasks/${taskId}/cancel`));
  expect(await tools.must('get_task')).toMatchObject({ stop: { reason: 'cancelled' } });
  expect(await tools.call('report_progress', { note: 'x' })).toMatchObject(refusal('cancel_requested'));
  expect(await tools.must('mark_failed', { reason_code: 'other' })).toMatchObject({ status: 'cancelled' });
});

test('a task tells what came before: its parent, comments, and how the last run failed', async () => {
  const { launch, tools, sub } = await anAgent();
  const parent = await olga.create({ title: 'The kitchen', description: 'All of it.', mode: 'sequence' });
  const { taskId } = await launch({ parent: parent.id, order: 1 });
  await olga.must(olga.post(`/v1/tasks/${taskId}/comments`, { text: 'Mind the jar.' }));
  await tools.must('report_progress', { note: 'The lid is off.' });
  await tools.must('mark_failed', { reason_code: 'agent_exited', next_step: 'Count.' });
  const { task } = await tools.must('get_task', { task_id: taskId });
  expect(task).toMatchObject({
    assignee: sub,
    parent: { id: parent.id, title: 'The kitchen', description: 'All of it.', status: 'queued' },
    comments: [{ by: 'olga', text: 'Mind the jar.' }],
    lastProgress: { note: 'The lid is off.' },
    lastFailure: { reasonCode: 'agent_exited', report: { nextStep: 'Count.' } },
  });
});

test('a sub-task waits in its queue by the rules of the queue, and for its turn by the order it was given', async () => {
  const { launch, tools } = await anAgent();
  const { taskId } = await launch({ mode: 'sequence' });
  const queue = await olga.must(
    olga.post('/v1/queues', { name: 'jars', defaults: { lease: { seconds: 99 } } }),
  );
  const second = await tools.must('create_subtask', { title: 'Then', order: 2, queue: queue.id });
  const first = await tools.must('create_subtask', { title: 'First', order: 1, assignee: 'bob' });
  expect(first).toMatchObject({ parent_id: taskId, status: 'queued', run_id: null });
  expect(await olga.read(second.task_id)).toMatchObject({
    lease: { seconds: 99 },
    queue: queue.id,
    gate: { blockedBy: first.task_id },
  });
  expect(await olga.read(first.task_id)).toMatchObject({
    lease: { seconds: 3_600 },
    assignee: 'bob',
    review: { policy: 'required' },
  });
});
