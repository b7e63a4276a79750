/** Trees of tasks on a real server, for tests of the workflow. */
import type { Definition } from '../../workflows/definition.ts';
import type { Actor } from '../../workflows/actor.ts';
import type { TreeNode } from '../../workflows/tree.ts';
import { patiently } from './patience.ts';
import type { RealTask } from './real-task.ts';
import { ada } from './task-fixture.ts';
import type { TestWorker } from './test-worker.ts';

const NO_REVIEW = { policy: 'none' } as const;

/** A task to be, under an id of its own; done as soon as it is handed in, unless `definition` says otherwise. */
export const node = (
  title: string,
  definition: Partial<Definition> = {},
  children: TreeNode[] = [],
): TreeNode => ({
  id: crypto.randomUUID(),
  definition: { title, review: NO_REVIEW, ...definition },
  ...(children.length > 0 && { children }),
});

export const sequence = (title: string, children: TreeNode[], definition: Partial<Definition> = {}) =>
  node(title, { mode: 'sequence', ...definition }, children);

export const parallel = (title: string, children: TreeNode[], definition: Partial<Definition> = {}) =>
  node(title, { mode: 'parallel', ...definition }, children);

/** Creates a tree, and waits until all of it has started. */
export async function plant(baton: TestWorker, { definition, children = [] }: TreeNode): Promise<RealTask> {
  const root = await baton.create(definition, { children });
  await Promise.all(idsBelow(children).map((id) => baton.open(id).untilStarted()));
  return root;
}

export const idsBelow = (nodes: readonly TreeNode[]): string[] =>
  nodes.flatMap(({ id, children = [] }) => [id, ...idsBelow(children)]);

/** The sub-tasks as their parent knows them: title, state, and by which of them they are held up. */
export async function childrenOf(parent: RealTask): Promise<string[]> {
  const { children } = await parent.view();
  const titles = new Map(children.map(({ id, title }) => [id, title]));
  return children.map(({ title, status, blockedBy }) => {
    const by = blockedBy === undefined ? '' : ` by ${titles.get(blockedBy) ?? 'another'}`;
    return `${title}: ${by ? `held up${by}` : status}`;
  });
}

/** Waits until the parent knows its sub-tasks to stand like this. */
export async function untilChildrenAre(parent: RealTask, ...expected: string[]): Promise<void> {
  let seen: string[] = [];
  await patiently(
    async () => {
      seen = await childrenOf(parent);
      return JSON.stringify(seen) === JSON.stringify(expected);
    },
    () => `They still are ${seen.join(', ')}.`,
  );
}

/** Waits for the gate to open, claims and hands in. */
export async function work(task: RealTask, actor: Actor = ada): Promise<void> {
  await task.until(({ gate }) => gate === undefined);
  const run = await task.claim(actor);
  await task.do('mark_complete', actor);
  await task.completeLease(run.id);
}

/** Claims and gives up for good. */
export async function giveUp(task: RealTask, actor: Actor = ada): Promise<void> {
  const run = await task.claim(actor);
  await task.do('mark_failed', actor, { reasonCode: 'out_of_scope', blocker: 'The jar is gone.' });
  await task.completeLease(run.id);
}
