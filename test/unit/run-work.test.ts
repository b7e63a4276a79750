import { describe, expect, test } from 'vitest';
import { aTaskThatIs, ada, at, bob } from '../support/task-fixture.ts';

describe('a progress report', () => {
  test('the first one acknowledges the claim', () => {
    expect(aTaskThatIs('assigned').do('report_progress', ada).status).toBe('running');
  });

  test('is kept as the last progress, with who reported it and when', () => {
    const task = aTaskThatIs('assigned');
    task.clock = 5;
    task.do('report_progress', ada, { note: 'half way', percent: 50 });
    expect(task.task.lastProgress).toMatchObject({ note: 'half way', percent: 50, agent: 'ada', at: at(5) });
  });

  test('of costs alone adds them up and leaves the last checkpoint', () => {
    const { task } = aTaskThatIs('assigned')
      .do('report_progress', ada, { note: 'half way', cost: { usd: 1, inputTokens: 10 } })
      .do('report_progress', ada, { note: undefined, cost: { usd: 0.5, outputTokens: 3 } });
    expect(task.cost).toEqual({ usd: 1.5, inputTokens: 10, outputTokens: 3 });
    expect(task.lastProgress?.note).toBe('half way');
  });

  test.each([
    ['dollars', { usd: 2 }, { usd: 2 }],
    ['tokens, in and out together', { tokens: 100 }, { inputTokens: 60, outputTokens: 40 }],
    ['any cost at all when the budget is nothing', { usd: 0 }, { usd: 0.01 }],
  ])('that spends the budget of %s fails the task', (_what, budget, cost) => {
    const task = aTaskThatIs('running', { budget }).do('report_progress', ada, { cost });
    expect(task.status).toBe('failed');
    expect(task.task.failure?.reasonCode).toBe('budget_exhausted');
    expect(task.send('report_progress', ada, { runId: task.task.endedRuns[0]!.id })).toMatchObject({
      type: 'budget_exhausted',
    });
  });

  test('within the budget goes on', () => {
    const task = aTaskThatIs('running', { budget: { usd: 2, tokens: 100 } });
    expect(task.do('report_progress', ada, { cost: { usd: 1.99, inputTokens: 99 } }).status).toBe('running');
  });
});

describe('handing in', () => {
  test('leads to review, and ends the run', () => {
    const { task } = aTaskThatIs('running').do('mark_complete', ada, { output: [1], reasoning: 'so' });
    expect(task).toMatchObject({
      status: 'review',
      submission: { output: [1], reasoning: 'so', agent: 'ada' },
      endedRuns: [{ agent: 'ada', end: 'completed' }],
    });
    expect(task).not.toHaveProperty('run');
  });

  test('needs no acknowledgement first', () => {
    expect(aTaskThatIs('assigned').do('mark_complete', ada).status).toBe('review');
  });

  test('is done at once when the task asks for no review', () => {
    const task = aTaskThatIs('running', { review: { policy: 'none' } });
    expect(task.do('mark_complete', ada).status).toBe('done');
  });

  test('to a task with an output schema is refused until somebody has checked the output', () => {
    const task = aTaskThatIs('running', { outputSchema: { type: 'object' } });
    expect(task.send('mark_complete', ada)).toMatchObject({ type: 'output_unchecked' });
    expect(task.send('mark_complete', ada, { outputChecked: true })).toBe('accepted');
  });

  test('twice with the same content, by one run, gets the same answer', () => {
    const task = aTaskThatIs('running');
    const runId = task.task.run!.id;
    task.do('mark_complete', ada, { contentHash: 'h' });
    const before = task.task.version;
    expect(task.send('mark_complete', ada, { runId, contentHash: 'h' })).toBe('accepted');
    expect(task.send('mark_complete', ada, { runId, contentHash: 'other' })).toMatchObject({
      type: 'run_not_active',
      endedBy: 'completed',
    });
    expect(task.task.version).toBe(before);
  });

  test('too late changes nothing, but the next run is told', () => {
    const task = aTaskThatIs('running').loseLease().do('claim', bob, { runId: 'next' });
    const [crashed] = task.task.endedRuns;
    const outcome = task.send('mark_complete', ada, { runId: crashed!.id });
    expect(outcome).toMatchObject({ type: 'run_not_active', endedBy: 'crashed', holder: 'bob' });
    expect(task.task).toMatchObject({ status: 'assigned', run: { id: 'next' } });
    expect(task.task).not.toHaveProperty('submission');
    expect(task.task.endedRuns[0]).toMatchObject({ lateSubmission: true });
  });
});
