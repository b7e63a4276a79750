/** The rules of a parent: its sub-tasks come, end, are skipped or replaced, and it may be done when they are. */
import { TREE } from '../actor.ts';
import { LIMITS } from '../limits.ts';
import type { MessageOf } from '../messages.ts';
import type { Refusal } from '../refusals.ts';
import type { Child } from '../tree.ts';
import { areDone, childOf, countNodes, gated, isContainer, levelsOf } from '../tree.ts';
import { isGated } from '../task-record.ts';
import type { Task } from '../task-record.ts';
import { OCCURRENCES, isTerminal } from '../task-state.ts';
import type { TaskStatus } from '../task-state.ts';
import { enter, later, refuse, submitted } from './rule.ts';
import type { Verdict } from './rule.ts';
import { endRun } from './runs.ts';

/** How long a parent waits between two looks at sub-tasks whose end nothing would tell it. */
const LOOK_SECONDS = 300;

export function createSubtask(task: Task, message: MessageOf<'create_subtask'>): Verdict {
  const { child: node, replaces } = message;
  // It was asked for before, under another key.
  if (task.children.some(({ id }) => id === node.id)) return { task };
  const replaced = replaces === undefined ? undefined : task.children.find(({ id }) => id === replaces);
  if (replaces !== undefined && !replaced) return refuse(noSuchChild(replaces));
  if (replaced && !needsDecision(replaced)) return notToDecide(replaced, task);
  const siblings = task.children.filter((each) => each !== replaced);
  const order = replaced?.order ?? node.order;
  const twin = siblings.find((each) => order !== undefined && each.order === order);
  if (twin) {
    return refuse({
      type: 'order_taken',
      detail: `Another sub-task, ${twin.id}, has order ${order}.`,
      hint: 'Choose another order, or leave it out to come last.',
      retryable: false,
    });
  }
  const tooLarge = outgrows(task, siblings.length, node);
  if (tooLarge) return refuse(tooLarge);
  const isStep = replaced ? Boolean(replaced.isStep) : node.isStep;
  const place = { ...(order !== undefined && { order }), ...(isStep !== undefined && { isStep }) };
  const child = childOf({ ...node, ...place }, siblings, task.definition.mode);
  const children = task.children.flatMap((each) => (each === replaced ? [child] : [each]));
  return { task: regated({ ...task, children: replaced ? children : [...children, child] }, task.children) };
}

function outgrows(
  task: Task,
  siblings: number,
  node: MessageOf<'create_subtask'>['child'],
): Refusal | undefined {
  const levels = (task.parent?.depth ?? 0) + 1 + levelsOf([node]);
  const nodes = siblings + countNodes([node]);
  const isDeep = levels > LIMITS.treeDepth;
  if (!isDeep && nodes <= LIMITS.treeNodes) return undefined;
  return {
    type: 'tree_too_large',
    detail: isDeep
      ? `The tree would have ${levels} levels; ${LIMITS.treeDepth} are the most.`
      : `The task would have ${nodes} sub-tasks, with those that come along; ${LIMITS.treeNodes} are the most.`,
    hint: 'Create a tree of its own for it.',
    retryable: false,
  };
}

/** A person, or the agent that holds the parent, does without a sub-task that failed or was cancelled. */
export function skipChild(task: Task, message: MessageOf<'skip_child'>, now: string): Verdict {
  const child = task.children.find(({ id }) => id === message.child);
  if (!child) return refuse(noSuchChild(message.child));
  if (!needsDecision(child)) return notToDecide(child, task);
  return { task: settleChildren(withChild(task, { ...child, status: 'skipped' }), now) };
}

/** Whether somebody may skip this sub-task, or have it done anew. */
export const needsDecision = ({ status }: Child): boolean => status === 'failed' || status === 'cancelled';

export const noSuchChild = (id: string): Refusal => ({
  type: 'no_such_child',
  detail: `The task has no sub-task ${id}.`,
  hint: 'Read `children` of the task: another may have taken its place.',
  retryable: false,
});

const notToDecide = ({ id, status }: Child, task: Task): Verdict =>
  refuse({
    type: 'transition_not_allowed',
    detail: `Sub-task ${id} is ${status}, so it can be neither skipped nor retried.`,
    hint: status === 'open' ? 'Cancel it first.' : 'Create another sub-task.',
    retryable: false,
    status: task.status,
  });

/** What a parent hears of a sub-task: that it ended, was taken up again, or that another one follows it. */
export interface ChildNews {
  child: string;
  status: TaskStatus;
  followedBy?: string | undefined;
}

/** Takes note of what a sub-task says of its end, or of its second life; the same news twice is news once. */
export function hearOfChild(task: Task, news: ChildNews, now: string): Task {
  const child = task.children.find(({ id }) => id === news.child);
  return !child || child.closed ? task : heed(task, child, news, now);
}

/** Takes note of the end of a sub-task's workflow, by which it may overtake what it said itself. */
export function hearOfEnd(task: Task, news: ChildNews, now: string): Task {
  const child = task.children.find(({ id }) => id === news.child);
  if (!child || child.closed) return task;
  const closed: Child = { ...child, closed: true };
  return heed(withChild(task, closed), closed, news, now);
}

function heed(task: Task, child: Child, { status, followedBy }: ChildNews, now: string): Task {
  if (child.status === 'skipped') return task;
  const { blockedBy: _gate, closed, ...open } = child;
  const heard: Child =
    followedBy === undefined
      ? {
          ...open,
          ...(isTerminal(status)
            ? { status: status as 'done' | 'failed' | 'cancelled', ...(closed && { closed }) }
            : { status: 'open', again: true as const }),
        }
      : { ...open, id: followedBy, status: 'open', unwatched: true };
  if (heard.id === child.id && heard.status === child.status) return task;
  const looks = heard.unwatched && heard.status === 'open' && task.lookAt === undefined;
  const known = withChild(task, heard, child.id);
  return settleChildren(looks ? { ...known, lookAt: later(now, LOOK_SECONDS) } : known, now);
}

const withChild = (task: Task, child: Child, id = child.id): Task => ({
  ...task,
  children: task.children.map((each) => (each.id === id ? child : each)),
});

/** The gate of this task opens, or closes again. A run that has begun goes on; the gate is for whoever comes next. */
export function setGate(task: Task, blockedBy: string | undefined, now: string): Task {
  const { gate, ...rest } = task;
  const waits = task.status === 'queued' && gate?.blockedBy !== blockedBy;
  const since = waits ? { since: now } : {};
  return regated({ ...rest, ...since, ...(blockedBy !== undefined && { gate: { blockedBy } }) });
}

/**
 * The task with the gates of its sub-tasks as they ought to be. One that has ended holds nothing up any more, and the
 * agent that holds one has its sub-tasks go on with it.
 */
function regated(task: Task, known: readonly Child[] = task.children): Task {
  if (isTerminal(task.status)) return task;
  const { gate: _gate, ...ungated } = task;
  const children = gated(task.run ? ungated : task).map((child): Child => {
    const was = known.find(({ id }) => id === child.id);
    const isStopped = was?.status === 'open' && was.blockedBy === undefined && child.blockedBy !== undefined;
    return isStopped ? { ...child, stopped: true } : child;
  });
  return { ...task, children };
}

/** What the state of its sub-tasks makes of a parent: gates open, and it may fail with them or be done with them. */
function settleChildren(task: Task, now: string): Task {
  const after = regated(isContainer(task) && task.status === 'queued' ? { ...task, since: now } : task);
  const failed = after.children.find(({ status }) => status === 'failed');
  const mayFail = (OCCURRENCES.child_failed.from as readonly TaskStatus[]).includes(after.status);
  // One that is being cancelled ends as cancelled, whatever its sub-tasks come to meanwhile.
  if (failed && after.definition.onChildFailure === 'fail' && mayFail && !after.cancel) {
    const message = `Sub-task ${failed.title} failed.`;
    const ended = endRun(after, 'failed', now, { reasonCode: 'child_failed' });
    return enter(ended, 'failed', now, { failure: { reasonCode: 'child_failed', message, at: now } });
  }
  return isReady(after) ? completeItself(after, now) : after;
}

/** A container for which it has become time to be done: by a gate, by an edit, or because it waits again. */
export const completedIfReady = (before: Task, after: Task, now: string): Task =>
  isReady(after) && !isReady(before) ? completeItself(after, now) : after;

const isReady = (task: Task): boolean =>
  isContainer(task) && task.status === 'queued' && !isGated(task) && areDone(task);

function completeItself(task: Task, now: string): Task {
  const submission = {
    output: { children: task.children.map(({ id, title, status }) => ({ id, title, status })) },
    reasoning: 'All sub-tasks are done.',
    at: now,
    run: task.id,
    agent: TREE.id,
  };
  return submitted({ ...task, submission }, now);
}

/** The next look at sub-tasks that nothing tells of; none once there are no such. */
export function lookAgain(task: Task, now: string): Task {
  const { lookAt: _lookAt, ...rest } = task;
  return unwatched(task).length > 0 ? { ...rest, lookAt: later(now, LOOK_SECONDS) } : rest;
}

export const unwatched = ({ children }: Task): string[] =>
  children.filter((child) => child.unwatched && child.status === 'open').map(({ id }) => id);

/** A new execution hears of no sub-task's end by itself, so it looks for them, and does not put that off. */
export function orphaned(task: Task, now: string): Task {
  const orphan = {
    ...task,
    children: task.children.map((child) => ({ ...child, unwatched: true as const })),
  };
  return task.lookAt === undefined ? lookAgain(orphan, now) : orphan;
}
