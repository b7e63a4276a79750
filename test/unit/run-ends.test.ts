import { describe, expect, test } from 'vitest';
import { FAILURE_REASONS, REPORTABLE_REASONS, backoff } from '../../workflows/failure-reasons.ts';
import type { FailureReason } from '../../workflows/failure-reasons.ts';
import { PureTask, aTaskThatIs, ada, at, bob, olga, rita } from '../support/task-fixture.ts';

describe('a reported failure', () => {
  test.each([
    ['agent_exited', 'queued', 1],
    ['unreachable_service', 'queued', 1],
    ['missing_credential', 'failed', 0],
    ['ambiguous_input', 'failed', 0],
    ['other', 'failed', 0],
    ['out_of_scope', 'failed', 0],
    ['budget_exhausted', 'failed', 0],
  ] as const)('for %s leaves the task %s', (reasonCode, status, attempts) => {
    const task = aTaskThatIs('running').do('mark_failed', ada, { reasonCode });
    expect(task.task).toMatchObject({ status, attempts, lastFailure: { reasonCode } });
    expect(task.task.endedRuns).toMatchObject([{ agent: 'ada', reasonCode }]);
  });

  test('may give every reason but those that are for Baton to find', () => {
    const found = ['crashed', 'stalled', 'changes_requested', 'child_failed', 'deadline_passed'];
    expect([...REPORTABLE_REASONS, ...found].toSorted()).toEqual(Object.keys(FAILURE_REASONS).toSorted());
  });

  test('is kept for the next run to read', () => {
    const report = {
      beliefs: 'the service is down',
      tried: [{ what: 'ping', whyFailed: 'timeout' }],
      nextStep: 'wait',
    };
    const { task } = aTaskThatIs('running')
      .do('mark_failed', ada, { reasonCode: 'unreachable_service', blocker: 'no answer', ...report })
      .wait(10)
      .do('claim', bob);
    expect(task.lastFailure).toMatchObject({ message: 'no answer', report });
  });

  test('fails the task once its attempts are used up', () => {
    const task = new PureTask({ maxAttempts: 2 });
    task.do('claim', ada).do('mark_failed', ada, { reasonCode: 'agent_exited' });
    expect(task.status).toBe('queued');
    task.wait(60).do('claim', ada).do('mark_failed', ada, { reasonCode: 'agent_exited' });
    expect(task.task).toMatchObject({
      status: 'failed',
      attempts: 2,
      failure: { reasonCode: 'agent_exited' },
    });
  });

  test.each([
    ['unreachable_service', 1, 10],
    ['unreachable_service', 2, 20],
    ['agent_exited', 3, 40],
    ['agent_exited', 50, 600],
    ['crashed', 3, 0],
    ['other', 1, 0],
  ] as [FailureReason, number, number][])('for %s, attempt %i, waits %i s', (reason, attempts, seconds) => {
    expect(backoff(reason, attempts)).toBe(seconds * 1000);
  });
});

describe('a run also ends', () => {
  test('by release, which is no attempt', () => {
    const { task } = aTaskThatIs('running').do('release', ada, { comment: 'out of my depth' });
    expect(task).toMatchObject({ status: 'queued', attempts: 0, comments: [{ text: 'out of my depth' }] });
  });

  test('by a crash, which is one', () => {
    const task = aTaskThatIs('running').loseLease();
    expect(task.task).toMatchObject({
      status: 'queued',
      attempts: 1,
      lastFailure: { reasonCode: 'crashed' },
    });
    expect(task.do('claim', bob).task.run?.attempt).toBe(2);
  });

  test('by a lease that never started, which is none', () => {
    const { task } = aTaskThatIs('assigned').loseLease({ end: 'never_started' });
    expect(task).toMatchObject({ status: 'queued', attempts: 0, endedRuns: [{ end: 'never_started' }] });
  });

  test('as failed when the last attempt crashes', () => {
    const { task } = aTaskThatIs('running', { maxAttempts: 1 }).loseLease();
    expect(task).toMatchObject({ status: 'failed', failure: { reasonCode: 'crashed' } });
  });

  test('but only its own lease ends it', () => {
    const task = aTaskThatIs('running');
    const old = task.task.run!.id;
    task.loseLease().do('claim', bob).loseLease({ runId: old });
    expect(task.task.run?.agent).toBe('bob');
  });

  test('by a stall, when checkpoints stay out', () => {
    const task = aTaskThatIs('assigned', { progressTimeoutSeconds: 30 });
    task.wait(20).do('report_progress', ada).wait(29);
    expect(task.status).toBe('running');
    task.wait(1);
    expect(task.task).toMatchObject({
      status: 'queued',
      attempts: 1,
      lastFailure: { reasonCode: 'stalled' },
    });
  });

  test('by no stall, when the task turns that watch off', () => {
    expect(aTaskThatIs('running', { progressTimeoutSeconds: 0 }).wait(1e6).status).toBe('running');
  });
});

describe('a hand-off', () => {
  test('ends the run and says what blocks the work', () => {
    const { task } = aTaskThatIs('running').do('hand_off', ada, {
      blockers: 'no access',
      nextStep: 'ask IT',
    });
    expect(task).toMatchObject({
      status: 'handoff',
      attempts: 0,
      handoff: { blockers: 'no access', nextStep: 'ask IT', by: 'ada', at: at(0) },
      endedRuns: [{ end: 'handed_off' }],
    });
  });

  test('of a waiting task is for people and its assignee', () => {
    const waiting = () => new PureTask({ assignee: 'ada' });
    expect(waiting().send('hand_off', bob)).toMatchObject({ type: 'forbidden' });
    expect(waiting().send('hand_off', ada)).toBe('accepted');
    expect(waiting().send('hand_off', rita)).toBe('accepted');
  });

  test('is resumed by a person, not by an agent', () => {
    expect(aTaskThatIs('handoff').send('resume', ada)).toMatchObject({ type: 'forbidden' });
    expect(aTaskThatIs('handoff').do('resume', olga).status).toBe('queued');
  });
});

describe('a run that is over', () => {
  test('is up to the run that holds it, and to people', () => {
    const held = () => new PureTask({ assignee: 'ada' }).do('claim', ada);
    const byNoRun = { runId: undefined as unknown as string };
    expect(held().send('hand_off', ada, byNoRun)).toMatchObject({ type: 'held', holder: 'ada' });
    expect(held().send('hand_off', rita, byNoRun)).toBe('accepted');
  });

  test.each(['report_progress', 'mark_complete', 'mark_failed', 'release', 'hand_off'] as const)(
    'can not send %s any more, and is told how it ended',
    (name) => {
      const task = aTaskThatIs('running');
      const runId = task.task.run!.id;
      task.loseLease();
      const outcome = task.send(name, ada, { runId });
      expect(outcome).toMatchObject({ type: 'run_not_active', endedBy: 'crashed', status: 'queued' });
      expect(task.status).toBe('queued');
    },
  );

  test('and one that never was, are told apart', () => {
    const outcome = aTaskThatIs('running').send('release', ada, { runId: 'made-up' });
    expect(outcome).toMatchObject({ type: 'run_not_active', detail: 'The task has no such run.' });
    expect(outcome).not.toHaveProperty('endedBy');
  });

  test('an agent can not speak for the run of another', () => {
    const task = aTaskThatIs('running');
    expect(task.send('release', bob)).toMatchObject({ type: 'forbidden' });
    expect(task.status).toBe('running');
  });
});
