import fc from 'fast-check';
import { expect, test } from 'vitest';
import { diagnose } from '../../api/diagnosis/diagnose.ts';
import { details } from '../../workflows/details.ts';
import { LIMITS } from '../../workflows/limits.ts';
import type { Outcome } from '../../workflows/messages.ts';
import { dues } from '../../workflows/occur.ts';
import { standingSince } from '../../workflows/standing.ts';
import { sizeOf } from '../../workflows/task-record.ts';
import type { Task } from '../../workflows/task-record.ts';
import { COMMANDS, NOTICES, OCCURRENCES } from '../../workflows/task-state.ts';
import type { CommandName, NoticeName, OccurrenceName, TaskStatus } from '../../workflows/task-state.ts';
import { argumentsNow, definitions, lives } from '../support/arbitrary-steps.ts';
import type { Sending, Step } from '../support/arbitrary-steps.ts';
import { PureTask, at } from '../support/task-fixture.ts';

const HELD: readonly TaskStatus[] = ['assigned', 'running'];
/** Where an agent may take it. */
const TAKEABLE: readonly TaskStatus[] = [...HELD, ...COMMANDS.claim.from];
const ENDED: readonly TaskStatus[] = ['done', 'failed', 'cancelled'];

/** What holds after every step, whatever it was. */
function checkAlways(before: Task, after: Task): void {
  expect(after.run !== undefined, 'there is a run exactly while the task is held').toBe(
    HELD.includes(after.status),
  );
  expect(after.attempts, 'attempts are bounded').toBeLessThanOrEqual(after.definition.maxAttempts);
  expect(after.attempts, 'attempts never fall').toBeGreaterThanOrEqual(before.attempts);
  expect(after.version, 'the version never falls').toBeGreaterThanOrEqual(before.version);
  if (after.status !== before.status)
    expect(after.version, 'a new state is a new version').not.toBe(before.version);
  const takenAnew = after.run !== undefined && before.run === undefined;
  const handedIn = after.submission?.run !== before.submission?.run && after.status !== 'cancelled';
  if (before.approvals) expect(takenAnew || handedIn, 'it waits until its approvals are decided').toBe(false);
  expect(sizeOf(after), 'the state fits').toBeLessThanOrEqual(LIMITS.stateBytes);
  expect(details(after), 'it can be shown').toContain(after.status);
  const { waitingFor, whatToDo } = diagnose(after, { now: after.updatedAt, pending: [] });
  expect(waitingFor === null, 'it waits for something until it has ended').toBe(ENDED.includes(after.status));
  expect(whatToDo.length, 'something can be done, or need not be').toBeGreaterThan(0);
  expect(standingSince(after) >= standingSince(before), 'it stands so since no earlier').toBe(true);
  const { submission } = before;
  if (submission && after.submission?.run === submission.run) expect(after.submission).toEqual(submission);
  else if (submission) expect(TAKEABLE, 'only a later run hands in anew').toContain(before.status);
}

/** A move from one state to another must be in the table; a task being cancelled may also end as cancelled. */
function checkMove(before: Task, after: Task, cause: CommandName | NoticeName | OccurrenceName): void {
  if (after.status === before.status) return;
  const { from, to } = { ...COMMANDS, ...NOTICES, ...OCCURRENCES }[cause];
  expect(from, `${cause} from ${before.status}`).toContain(before.status);
  if (!(before.cancel && after.status === 'cancelled'))
    expect(to, `${cause} to ${after.status}`).toContain(after.status);
}

function checkEnd(before: Task, after: Task, step: Step): void {
  if (!ENDED.includes(before.status) || after.status === before.status) return;
  expect(step, 'only reopening takes a task up again').toMatchObject({ name: 'reopen' });
}

function checkMessage(before: Task, after: Task, { name, args }: Sending, outcome: Outcome): void {
  if (outcome === 'accepted') {
    const takes =
      args['take'] !== undefined && !HELD.includes(before.status) && after.status !== before.status;
    if (!takes) return checkMove(before, after, name === 'approval_decided' ? 'approval_rejected' : name);
    expect(COMMANDS.claim.from, `${name} takes it`).toContain(before.status);
    return checkMove({ ...before, status: 'assigned' }, after, name);
  }
  const { remembered: _1, endedRuns: runsBefore, ...rest } = before;
  const { remembered: _2, endedRuns: runsAfter, ...restAfter } = after;
  expect(restAfter, 'a refused message changes nothing').toEqual(rest);
  const withoutMark = runsAfter.map(({ lateSubmission: _late, ...run }) => run);
  expect(withoutMark).toEqual(runsBefore.map(({ lateSubmission: _late, ...run }) => run));
}

function take(task: PureTask, step: Step): void {
  const before = task.task;
  switch (step.do) {
    case 'send': {
      const outcome = task.send(step.name, step.actor, argumentsNow(step, before));
      checkMessage(before, task.task, step, outcome);
      break;
    }
    case 'wait': {
      let last = before;
      task.wait(step.seconds, (what, after) => {
        checkMove(last, after, what);
        checkAlways(last, after);
        last = after;
      });
      const overdue = dues(task.task).filter(
        ({ what, at: due }) => what !== 'settled' && due <= at(task.clock),
      );
      expect(overdue, 'what is due has happened').toEqual([]);
      break;
    }
    case 'cancel':
      checkMove(before, task.cancel().task, 'cancel');
      break;
    case 'lose the lease':
      checkMove(before, task.loseLease(step).task, 'lease_lost');
  }
  checkAlways(before, task.task);
  checkEnd(before, task.task, step);
}

test('no life of a task breaks its rules', () => {
  const keepsTheRules = fc.property(definitions, lives, (definition, steps) => {
    const task = new PureTask(definition);
    for (const step of steps) take(task, step);
  });
  expect(() => fc.assert(keepsTheRules, { numRuns: 500 })).not.toThrow();
});

test('random lives are worth looking at: they go everywhere', () => {
  const moves = new Set<string>();
  for (const [definition, steps] of fc.sample(fc.tuple(definitions, lives), { numRuns: 500, seed: 1 })) {
    const task = new PureTask(definition);
    for (const step of steps) {
      const before = task.status;
      take(task, step);
      moves.add(`${before} > ${task.status}`);
    }
  }
  const rare = [
    'review > done',
    'review > failed',
    'done > queued',
    'cancelled > handoff',
    'running > cancelled',
  ];
  const common = ['queued > assigned', 'running > handoff', 'handoff > queued'];
  expect([...moves]).toEqual(expect.arrayContaining([...rare, ...common]));
});
