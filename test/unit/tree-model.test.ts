/**
 * Random trees of tasks in random hands: the rules of each task, and the errands they run for each other, keep every
 * step from starting before its turn and bring every task to an end.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Task } from '../../workflows/task-record.ts';
import { isTerminal } from '../../workflows/task-state.ts';
import { isContainer } from '../../workflows/tree.ts';
import { happen, happenings, trees } from '../support/arbitrary-trees.ts';
import type { Happening } from '../support/arbitrary-trees.ts';
import { PureTree } from '../support/pure-tree.ts';
import type { PureTask } from '../support/task-fixture.ts';
import { olga, rita } from '../support/task-fixture.ts';

const HELD = ['assigned', 'running'];
const hasStarted = ({ run, endedRuns }: Task) => run !== undefined || endedRuns.length > 0;

/** The earlier step, of this task or of one that it is part of, for which a task has to wait as things really are. */
function mustWaitFor(tree: PureTree, task: Task, letsPass: (started: Task) => boolean): string | undefined {
  const parent = task.parent && tree.get(task.parent.id).task;
  // What has started is not stopped, and a parent that has ended holds nothing up.
  if (letsPass(task) || !parent || isTerminal(parent.status) || tree.isClosed(parent.id)) return undefined;
  const slot = parent.children.find(({ id }) => id === task.id);
  // Its parent does without it, whatever becomes of it now.
  if (!slot || slot.status === 'skipped') return undefined;
  const earlier = parent.children.filter((each) => slot.isStep && each.order! < slot.order!);
  const inTheWay = earlier.find(({ id, status }) => {
    if (status === 'skipped') return false;
    // It may take five minutes until one that was terminated is missed.
    const is = tree.terminated.has(id) ? status : tree.get(id).status;
    if (is === 'failed') return parent.definition.onChildFailure !== 'continue';
    return is === 'open' || !isTerminal(is);
  });
  return inTheWay?.id ?? mustWaitFor(tree, parent, letsPass);
}

function checkTurns(tree: PureTree): void {
  for (const { task } of tree.open) {
    if (hasStarted(task) || !['queued', 'handoff'].includes(task.status)) continue;
    const waitsFor = mustWaitFor(tree, task, hasStarted);
    if (waitsFor !== undefined) expect(task.gate, `${task.id} waits for ${waitsFor}`).toBeDefined();
    if (task.gate)
      expect(
        mustWaitFor(tree, task, () => false),
        `${task.id} is held up`,
      ).toBeDefined();
  }
}

/** What a parent knows of a sub-task, and a sub-task of its gate, once all that was under way has arrived. */
function checkThatTheyAgree(tree: PureTree): void {
  for (const { task: parent } of tree.open) {
    if (isTerminal(parent.status)) continue;
    for (const child of parent.children) {
      const { task } = tree.get(child.id);
      if (child.status === 'skipped' || tree.terminated.has(task.id)) continue;
      expect(child.status, `${task.id} as its parent knows it`).toBe(
        isTerminal(task.status) ? task.status : 'open',
      );
      if (child.status === 'open' && ['queued', 'handoff'].includes(task.status) && !hasStarted(task))
        expect(task.gate?.blockedBy, `the gate of ${task.id}`).toBe(child.blockedBy);
    }
  }
}

function checkChange(before: Task | undefined, after: Task, { deed }: Happening): void {
  expect(after.run !== undefined, 'there is a run exactly while the task is held').toBe(
    HELD.includes(after.status),
  );
  if (before && isTerminal(before.status) && after.status !== before.status) expect(deed).toBe('reopen');
  if (isContainer(after) && !HELD.includes(before?.status ?? '') && after.submission && !before?.submission) {
    const unfinished = after.children.filter(({ status }) => status === 'open');
    expect(unfinished, 'a container waits for its sub-tasks').toEqual([]);
  }
}

/** Everybody does what is left to do; answers whether anything was. */
function doWhatIsLeft(tree: PureTree): boolean {
  let done = false;
  const did = (outcome: unknown) => {
    if (outcome === 'accepted') done = true;
  };
  for (const pure of tree.open) {
    const { id, parent, gate } = pure.task;
    const slot = parent && tree.get(parent.id).task.children.find((child) => child.id === id);
    const isMissed = slot && slot.status !== 'skipped' && !tree.isClosed(parent!.id);
    // Taken up again just when its parent ended, or began to do without it: what it is good for only a person knows.
    const isLost = gate && !isMissed && !isTerminal(pure.status) && !pure.task.cancel;
    if (isLost) did(pure.cancel() && 'accepted');
    else finish(pure, did);
  }
  return done;
}

function finish(pure: PureTask, did: (outcome: unknown) => void): void {
  const { task } = pure;
  for (const { id, status } of task.children) {
    if (status === 'failed') did(pure.send('skip_child', olga, { child: id }));
  }
  if (task.cancel && task.run) return did(pure.send('release', { id: task.run.agent, role: 'agent' }));
  switch (pure.status) {
    case 'queued':
      if (!isContainer(pure.task)) return did(pure.send('claim', olga));
      // Nothing makes these go on by themselves: one is empty, the other was taken up again.
      if (pure.task.children.every(({ status }) => status !== 'open') && !pure.task.gate) {
        pure.cancel();
        did('accepted');
      }
      return;
    case 'handoff':
      return did(pure.send('resume', olga));
    case 'assigned':
    case 'running':
      return did(pure.send('mark_complete', { id: pure.task.run!.agent, role: 'agent' }));
    case 'review':
      return did(pure.send('approve', rita));
    default:
  }
}

function bringToAnEnd(tree: PureTree): void {
  for (let round = 0; round < 200; round += 1) {
    tree.deliverAll();
    const wasOpen = tree.open.length;
    const done = doWhatIsLeft(tree);
    tree.deliverAll();
    // Settling, backing off, looking after those that nobody tells of.
    if (!done) tree.wait(301);
    if (tree.open.length === 0 && tree.underWay === 0) return;
    expect(done || tree.open.length < wasOpen || round < 150, `stuck: ${standings(tree)}`).toBe(true);
  }
  expect.fail(`never ends: ${standings(tree)}`);
}

const standings = (tree: PureTree) =>
  tree.open.map(({ task }) => `${task.id} ${task.status} ${task.gate?.blockedBy ?? ''}`).join(', ');

function liveThrough(tree: PureTree, events: readonly Happening[], after: () => void): void {
  for (const happening of events) {
    const before = new Map([...tree.tasks].map(([id, { task }]) => [id, task]));
    happen(tree, happening);
    tree.close();
    after();
    for (const [id, { task }] of tree.tasks) checkChange(before.get(id), task, happening);
  }
}

test('no step starts before its turn, nor waits any longer', () => {
  const keepsTheOrder = fc.property(trees, happenings, (node, events) => {
    const tree = new PureTree(node);
    liveThrough(tree, events, () => {
      tree.deliverAll();
      checkTurns(tree);
      checkThatTheyAgree(tree);
    });
    bringToAnEnd(tree);
  });
  expect(() => fc.assert(keepsTheOrder, { numRuns: 400 })).not.toThrow();
});

test('however late they hear of each other, all tasks come to agree, and to an end', () => {
  const agree = fc.property(trees, happenings, (node, events) => {
    const tree = new PureTree(node);
    liveThrough(tree, events, () => {});
    tree.deliverAll();
    // One that has ended before its parent heard of it at all is missed when it has settled.
    for (let looks = 0; looks < 2; looks += 1) {
      tree.wait(301);
      tree.deliverAll();
    }
    checkThatTheyAgree(tree);
    bringToAnEnd(tree);
  });
  expect(() => fc.assert(agree, { numRuns: 400 })).not.toThrow();
});
