/** Puts tasks into queues: a queue has to be there, and gives its tasks what they do not say themselves. */
import type { Definition } from '../../workflows/definition.ts';
import type { TreeNode } from '../../workflows/tree.ts';
import type { Principal } from '../auth.ts';
import { namedAt } from '../problems.ts';
import type { Queue, Queues } from './queues.ts';

export type Placing = ReturnType<typeof createPlacing>;

export function createPlacing(queues: Pick<Queues, 'open'>) {
  /** The queue that a request names at `pointer`. Throws `invalid_request` when the caller's company has none such. */
  async function queueNamed(principal: Principal, queueId: string, pointer: string): Promise<Queue> {
    return await queues.open(principal, queueId).catch(namedAt(pointer, 'is no queue of your company'));
  }

  /**
   * A task to be created, and all below it, with what their queues give them; the task itself also has what is here
   * `unlessSaid` by itself or its queue. Throws as `queueNamed` does.
   */
  async function place(
    principal: Principal,
    node: TreeNode,
    at = '',
    unlessSaid: Partial<Definition> = {},
  ): Promise<TreeNode> {
    const { definition, children = [] } = node;
    const { queue } = definition;
    const defaults = queue === undefined ? {} : (await queueNamed(principal, queue, `${at}/queue`)).defaults;
    const below = children.map((child, i) => place(principal, child, `${at}/children/${i}`));
    return {
      ...node,
      definition: { ...unlessSaid, ...defaults, ...definition },
      ...(node.children && { children: await Promise.all(below) }),
    };
  }

  return { queueNamed, place };
}
