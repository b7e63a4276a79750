import { describe, expect, test } from 'vitest';
import type { Review } from '../../workflows/definition.ts';
import { successorInput } from '../../workflows/task-record.ts';
import type { Actor } from '../../workflows/actor.ts';
import { PureTask, aTaskThatIs, ada, at, bob, olga, rita, rolf } from '../support/task-fixture.ts';

const submitted = (review: Partial<Review> = {}) =>
  aTaskThatIs('review', { review: { policy: 'required', ...review } });

describe('an approval', () => {
  test('by a reviewer makes the task done and stays on record', () => {
    const { task } = submitted().do('approve', rita);
    expect(task.status).toBe('done');
    expect(task.review).toMatchObject({
      approvals: [{ by: 'rita' }],
      decision: { decision: 'approved', by: 'rita', at: at(0) },
    });
  });

  test('is not for other agents, but for operators', () => {
    expect(submitted().send('approve', bob)).toMatchObject({ type: 'forbidden' });
    expect(submitted().send('approve', olga)).toBe('accepted');
  });

  test('is for the named reviewers, whatever their role, and operators only', () => {
    const task = submitted({ reviewers: ['rolf', 'bob'] });
    expect(task.send('approve', rita)).toMatchObject({ type: 'forbidden' });
    expect(task.send('approve', bob)).toBe('accepted');
    expect(submitted({ reviewers: ['rolf'] }).send('approve', olga)).toBe('accepted');
  });

  test('counts towards the quorum once per person', () => {
    const task = submitted({ quorum: 2 }).do('approve', rita);
    expect(task.status).toBe('review');
    expect(task.send('approve', rita)).toMatchObject({ type: 'already_decided' });
    expect(task.do('approve', rolf).status).toBe('done');
  });

  test('of a new submission does not count those of an earlier one', () => {
    const task = submitted({ quorum: 2, rework: 'same_task' }).do('approve', rita);
    task.do('request_changes', rolf).do('claim', ada).do('mark_complete', ada).do('approve', rolf);
    expect(task.status).toBe('review');
  });
});

describe("one's own work", () => {
  const adaAs = (role: Actor['role']): Actor => ({ id: 'ada', role });

  test.each(['approve', 'request_changes'] as const)('may not be decided on: %s', (name) => {
    for (const role of ['reviewer', 'operator'] as const) {
      expect(submitted().send(name, adaAs(role))).toMatchObject({ type: 'self_review' });
    }
    expect(submitted({ reviewers: ['ada'] }).send(name, ada)).toMatchObject({ type: 'self_review' });
  });

  test('may be approved when the task says so', () => {
    expect(submitted({ reviewers: ['ada'], selfReview: true }).send('approve', ada)).toBe('accepted');
  });
});

describe('a request for changes', () => {
  test('fails the task and starts a new one that knows what was wanted', () => {
    const { task } = submitted().do('request_changes', rita, { comment: 'count again' });
    expect(task).toMatchObject({
      status: 'failed',
      failure: { reasonCode: 'changes_requested' },
      review: { decision: { decision: 'changes_requested', by: 'rita' } },
      submission: { agent: 'ada' },
    });
    expect(task.followedBy).toMatch(/^minted-/);
    expect(successorInput(task)).toMatchObject({
      definition: { title: 'Count the beans' },
      company: 'acme',
      createdBy: olga,
      follows: { task: 'task-1', by: rita, comment: 'count again' },
    });
  });

  test.each([
    ['the task asks for it', { rework: 'same_task' }, {}],
    ['the reviewer does', {}, { rework: 'same_task' }],
  ] as const)('gives the same task back to its agent if %s', (_who, review, args) => {
    const { task } = submitted(review).do('request_changes', rita, { comment: 'count again', ...args });
    expect(task).toMatchObject({
      status: 'queued',
      definition: { assignee: 'ada' },
      submission: { agent: 'ada' },
      comments: [{ by: rita, text: 'count again' }],
      attempts: 0,
    });
    expect(task).not.toHaveProperty('followedBy');
  });

  test('can ask for a new task although the policy is the same task', () => {
    const { task } = submitted({ rework: 'same_task' }).do('request_changes', rita, { rework: 'new_task' });
    expect(task.status).toBe('failed');
  });

  test('is not for agents', () => {
    expect(submitted().send('request_changes', bob)).toMatchObject({ type: 'forbidden' });
  });
});

describe('the time limit of a review', () => {
  const limited = (review: Partial<Review>) => submitted({ timeoutSeconds: 60, ...review });

  test('escalates by default: the task stays in review and says since when it is overdue', () => {
    const task = limited({}).wait(59);
    expect(task.task.review).not.toHaveProperty('escalatedAt');
    expect(task.wait(1).task).toMatchObject({ status: 'review', review: { escalatedAt: at(60) } });
    expect(task.wait(1000).do('approve', rita).status).toBe('done');
  });

  test('approves if the policy says so, and the record tells that from a real approval', () => {
    const { task } = limited({ onTimeout: 'approve' }).wait(60);
    expect(task).toMatchObject({
      status: 'done',
      review: { approvals: [], decision: { by: 'baton:time-limit' } },
    });
  });

  test('sends the work back if the policy says so', () => {
    const { task } = limited({ onTimeout: 'reject' }).wait(60);
    expect(task).toMatchObject({ status: 'failed', failure: { reasonCode: 'changes_requested' } });
    expect(successorInput(task).follows).toMatchObject({ by: { id: 'baton:time-limit' } });
    expect(limited({ onTimeout: 'reject', rework: 'same_task' }).wait(60).status).toBe('queued');
  });

  test('does not pass on for feedback what somebody said before', () => {
    const task = limited({ onTimeout: 'reject' });
    const { follows } = successorInput(task.do('comment', rita, { comment: 'Looks great!' }).wait(60).task);
    expect(follows).toMatchObject({ comment: 'The time limit of the review passed.' });
  });

  test('applies to the work of every agent, even one called as the time limit is', () => {
    const agent: Actor = { id: 'baton:time-limit', role: 'agent' };
    const task = new PureTask({
      review: { policy: 'required', timeoutSeconds: 60, onTimeout: 'reject', rework: 'same_task' },
    });
    task.do('claim', agent).do('mark_complete', agent).wait(60);
    expect(task.status).toBe('queued');
  });

  test('counts from the submission, and is gone once somebody has decided', () => {
    const task = limited({ onTimeout: 'reject', rework: 'same_task' });
    task.wait(30).do('request_changes', rita).wait(60).do('claim', ada).do('mark_complete', ada).wait(59);
    expect(task.status).toBe('review');
  });
});
