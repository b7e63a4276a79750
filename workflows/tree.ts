/**
 * Tasks that are parts of another: what they are created from, and which of them may not start yet. Pure. A parent
 * keeps a record of each sub-task, and it alone decides on gates: a sub-task only knows whether its own is open.
 */
import { Actor } from './actor.ts';
import { Definition, commentText, id } from './definition.ts';
import { LIMITS, RANGES } from './limits.ts';
import { ParseFault, boolean, integer, list, object, optional } from './parse.ts';
import type { Infer, Parser } from './parse.ts';

/** A sub-task as its parent knows it. The parent need not know more of an open one than that it is open. */
export interface Child {
  id: string;
  title: string;
  /** Its place among its siblings. */
  order?: number;
  /** It is a step: it waits for the steps of lower order. */
  isStep?: true;
  status: 'open' | 'done' | 'failed' | 'cancelled' | 'skipped';
  /** The task that must be done before this one may start. */
  blockedBy?: string;
  /** It was taken up again after its end. */
  again?: true;
  /** It was told to wait after all, which may reach it only in a second life. */
  stopped?: true;
  /** Its workflow has closed: what it said before and comes only now is old. */
  closed?: true;
  /** No promise of this execution tells of its end, so that it has to be looked for. */
  unwatched?: true;
}

/** The task that this one follows, and why there had to be another. */
export const Follows = object({
  task: id,
  by: Actor,
  comment: commentText,
  /** Its reviewer asked for changes; any other is tried again. */
  changesRequested: optional(boolean),
});

const NodeFields = {
  id,
  definition: Definition,
  order: optional(integer(...RANGES.order)),
  /** Whether it waits for the siblings of lower order; by default if its parent is a sequence. */
  isStep: optional(boolean),
  follows: optional(Follows),
  /** Whoever asks for it, unless it takes the place of a task that somebody else created. */
  createdBy: optional(Actor),
  /** Fingerprint of the request that asked for it, to tell a repeat from another one with its key. */
  request: optional(id),
};

export interface TreeNode extends Infer<ReturnType<typeof object<typeof NodeFields>>> {
  children?: TreeNode[];
}

/** A task to be created below another, with all that is to be below it. */
export const TreeNode: Parser<TreeNode> = (value, at) => {
  const node = nodeOf(1)(value, at);
  if (countNodes([node]) > LIMITS.treeNodes) throw tooMany(at);
  return node;
};

/** All that is to be below a task which is created along with it. */
export const Subtree: Parser<TreeNode[]> = (value, at) => {
  const children = siblingsOf(2)(value, at);
  // The task above them is one more.
  if (countNodes(children) >= LIMITS.treeNodes) throw tooMany(at);
  return children;
};

const tooMany = (at: string) => new ParseFault(`${at} must have at most ${LIMITS.treeNodes} tasks`);

const siblingsOf =
  (level: number): Parser<TreeNode[]> =>
  (value, at) => {
    const siblings = list(nodeOf(level), LIMITS.treeNodes)(value, at);
    if (hasTwins(siblings)) throw new ParseFault(`${at} must not have an order twice`);
    return siblings;
  };

const nodeOf =
  (level: number): Parser<TreeNode> =>
  (value, at) => {
    if (level > LIMITS.treeDepth) throw new ParseFault(`${at} must have at most ${LIMITS.treeDepth} levels`);
    const node = object({ ...NodeFields, children: optional(siblingsOf(level + 1)) })(value, at);
    return node as TreeNode;
  };

export const countNodes = (nodes: readonly TreeNode[]): number =>
  nodes.reduce((sum, { children }) => sum + 1 + countNodes(children ?? []), 0);

/** How many levels these nodes have, themselves included. */
export const levelsOf = (nodes: readonly TreeNode[]): number =>
  nodes.reduce((deepest, { children }) => Math.max(deepest, 1 + levelsOf(children ?? [])), 0);

function hasTwins(nodes: readonly TreeNode[]): boolean {
  const orders = nodes.flatMap(({ order }) => (order === undefined ? [] : [order]));
  return new Set(orders).size < orders.length;
}

/** What a parent records of a new sub-task. One without an order comes last. */
export function childOf(
  node: TreeNode,
  siblings: readonly Pick<Child, 'order'>[],
  mode: Definition['mode'],
): Child {
  const last = Math.max(0, ...siblings.map(({ order }) => order ?? 0));
  const isStep = node.isStep ?? mode === 'sequence';
  const order = node.order ?? (isStep ? last + 1 : undefined);
  return {
    id: node.id,
    title: node.definition.title,
    ...(order !== undefined && { order }),
    ...(isStep && { isStep: true }),
    status: 'open',
  };
}

/** The sub-tasks that come into being with their parent. */
export function firstChildren(nodes: readonly TreeNode[], mode: Definition['mode']): Child[] {
  const children: Child[] = [];
  // One without an order comes after all that have one, wherever they stand.
  for (const node of nodes) children.push(childOf(node, [...nodes, ...children], mode));
  return children;
}

/** Siblings in their order; those that have none come last, the oldest first. */
export const inOrder = (children: readonly Child[]): Child[] =>
  [...children].sort((a, b) => (a.order ?? Infinity) - (b.order ?? Infinity) || 0);

type Family = { children: Child[]; definition: Definition; gate?: { blockedBy: string } };

/** Whether nothing waits for this sub-task any more. */
export const isOutOfTheWay = ({ status }: Child, { onChildFailure }: Definition): boolean =>
  status !== 'open' && (status !== 'failed' || onChildFailure === 'continue');

/** A task that no agent works on: it is done when its sub-tasks are. */
export const isContainer = ({ definition }: Pick<Family, 'definition'>): boolean =>
  Boolean(definition.autoComplete) && definition.assignee === undefined && definition.queue === undefined;

/** Whether there are sub-tasks, and nothing waits for any of them. */
export const areDone = ({ children, definition }: Family): boolean =>
  children.length > 0 && children.every((child) => isOutOfTheWay(child, definition));

/** The children with their gates as they ought to be now: closed by the parent's own, or by the step before. */
export function gated({ children, definition, gate }: Family): Child[] {
  return children.map((child) => {
    if (child.status !== 'open') return child;
    const { blockedBy: _before, ...rest } = child;
    const blockedBy = gate?.blockedBy ?? stepBefore(child, children, definition)?.id;
    return blockedBy === undefined ? rest : { ...rest, blockedBy };
  });
}

/** The nearest of the earlier steps that this one has to wait for. */
function stepBefore(child: Child, siblings: readonly Child[], definition: Definition): Child | undefined {
  if (!child.isStep) return undefined;
  return siblings
    .filter(({ order }) => order !== undefined && order < (child.order ?? 0))
    .filter((each) => !isOutOfTheWay(each, definition))
    .sort((a, b) => (b.order ?? 0) - (a.order ?? 0))[0];
}
