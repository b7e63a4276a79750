import { describe, expect, test } from 'vitest';
import { LIMITS } from '../../workflows/limits.ts';
import { dues } from '../../workflows/occur.ts';
import { PureTask, aTaskThatIs, ada, at, bob, olga } from '../support/task-fixture.ts';

describe('a message that takes the task first', () => {
  const take = { runId: 'mine', take: {} };

  test('hands in work on a task that nobody holds, as one thing', () => {
    const { task } = new PureTask({ review: { policy: 'none' } }).do('mark_complete', ada, take);
    expect(task).toMatchObject({ status: 'done', submission: { agent: 'ada', run: 'mine' } });
    expect(task.endedRuns).toMatchObject([{ id: 'mine', agent: 'ada', end: 'completed' }]);
  });

  test('leaves its sender with the task where its run goes on', () => {
    const { task } = new PureTask().do('report_progress', ada, take);
    expect(task).toMatchObject({ status: 'running', run: { id: 'mine', agent: 'ada' } });
  });

  test('changes nothing where the claim, or what comes with it, would be refused', () => {
    const held = aTaskThatIs('running');
    const before = held.task;
    expect(held.send('hand_off', bob, take)).toMatchObject({ type: 'held', holder: 'ada' });
    expect(held.task).toMatchObject({ ...before, remembered: expect.any(Array) });
    const checked = new PureTask({ outputSchema: { type: 'object' } });
    expect(checked.send('mark_complete', ada, take)).toMatchObject({ type: 'output_unchecked' });
    expect(checked.task).toMatchObject({ status: 'queued', endedRuns: [] });
  });

  test('is refused by what a claim is refused by', () => {
    const assigned = new PureTask({ assignee: 'ada' });
    expect(assigned.send('mark_complete', bob, take)).toMatchObject({ type: 'assigned_to_another' });
    const gated = new PureTask({}, { gate: { blockedBy: 'before' } });
    expect(gated.send('mark_complete', bob, take)).toMatchObject({ type: 'seq_blocked' });
    const expecting = { ...take, take: { expected: ['handoff' as const] } };
    expect(new PureTask().send('report_progress', ada, expecting)).toMatchObject({
      type: 'unexpected_status',
    });
  });

  test('is about the version before it took the task', () => {
    expect(new PureTask().send('mark_complete', ada, { ...take, ifVersion: 2 })).toMatchObject({
      type: 'stale_version',
      version: 1,
    });
    expect(new PureTask().send('mark_complete', ada, { ...take, ifVersion: 1 })).toBe('accepted');
  });

  test('takes it once: sent again, it is the same, and another under its run is too late', () => {
    const sent = { ...take, contentHash: 'h' };
    const task = new PureTask({ settleSeconds: 60 }).do('mark_complete', ada, sent);
    expect(task.send('mark_complete', ada, sent)).toBe('accepted');
    expect(task.task.endedRuns).toHaveLength(1);
    expect(task.send('mark_complete', ada, { ...take, contentHash: 'other' })).not.toBe('accepted');
  });
});

describe('whoever holds a task already', () => {
  test('may start over under another run, and the run before is over', () => {
    const task = aTaskThatIs('running').do('claim', ada, {
      runId: 'second',
      adopt: true,
      callerRunId: 'wake-2',
    });
    expect(task.task).toMatchObject({ status: 'running', run: { id: 'second', callerRunId: 'wake-2' } });
    expect(task.task.endedRuns).toMatchObject([{ end: 'adopted' }]);
    expect(task.task.attempts).toBe(0);
    expect(task.send('mark_complete', ada, { runId: task.task.endedRuns[0]!.id })).toMatchObject({
      type: 'run_not_active',
    });
  });

  test('takes nothing from another that way', () => {
    expect(aTaskThatIs('running').send('claim', bob, { adopt: true })).toMatchObject({ type: 'held' });
  });
});

describe('an agent whose protocol has no heartbeats', () => {
  test('has an hour, and nobody watches for its checkpoints', () => {
    const { task } = new PureTask().do('claim', ada, { patient: true });
    expect(task.run).toMatchObject({ leaseSeconds: 3_600 });
    expect(dues(task)).toEqual([]);
  });

  test('has what the task says, where it says something', () => {
    const definition = { lease: { seconds: 20 }, progressTimeoutSeconds: 60 };
    const { task } = new PureTask(definition).do('claim', ada, { patient: true });
    expect(task.run).toMatchObject({ leaseSeconds: 20 });
    expect(dues(task)).toEqual([{ what: 'stalled', at: at(60) }]);
  });
});

describe('what only some may do natively', () => {
  test('a protocol may grant to an agent', () => {
    const granted = { granted: true };
    expect(aTaskThatIs('handoff').send('resume', bob)).toMatchObject({ type: 'forbidden' });
    expect(aTaskThatIs('handoff').send('resume', bob, granted)).toBe('accepted');
    const done = aTaskThatIs('done', { settleSeconds: 60 });
    expect(done.send('reopen', bob, granted)).toBe('accepted');
    expect(new PureTask().send('cancel', bob, granted)).toBe('accepted');
  });
});

describe('a step of a parent that is no sequence', () => {
  const child = (id: string, order: number, isStep?: boolean) => ({
    child: { id, definition: { title: id }, order, ...(isStep !== undefined && { isStep }) },
  });
  const gateOf = ({ task }: PureTask, id: string) => task.children.find((each) => each.id === id)?.blockedBy;

  test('waits for siblings of lower order, whenever they came; the others wait for nothing', () => {
    const parent = new PureTask()
      .do('create_subtask', olga, child('third', 3, true))
      .do('create_subtask', olga, child('free', 4))
      .do('create_subtask', olga, { child: { id: 'loose', definition: { title: 'loose' } } });
    expect(gateOf(parent, 'third')).toBeUndefined();
    parent.do('create_subtask', olga, child('first', 1));
    expect(gateOf(parent, 'third')).toBe('first');
    expect(gateOf(parent, 'free')).toBeUndefined();
    expect(gateOf(parent, 'loose')).toBeUndefined();
    parent.hear({ child: 'first', status: 'done' });
    expect(gateOf(parent, 'third')).toBeUndefined();
  });

  test('may also be none, in a sequence', () => {
    const parent = new PureTask({ mode: 'sequence' })
      .do('create_subtask', olga, child('first', 1))
      .do('create_subtask', olga, child('second', 2, false));
    expect(gateOf(parent, 'second')).toBeUndefined();
  });
});

describe('a closed task that settles', () => {
  test('can be archived, once, and is not archived any more when it is taken up again', () => {
    const task = aTaskThatIs('done', { settleSeconds: 60 }).do('archive', olga).wait(1).do('archive', ada);
    expect(task.task.archived).toEqual({ by: 'olga', at: at(0) });
    expect(task.do('reopen', olga).task.archived).toBeUndefined();
    expect(new PureTask().send('archive', olga)).toMatchObject({ type: 'transition_not_allowed' });
  });
});

describe('a link to another task', () => {
  test('stands once, however often it is made; there is a limit', () => {
    const task = new PureTask().do('link', ada, { to: 'other', type: 'blocks' });
    task.do('link', bob, { to: 'other', type: 'blocks' }).do('link', bob, { to: 'other', type: 'relates' });
    expect(task.task.links).toMatchObject([
      { to: 'other', type: 'blocks', by: 'ada' },
      { to: 'other', type: 'relates', by: 'bob' },
    ]);
    for (let i = 2; i < LIMITS.links; i += 1) task.do('link', ada, { to: `other-${i}`, type: 'relates' });
    expect(task.send('link', ada, { to: 'one too many', type: 'relates' })).toMatchObject({
      type: 'task_full',
    });
  });
});
