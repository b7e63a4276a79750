/** From the body that asks for a tree of tasks to what its workflows start from. Pure. */
import type { Definition } from '../../workflows/definition.ts';
import type { TreeNode } from '../../workflows/tree.ts';
import { uuidFrom } from '../idempotency.ts';
import type { Mistake } from '../problems.ts';
import type { NewSubtask } from '../schemas/create-task.ts';
import type { PlacedSchema } from './output-schemas.ts';

/** The node of a task and of all that is below it. The same body under the same id gives the same ids. */
export function nodeOf(id: string, body: NewSubtask): TreeNode {
  const { order, isStep, children, ...definition } = body;
  return {
    id,
    definition: definition as Definition,
    ...(order !== undefined && { order }),
    ...(isStep !== undefined && { isStep }),
    ...(children && { children: nodesBelow(id, children) }),
  };
}

/** The nodes of the sub-tasks of a task; their ids follow from its id and from where they stand below it. */
const nodesBelow = (id: string, children: readonly NewSubtask[]): TreeNode[] =>
  children.map((child, i) => nodeOf(uuidFrom('subtask', id, i), child));

/** The ids of the tasks of these trees that have none below them: where they have started, all have. */
export const leavesOf = (nodes: readonly TreeNode[]): string[] =>
  nodes.flatMap(({ id, children = [] }) => (children.length === 0 ? [id] : leavesOf(children)));

/** The output schemas of a tree, with their places in its body. */
export const schemasOf = ({ outputSchema, children = [] }: NewSubtask, at = ''): PlacedSchema[] => [
  ...(outputSchema === undefined ? [] : [{ pointer: `${at}/outputSchema`, schema: outputSchema }]),
  ...children.flatMap((child, i) => schemasOf(child, `${at}/children/${i}`)),
];

/** A fault of the workflow's parser, which begins with the place, as a mistake in the body that it was made from. */
export function faultOf(fault: string): Mistake {
  const [, place = '', detail = fault] = /^(\/\S*) (.*)$/s.exec(fault) ?? [];
  // A body holds what its task is to be next to the sub-tasks, a node apart from them.
  const pointer = place.replace(/^\/child(?=\/|$)/, '').replace(/^((?:\/children\/\d+)*)\/definition/, '$1');
  return { pointer: pointer || '/', detail };
}
