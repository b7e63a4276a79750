/**
 * What a change of a task means for the other tasks of its tree: whom it starts, whom it tells what, whom it cancels,
 * and after whom it looks; and what is to be remembered beyond it. Pure; `LiveChildren` runs the errands.
 */
import type { Arguments, Message } from './messages.ts';
import { promotedBy } from './promotions.ts';
import type { Promoted } from './promotions.ts';
import { unwatched } from './rules/children.ts';
import { childInput, successorInput } from './task-record.ts';
import type { Task, TaskInput } from './task-record.ts';
import { isTerminal } from './task-state.ts';
import type { Child, TreeNode } from './tree.ts';

/** What the tasks of a tree tell each other, without the envelope. */
type Told<N extends 'child_closed' | 'open_gate' | 'close_gate'> = {
  do: 'tell';
  to: string;
  name: N;
  content: Omit<Arguments<N>, 'actor' | 'messageId'>;
};

export type Errand =
  | { do: 'start'; id: string; input: TaskInput; request: string | undefined }
  /** `heardBy` is the task that is to hear of the successor, and may send it something from then on. */
  | { do: 'succeed'; id: string; input: TaskInput; heardBy: string | undefined }
  | Told<'child_closed'>
  | Told<'open_gate'>
  | Told<'close_gate'>
  | { do: 'cancel'; id: string }
  | { do: 'look'; ids: string[] }
  | { do: 'remember'; promoted: Promoted };

/** The errands with which a new task begins: to start the sub-tasks that come with it. */
export const firstErrands = (task: Task, children: readonly TreeNode[]): Errand[] =>
  children.map((node) => starting(task, node, task.createdBy));

/** The errands that follow from a change of a task, and from the message that caused it. */
export function errandsOf(before: Task, after: Task, message?: Message): Errand[] {
  const errands = after.children.flatMap((child) => errandsTo(child, before, after));
  if (message?.name === 'create_subtask' && !hasChild(before, message.child.id)) {
    errands.push(starting(after, message.child, message.actor));
  }
  if (after.followedBy !== undefined && before.followedBy === undefined) {
    const { followedBy: id, parent } = after;
    errands.push({ do: 'succeed', id, input: successorInput(after), heardBy: parent?.id });
  }
  if (after.parent && isTerminal(after.status) !== isTerminal(before.status)) {
    errands.push(report(after, after.parent.id));
  }
  if (before.lookAt !== undefined && after.lookAt !== undefined && before.lookAt !== after.lookAt) {
    errands.push({ do: 'look', ids: unwatched(after) });
  }
  const promoted = after.status === before.status ? undefined : promotedBy(after);
  if (promoted) errands.push({ do: 'remember', promoted });
  return errands;
}

const hasChild = ({ children }: Task, id: string): boolean => children.some((child) => child.id === id);

const starting = (task: Task, node: TreeNode, createdBy: Task['createdBy']): Errand => ({
  do: 'start',
  id: node.id,
  input: childInput(task, node, createdBy),
  request: node.request,
});

function errandsTo(child: Child, before: Task, after: Task): Errand[] {
  if (child.status !== 'open') return [];
  const was = before.children.find(({ id }) => id === child.id);
  const isCancelledWithIt = isCancelled(after) && !(was && isCancelled(before));
  const endsNow = isTerminal(after.status) && !isTerminal(before.status);
  // A gate that the end of this task leaves closed would never open. The others were cancelled along with it.
  const isLeftBehind = endsNow && child.blockedBy !== undefined && (!isCancelled(before) || child.again);
  if (isCancelledWithIt || isLeftBehind) return [{ do: 'cancel', id: child.id }];
  return mustHearOfGate(was, child) ? [gate(child)] : [];
}

const isCancelled = ({ status, cancel }: Task): boolean => status === 'cancelled' || cancel !== undefined;

/**
 * Whether a sub-task must be told of its gate. One that is started here begins with the right one, one that follows
 * another or is taken up again begins without any.
 */
function mustHearOfGate(was: Child | undefined, child: Child): boolean {
  const { blockedBy, unwatched: startedElsewhere, stopped } = child;
  // What stopped it may have been on its way while it was taken up again, or have been handed down to its follower.
  if (stopped && (was ? was.status !== 'open' : startedElsewhere)) return true;
  const known = was || startedElsewhere ? was?.blockedBy : blockedBy;
  return known !== blockedBy;
}

const gate = ({ id: to, blockedBy }: Child): Errand =>
  blockedBy === undefined
    ? { do: 'tell', to, name: 'open_gate', content: {} }
    : { do: 'tell', to, name: 'close_gate', content: { blockedBy } };

/** Tells the task that this one is part of how it stands. */
const report = ({ id: child, status, followedBy }: Task, to: string): Errand => ({
  do: 'tell',
  to,
  name: 'child_closed',
  content: { child, status, ...(followedBy !== undefined && { followedBy }) },
});
