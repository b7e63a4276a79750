/** Paperclip's words for Baton's states and back, and what a PATCH means where. */
import { describe, expect, test } from 'vitest';
import { meaningOf } from '../../api/dialects/paperclip/meaning.ts';
import type { Meaning } from '../../api/dialects/paperclip/meaning.ts';
import { ChangeIssue } from '../../api/dialects/paperclip/schemas.ts';
import {
  PRIORITIES,
  WORDS,
  isExpected,
  nativePriority,
  priorityOf,
  statesOf,
  wordOf,
} from '../../api/dialects/paperclip/words.ts';
import type { Word } from '../../api/dialects/paperclip/words.ts';
import { STATUSES } from '../../workflows/task-state.ts';
import type { TaskStatus } from '../../workflows/task-state.ts';
import { PureTask, aTaskThatIs, ada } from '../support/task-fixture.ts';

const WORD_OF: Record<TaskStatus, Word> = {
  queued: 'todo',
  assigned: 'in_progress',
  running: 'in_progress',
  review: 'in_review',
  done: 'done',
  failed: 'cancelled',
  cancelled: 'cancelled',
  handoff: 'blocked',
};

describe('words', () => {
  test.each(STATUSES)('there is one for %s, and it stands for that state', (status) => {
    const { task } = aTaskThatIs(status);
    expect(wordOf(task)).toBe(WORD_OF[status]);
    expect(statesOf([WORD_OF[status]])).toContain(status);
  });

  test('each stands for some state, and all of them for every state', () => {
    for (const word of WORDS) expect(statesOf([word])).not.toEqual([]);
    expect(new Set(statesOf(WORDS))).toEqual(new Set(STATUSES));
  });

  test('of what is queued depend on more than that', () => {
    const backlog = { labels: ['backlog'] };
    expect(wordOf(new PureTask(backlog).task)).toBe('backlog');
    expect(wordOf(new PureTask({ ...backlog, assignee: 'ada' }).task)).toBe('todo');
    expect(wordOf(new PureTask({ ...backlog, queue: 'kitchen' }).task)).toBe('todo');
  });

  test('of a hold that lapsed are both, as long as it is still assigned to whoever had it', () => {
    const lapsed = (assignee?: string) => {
      const held = new PureTask(assignee === undefined ? {} : { assignee }).do('claim', ada);
      held.loseLease();
      return held.task;
    };
    expect(wordOf(lapsed('ada'))).toBe('in_progress');
    expect(wordOf(lapsed())).toBe('todo');
    for (const word of ['todo', 'in_progress'] as const) expect(isExpected(lapsed('ada'), [word])).toBe(true);
    expect(isExpected(lapsed(), ['in_progress'])).toBe(false);
    expect(isExpected(lapsed('ada'), ['backlog', 'blocked'])).toBe(false);
  });

  test('of urgency are four of five, and the least urgent is low', () => {
    expect([1, 2, 3, 4, 5].map(priorityOf)).toEqual(['critical', 'high', 'medium', 'low', 'low']);
    for (const priority of PRIORITIES) expect(priorityOf(nativePriority(priority))).toBe(priority);
  });
});

describe('a PATCH means', () => {
  const cases: [TaskStatus, object, string, Meaning][] = [
    ['running', { comment: 'a' }, 'ada', 'progress'],
    ['running', { comment: 'a' }, 'bob', 'say'],
    ['running', { title: 'a' }, 'ada', 'say'],
    ['running', { status: 'in_progress' }, 'ada', 'progress'],
    ['running', { status: 'done' }, 'ada', 'hand_in'],
    ['running', { status: 'in_review' }, 'ada', 'hand_in'],
    ['running', { status: 'blocked' }, 'ada', 'block'],
    ['running', { status: 'cancelled' }, 'bob', 'cancel'],
    ['running', { status: 'todo' }, 'ada', 'give_back'],
    ['running', { assigneeAgentId: 'bob' }, 'ada', 'give_back'],
    ['running', { assigneeAgentId: 'ada', comment: 'a' }, 'ada', 'progress'],
    ['running', { status: 'in_progress', assigneeAgentId: 'bob' }, 'ada', 'give_back'],
    ['queued', { comment: 'a' }, 'ada', 'say'],
    ['queued', { status: 'todo', assigneeAgentId: 'bob' }, 'ada', 'say'],
    ['queued', { status: 'done' }, 'ada', 'hand_in'],
    ['queued', { status: 'backlog' }, 'ada', 'say'],
    ['handoff', { status: 'todo' }, 'ada', 'resume'],
    ['handoff', { status: 'blocked', comment: 'a' }, 'ada', 'say'],
    ['review', { status: 'done' }, 'rita', 'approve'],
    ['review', { status: 'done' }, 'ada', 'hand_in'],
    ['review', { status: 'in_progress' }, 'rita', 'send_back'],
    ['done', { status: 'todo' }, 'ada', 'reopen'],
    ['done', { status: 'done', comment: 'a' }, 'ada', 'say'],
    ['cancelled', { status: 'blocked' }, 'ada', 'reopen'],
    ['cancelled', { status: 'cancelled' }, 'ada', 'say'],
  ];
  test.each(cases)('of a task that is %s, saying %j by %s: %s', (status, patch, me, meaning) => {
    expect(meaningOf(aTaskThatIs(status).task, ChangeIssue.parse(patch), me)).toBe(meaning);
  });
});
