import { describe, expect, test } from 'vitest';
import type { Definition } from '../../workflows/definition.ts';
import { LIMITS } from '../../workflows/limits.ts';
import { sizeOf } from '../../workflows/task-record.ts';
import { PureTask, aTaskThatIs, ada, bob, olga, rita } from '../support/task-fixture.ts';

const filled = (): Partial<Definition> => ({
  description: 'd'.repeat(LIMITS.descriptionBytes),
  payload: 'p'.repeat(LIMITS.payloadBytes - 2),
});
const longComment = 'c'.repeat(LIMITS.commentBytes);

/** Comments until the task takes no more. */
function fillUp(task: PureTask): PureTask {
  while (task.send('comment', olga, { comment: longComment }) === 'accepted');
  return task;
}

describe('a task', () => {
  test('keeps the latest comments and counts all', () => {
    const task = new PureTask();
    for (let i = 0; i < LIMITS.comments + 5; i += 1) task.do('comment', olga, { comment: `comment ${i}` });
    expect(task.task.comments).toHaveLength(LIMITS.comments);
    expect(task.task.comments[0]?.text).toBe('comment 5');
    expect(task.task.commentCount).toBe(LIMITS.comments + 5);
  });

  test('keeps the latest ended runs', () => {
    const task = new PureTask();
    for (let i = 0; i < LIMITS.endedRuns + 5; i += 1) {
      task.do('claim', ada, { runId: `run-number-${i}` }).do('release', ada);
    }
    expect(task.task.endedRuns).toHaveLength(LIMITS.endedRuns);
    expect(task.task.endedRuns[0]?.id).toBe('run-number-5');
  });

  test('refuses comments and edits once it is full', () => {
    const task = fillUp(new PureTask({ description: 'd'.repeat(LIMITS.descriptionBytes) }));
    expect(task.send('comment', olga, { comment: longComment })).toMatchObject({ type: 'task_full' });
    const edit = { payload: 'p'.repeat(LIMITS.payloadBytes / 2) };
    expect(task.send('edit', olga, { edit })).toMatchObject({ type: 'task_full' });
    expect(task.send('edit', olga, { edit: { ...edit, description: null } })).toBe('accepted');
  });

  test('that is full still takes the largest submission', () => {
    const task = fillUp(aTaskThatIs('running', filled()));
    const outcome = task.send('mark_complete', ada, {
      output: 'o'.repeat(LIMITS.outputBytes - 2),
      reasoning: 'r'.repeat(LIMITS.reasoningBytes),
      memoryPromotions: Array.from({ length: 20 }, () => ({
        scope: 'team',
        text: 't'.repeat(LIMITS.noteBytes),
      })),
      costNote: 'n'.repeat(LIMITS.noteBytes),
      comment: longComment,
    });
    expect(outcome).toBe('accepted');
    expect(sizeOf(task.task)).toBeLessThanOrEqual(LIMITS.stateBytes);
  });

  test('that is full still takes what a reviewer says about the largest submission', () => {
    const task = fillUp(aTaskThatIs('running', filled()));
    task.do('mark_complete', ada, { output: 'o'.repeat(LIMITS.outputBytes - 2) });
    expect(task.send('request_changes', rita, { comment: longComment })).toBe('accepted');
    expect(sizeOf(task.task)).toBeLessThanOrEqual(LIMITS.stateBytes);
  });

  test('can always be sent back, however large what was handed in is', () => {
    const task = fillUp(aTaskThatIs('running', filled()));
    const quotes = (bytes: number) => '"'.repeat(bytes);
    // As large as it may be: quotes take two bytes each once they are carried over.
    for (let bytes = LIMITS.outputBytes / 2 - 1; ; bytes -= 8_192) {
      const work = { output: quotes(bytes), reasoning: quotes(LIMITS.reasoningBytes) };
      if (task.send('mark_complete', ada, work) === 'accepted') break;
    }
    const verdict = { comment: quotes(LIMITS.commentBytes) };
    expect(task.send('request_changes', rita, { ...verdict, rework: 'same_task' })).toBe('accepted');
    expect(sizeOf(task.task)).toBeLessThanOrEqual(LIMITS.stateBytes);
  });

  test('that is large takes comments as well after a submission as before', () => {
    const task = aTaskThatIs('running', filled());
    task.do('mark_complete', ada, { output: 'o'.repeat(LIMITS.outputBytes - 2) });
    expect(task.send('comment', olga, { comment: longComment })).toBe('accepted');
  });

  test('that is full still takes the longest failure report', () => {
    const task = fillUp(aTaskThatIs('running', filled()));
    const note = 'n'.repeat(LIMITS.noteBytes);
    const tried = Array.from({ length: 4 }, () => ({ what: note, whyFailed: note }));
    const report = { beliefs: note, tried, blocker: note, nextStep: note };
    expect(task.send('mark_failed', ada, { reasonCode: 'other', ...report })).toBe('accepted');
    expect(sizeOf(task.task)).toBeLessThanOrEqual(LIMITS.stateBytes);
  });

  test('is not filled by messages that it refuses', () => {
    const name = (i: number) => `${i}`.padEnd(LIMITS.idBytes, 'x');
    const reviewers = Array.from({ length: LIMITS.reviewers }, (_, i) => name(i));
    const task = aTaskThatIs('review', { review: { policy: 'required', reviewers } });
    const before = sizeOf(task.task);
    for (let i = 0; i < LIMITS.rememberedMessages; i += 1) {
      task.send('approve', bob, { messageId: name(i), contentHash: name(i) });
      task.send('comment', rita, { messageId: name(i), contentHash: 'another' });
    }
    expect(sizeOf(task.task) - before).toBeLessThan(LIMITS.stateBytes / 4);
  });

  test('writes down the names of few reviewers, and the number of many', () => {
    const askedFor = (reviewers: string[]) =>
      aTaskThatIs('review', { review: { policy: 'required', reviewers } }).send('approve', bob);
    expect(askedFor(['rita', 'rolf'])).toMatchObject({ detail: expect.stringContaining('rita, rolf') });
    expect(askedFor(['a', 'b', 'c', 'd', 'e'])).toMatchObject({
      detail: expect.stringContaining('a, b, c and 2 more'),
    });
  });
});
