import { describe, expect, test } from 'vitest';
import { LIMITS } from '../../workflows/limits.ts';
import { PureTask, aTaskThatIs, ada, olga, rita } from '../support/task-fixture.ts';

describe('a message that comes again', () => {
  test('gets its first answer and changes nothing', () => {
    const task = new PureTask();
    const args = { messageId: 'm', contentHash: 'h', comment: 'once' };
    task.do('comment', olga, args);
    const before = task.task;
    expect(task.send('comment', olga, args)).toBe('accepted');
    expect(task.task).toBe(before);
  });

  test('gets its first refusal too, although it would be accepted by now', () => {
    const task = new PureTask();
    const first = task.send('approve', rita, { messageId: 'm' });
    expect(first).toMatchObject({ type: 'transition_not_allowed' });
    task.do('claim', ada).do('mark_complete', ada);
    expect(task.send('approve', rita, { messageId: 'm' })).toBe(first);
    expect(task.status).toBe('review');
  });

  test('with another content is refused, and changes nothing', () => {
    const task = new PureTask().do('comment', olga, { messageId: 'm', contentHash: 'h', comment: 'once' });
    const before = task.task;
    const outcome = task.send('comment', olga, { messageId: 'm', contentHash: 'other', comment: 'twice' });
    expect(outcome).toMatchObject({ type: 'idempotency_key_reused' });
    expect(task.task).toBe(before);
  });

  test('after its run was over, in new words for the same thing, is recognised by its content', () => {
    const task = aTaskThatIs('running');
    const runId = task.task.run!.id;
    task.do('release', ada, { contentHash: 'h' });
    expect(task.send('release', ada, { runId, contentHash: 'h' })).toBe('accepted');
    expect(task.task.endedRuns).toHaveLength(1);
  });

  test('is recognised among the last ones only', () => {
    const task = new PureTask().do('comment', olga, { messageId: 'first' });
    for (let i = 0; i < LIMITS.rememberedMessages; i += 1) task.do('comment', olga);
    expect(task.task.remembered).toHaveLength(LIMITS.rememberedMessages);
    task.do('comment', olga, { messageId: 'first' });
    expect(task.task.commentCount).toBe(LIMITS.rememberedMessages + 2);
  });
});

describe('the version', () => {
  const versionAfter = (change: (task: PureTask) => unknown, from = aTaskThatIs('running')) => {
    const before = from.task.version;
    change(from);
    return from.task.version - before;
  };

  test.each([
    ['an edit', (task: PureTask) => task.do('edit', olga)],
    ['a release', (task: PureTask) => task.do('release', ada)],
    ['a crash', (task: PureTask) => task.loseLease()],
    ['a stall', (task: PureTask) => task.wait(600)],
  ])('is raised by %s', (_what, change) => {
    expect(versionAfter(change)).toBe(1);
  });

  test.each([
    ['progress', (task: PureTask) => task.do('report_progress', ada, { cost: { usd: 1 } })],
    ['a comment', (task: PureTask) => task.do('comment', olga)],
    ['a refused message', (task: PureTask) => task.send('approve', rita)],
    ['time', (task: PureTask) => task.wait(599)],
  ])('is not raised by %s', (_what, change) => {
    expect(versionAfter(change)).toBe(0);
  });

  test('is not raised by the first of two approvals', () => {
    const task = aTaskThatIs('review', { review: { policy: 'required', quorum: 2 } });
    expect(versionAfter(() => task.do('approve', rita), task)).toBe(0);
  });
});
