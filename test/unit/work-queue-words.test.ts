import { describe, expect, test } from 'vitest';
import {
  WORDS,
  bare,
  countsByWord,
  queueId,
  statusesFor,
  taskId,
  turned,
  wordFor,
} from '../../api/dialects/work-queues/words.ts';
import { refuse } from '../../api/dialects/work-queues/refuse.ts';
import { Problem } from '../../api/problems.ts';
import { STATUSES } from '../../workflows/task-state.ts';

describe('the words of work queues', () => {
  test('have one for each status, and each status for some', () => {
    expect(STATUSES.map((status) => [status, wordFor(status)])).toEqual([
      ['queued', 'pending'],
      ['assigned', 'assigned'],
      ['running', 'assigned'],
      ['review', 'completed'],
      ['done', 'completed'],
      ['failed', 'failed'],
      ['cancelled', 'cancelled'],
      ['handoff', 'assigned'],
    ]);
    expect(WORDS.flatMap(statusesFor).toSorted()).toEqual([...STATUSES].toSorted());
  });

  test('count each task once', () => {
    const ones = Object.fromEntries(STATUSES.map((status) => [status, 1]));
    expect(countsByWord(ones)).toEqual({ pending: 1, assigned: 3, completed: 2, failed: 1, cancelled: 1 });
    expect(countsByWord({})).toEqual({ pending: 0, assigned: 0, completed: 0, failed: 0, cancelled: 0 });
  });

  test('have 5 for what is most urgent, and 3 in the middle', () => {
    expect([5, 4, 3, 2, 1].map(turned)).toEqual([1, 2, 3, 4, 5]);
    for (const priority of [1, 2, 3, 4, 5]) expect(turned(turned(priority))).toBe(priority);
  });

  test('put a prefix before ids, and take them with any or none', () => {
    const id = '0190a1b2-0000-7000-8000-000000000000';
    expect([queueId(id), taskId(id)]).toEqual([`wq_${id}`, `wt_${id}`]);
    expect([id, `wq_${id}`, `wt_${id}`].map(bare)).toEqual([id, id, id]);
    expect(bare('wx_1')).toBe('wx_1');
  });
});

describe('a refusal', () => {
  const errorOf = (problem: Problem) => (refuse(problem).body as { error: object }).error;

  test('says nothing of runs', () => {
    const over = (taskStatus: string) =>
      errorOf(new Problem('run_not_active', { taskStatus, endedBy: 'crashed' }));
    expect(over('queued')).toMatchObject({ code: 'not_assigned', taskStatus: 'pending' });
    expect(over('running')).toMatchObject({ code: 'not_assigned', taskStatus: 'assigned' });
    expect(over('done')).toMatchObject({ code: 'already_ended', taskStatus: 'completed' });
    expect(over('failed')).toMatchObject({ code: 'already_ended', taskStatus: 'failed' });
    for (const status of STATUSES) expect(JSON.stringify(over(status))).not.toMatch(/\brun\b|endedBy/i);
  });

  test('names who holds a task, fields without slashes, and what is in the way by the words', () => {
    expect(
      errorOf(new Problem('held', { detail: 'bob holds it.', holder: 'bob', taskStatus: 'running' })),
    ).toEqual({
      code: 'held',
      message: 'bob holds it.',
      hint: expect.any(String),
      taskStatus: 'assigned',
      assignedTo: 'bob',
    });
    const errors = [
      { pointer: '/priority', detail: 'is wrong' },
      { pointer: '/', detail: 'is none' },
    ];
    expect(errorOf(new Problem('invalid_request', { errors }))).toMatchObject({
      errors: [
        { field: 'priority', message: 'is wrong' },
        { field: 'body', message: 'is none' },
      ],
    });
    const counts = { queued: 2, running: 1, review: 3 };
    expect(errorOf(new Problem('queue_not_empty', { counts }))).toMatchObject({
      message: 'The queue still has tasks: 2 pending, 1 assigned, 3 inReview.',
      counts: { pending: 2, assigned: 1, inReview: 3 },
    });
  });
});
