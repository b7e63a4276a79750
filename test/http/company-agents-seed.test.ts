/** The loop of a run as its document tells it, by an agent that has nothing but its tools. */
import { describe, expect, test } from 'vitest';
import { useApi } from '../support/api-under-test.ts';
import { eventually } from '../support/caller.ts';
import { CLIENTS, useToolCallers } from '../support/mcp.ts';
import { aCompany } from '../support/queues.ts';

const api = useApi();
const name = `company-${crypto.randomUUID()}`;
const { olga, rita } = aCompany(api, name);
const connect = useToolCallers(api, name);

describe.each(CLIENTS)('with the client: %s', (line) => {
  /** A task that an agent of its own was launched with. */
  async function launched(definition: object = {}) {
    const sub = `agent-${crypto.randomUUID()}`;
    const { id } = await olga.create({ title: 'Count the beans', assignee: sub, ...definition });
    const native = api.as(sub, 'agent', name);
    const run = await native.claim(id, { lease: { seconds: 3_600 } });
    return { id, run, sub, native, agent: await connect(sub, 'agent', line) };
  }

  test('the inside of a run', async () => {
    const { id, run, agent } = await launched({
      description: 'All of the jar.',
      review: { policy: 'required' },
    });
    // 1. Read the task context.
    const { task, status } = await agent.must('get_task');
    expect(status).toBe('assigned');
    expect(task).toMatchObject({
      id,
      title: 'Count the beans',
      description: 'All of the jar.',
      parent: null,
    });
    // 2. Acknowledge: the run has started by it.
    const acknowledged = await agent.must('report_progress', { understanding: 'Every bean, once.' });
    expect(acknowledged).toMatchObject({ task_id: id, run_id: run.id, status: 'running', stop: null });
    // 3. Plan. 4. Execute, and tell what is new.
    await agent.must('report_progress', { plan: 'Open the jar; count.' });
    await agent.must('report_progress', { note: 'Half of it.', cost: { usd: 0.1, input_tokens: 10 } });
    // Right before it finishes.
    await agent.must('report_progress', { note: 'Counted twice.' });
    // 6. Finish.
    const done = await agent.must('mark_complete', {
      output: { beans: 7 },
      reasoning: 'I counted them twice.',
      memory_promotions: [{ scope: 'agent', text: 'The jar opens to the left.' }],
      cost_note: 'The second count was free.',
    });
    expect(done).toMatchObject({ task_id: id, status: 'review', run_id: null });
    expect(await olga.read(id)).toMatchObject({
      cost: { usd: 0.1, inputTokens: 10 },
      submission: {
        output: { beans: 7 },
        reasoning: 'I counted them twice.',
        memoryPromotions: [{ scope: 'agent', text: 'The jar opens to the left.' }],
        costNote: 'The second count was free.',
      },
    });
    // Once mark_complete is called, the task is frozen.
    const late = await agent.call('mark_complete', {
      task_id: id,
      output: { beans: 8 },
      reasoning: 'No, 8.',
    });
    expect(late).toMatchObject({ isError: true, content: { type: '/problems/run_not_active' } });
    // If the reviewer asks for changes, they create a new task.
    const { followedBy } = (await olga.must(rita.review(id, 'request_changes', { comment: 'Once more.' })))
      .links;
    expect(await olga.read(followedBy.split('/').at(-1))).toMatchObject({
      title: 'Count the beans',
      status: 'queued',
    });
  });

  test('break a task into sub-tasks', async () => {
    const { id, agent } = await launched({ review: { policy: 'none' } });
    const { task_id: part } = await agent.must('create_subtask', {
      title: 'Open the jar',
      description: 'It is stuck.',
      priority: 2,
    });
    expect(await olga.read(part)).toMatchObject({
      title: 'Open the jar',
      description: 'It is stuck.',
      priority: 2,
      parent: { id },
      progressTimeoutSeconds: 600,
      review: { policy: 'none' },
    });
    const tooEarly = await agent.call('mark_complete', { output: 7, reasoning: 'Guessed.' });
    expect(tooEarly).toMatchObject({ isError: true, content: { type: '/problems/open_children' } });
    await olga.must((await olga.claim(part)).complete());
    await eventually(
      () => olga.read(id),
      ({ children }) => children[0].status === 'done',
    );
    expect(await agent.must('mark_complete', { output: 7, reasoning: 'Counted.' })).toMatchObject({
      status: 'done',
    });
  });

  test('fail a task well', async () => {
    const { id, agent } = await launched();
    await agent.must('report_progress', { note: 'The jar has a lock.', blockers: 'No key.' });
    const failed = await agent.must('mark_failed', {
      reason_code: 'missing_credential',
      beliefs: 'The beans are there.',
      tried: [{ what: 'Shaking', why_failed: 'It is locked.' }],
      blocker: 'The key of the jar.',
      next_step: 'Ask the cook.',
    });
    expect(failed).toMatchObject({ task_id: id, status: 'failed' });
    expect((await olga.read(id)).failure).toMatchObject({
      reasonCode: 'missing_credential',
      message: 'The key of the jar.',
      report: {
        beliefs: 'The beans are there.',
        tried: [{ what: 'Shaking', whyFailed: 'It is locked.' }],
        nextStep: 'Ask the cook.',
      },
    });
  });

  test('hand it to a person', async () => {
    const { id, agent } = await launched();
    await agent.must('hand_off', { blockers: 'May I break the jar?', next_step: 'Say yes or no.' });
    expect(await olga.read(id)).toMatchObject({
      status: 'handoff',
      handoff: { blockers: 'May I break the jar?', nextStep: 'Say yes or no.' },
    });
  });
});
