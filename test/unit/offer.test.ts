import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LIMITS } from '../../workflows/limits.ts';
import { inbox, offerOf, workQueue } from '../../workflows/offer.ts';
import { callerIsGone, takeOffer } from '../../workflows/receive.ts';
import { STATUSES } from '../../workflows/task-state.ts';
import { PureTask, aTaskThatIs, ada, at, bob, olga } from '../support/task-fixture.ts';

const QUEUED = { queue: 'soup' };
const offered = (task: PureTask) => offerOf(task.task);

describe('the offer of a task', () => {
  test('stands in its work queue, and tells enough to claim with', () => {
    const task = new PureTask({ queue: 'soup', priority: 2, lease: { seconds: 20 }, project: 'dinner' });
    expect(offered(task)).toEqual({
      id: 'task-1',
      title: 'Count the beans',
      priority: 2,
      taskQueue: 'queue/soup',
      fairnessKey: 'dinner',
    });
  });

  test('has the defaults of every task', () => {
    expect(offered(new PureTask(QUEUED))).toMatchObject({
      priority: 3,
      fairnessKey: 'acme',
    });
  });

  test('stands in the inbox of the assignee if there is one, also when there is a queue', () => {
    expect(offered(new PureTask({ assignee: 'ada' }))).toMatchObject({ taskQueue: 'inbox/acme/ada' });
    expect(offered(new PureTask({ ...QUEUED, assignee: 'ada' }))).toMatchObject({
      taskQueue: 'inbox/acme/ada',
    });
  });

  test('is made only where somebody polls', () => {
    expect(offered(new PureTask())).toBeUndefined();
  });

  test.each(STATUSES)('stands while the task is queued, not otherwise: %s', (status) => {
    expect(offered(aTaskThatIs(status, QUEUED)) !== undefined).toBe(status === 'queued');
  });

  test('stands again after every way back', () => {
    for (const back of [
      aTaskThatIs('running', QUEUED).do('release', ada),
      aTaskThatIs('running', QUEUED).loseLease(),
      aTaskThatIs('running', QUEUED).loseLease({ end: 'never_started' }),
      aTaskThatIs('handoff', QUEUED).do('resume', olga),
      aTaskThatIs('cancelled', { ...QUEUED, settleSeconds: 60 }).do('reopen', olga),
    ]) {
      expect(offered(back)).toEqual(offered(new PureTask(QUEUED)));
    }
  });

  test('follows the edits of priority, queue and assignee', () => {
    const task = new PureTask(QUEUED).do('edit', olga, { edit: { priority: 1 } });
    expect(offered(task)).toMatchObject({ taskQueue: 'queue/soup', priority: 1 });
    task.do('edit', olga, { edit: { assignee: 'bob' } });
    expect(offered(task)).toMatchObject({ taskQueue: 'inbox/acme/bob' });
    task.do('edit', olga, { edit: { assignee: null, queue: 'salad' } });
    expect(offered(task)).toMatchObject({ taskQueue: 'queue/salad' });
    expect(offered(task.do('edit', olga, { edit: { queue: null } }))).toBeUndefined();
  });

  test('waits for a backoff to pass', () => {
    const task = aTaskThatIs('running', QUEUED).do('mark_failed', ada, { reasonCode: 'agent_exited' });
    expect(offered(task.wait(9))).toBeUndefined();
    expect(offered(task.wait(1))).toBeDefined();
  });

  test('waits for the gate of a step to open', () => {
    const task = new PureTask(QUEUED, { gate: { blockedBy: 'before' } });
    expect(offered(task)).toBeUndefined();
    expect(offered(task.do('open_gate', olga))).toBeDefined();
    expect(offered(task.do('close_gate', olga))).toBeUndefined();
  });

  test('is never made of a container, for no agent works on it', () => {
    const parts = { children: [{ id: 'part', definition: { title: 'A part' } }] };
    expect(offered(new PureTask({}, parts))).toBeUndefined();
    expect(offered(new PureTask({ autoComplete: true }))).toBeUndefined();
    expect(offered(new PureTask(QUEUED, parts))).toBeDefined();
  });
});

describe('the task queue behind', () => {
  const name = fc.oneof(
    fc.string({ minLength: 1, maxLength: 12 }),
    fc.string({ minLength: 1, maxLength: 8, unit: fc.constantFrom('/', '%', '2', 'F', '5', 'a', 'inbox/') }),
  );

  test('an inbox is that of no other agent, nor of another company', () => {
    const apart = fc.property(name, name, name, name, (company, agent, otherCompany, otherAgent) => {
      if (company === otherCompany && agent === otherAgent) return;
      expect(inbox(company, agent)).not.toBe(inbox(otherCompany, otherAgent));
    });
    expect(() => fc.assert(apart, { numRuns: 5_000 })).not.toThrow();
  });

  test('a work queue is no inbox, and that of no other work queue', () => {
    const apart = fc.property(name, name, name, (queue, other, agent) => {
      expect(workQueue(queue)).not.toBe(inbox(other, agent));
      if (queue !== other) expect(workQueue(queue)).not.toBe(workQueue(other));
    });
    expect(() => fc.assert(apart)).not.toThrow();
  });

  test('has a name that Temporal takes, and so has its share of fairness', () => {
    for (const piece of ['x', '/', '%', '豆', '🫘']) {
      const longest = piece.repeat(Math.floor(LIMITS.idBytes / Buffer.byteLength(piece)));
      const task = new PureTask({ assignee: longest, project: longest }, { company: longest });
      const { taskQueue, fairnessKey } = offered(task)!;
      expect(Buffer.byteLength(taskQueue)).toBeLessThanOrEqual(1_000);
      expect(Buffer.byteLength(fairnessKey)).toBeLessThanOrEqual(64);
      expect(fairnessKey.isWellFormed()).toBe(true);
    }
  });
});

describe('the answer to an offer', () => {
  const moment = { now: at(10), mintId: () => 'minted' };
  const claim = { messageId: 'm', actor: bob, runId: 'run-1', leaseSeconds: 20 };
  const answered = (args: unknown, task = new PureTask(QUEUED)) => takeOffer(task.task, args, moment);

  test('is a claim like any other', () => {
    expect(answered(claim)).toMatchObject({
      outcome: 'accepted',
      task: { status: 'assigned', run: { id: 'run-1', agent: 'bob', leaseSeconds: 20 } },
    });
  });

  test('is none once its sender waits no longer: the task is as it was', () => {
    expect(answered({ ...claim, answerBy: at(9) })).toBeUndefined();
    expect(answered({ ...claim, answerBy: at(10) })).toMatchObject({ outcome: 'accepted' });
  });

  test('may be refused, which is remembered', () => {
    const held = aTaskThatIs('running', QUEUED);
    const received = answered(claim, held);
    expect(received).toMatchObject({ outcome: { type: 'held', holder: 'ada' } });
    expect(received?.task.remembered.at(-1)).toMatchObject({ id: 'm', outcome: { type: 'held' } });
    expect(answered(claim, new PureTask({ assignee: 'ada' }))).toMatchObject({
      outcome: { type: 'assigned_to_another' },
    });
  });

  test('that comes twice is taken once', () => {
    const { task } = answered(claim)!;
    const again = takeOffer(task, claim, moment);
    expect(again).toMatchObject({ outcome: 'accepted', replayed: true });
    expect(again?.task).toBe(task);
  });

  test.each([[undefined], [null], ['yes'], [{}], [{ ...claim, runId: 7 }], [{ ...claim, actor: 'bob' }]])(
    'that is no claim is shown and ignored: %j',
    (args) => {
      const { task } = new PureTask(QUEUED);
      expect(answered(args)).toMatchObject({
        outcome: { type: 'malformed_message' },
        task: { ...task, malformed: { message: 'claim' } },
      });
    },
  );

  test('only those messages have a deadline that somebody waits for', () => {
    const base = { messageId: 'm', actor: olga };
    expect(callerIsGone({ name: 'comment', ...base, comment: 'x' }, at(10))).toBe(false);
    const edit = { name: 'edit', ...base, edit: { title: 'T' } } as const;
    expect(callerIsGone(edit, at(10))).toBe(false);
    expect(callerIsGone({ ...edit, answerBy: at(11) }, at(10))).toBe(false);
    expect(callerIsGone({ ...edit, answerBy: at(9) }, at(10))).toBe(true);
  });
});
