/** Trees as they come, worked off by a crowd that tries every leaf at any time: no step starts before its turn. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { useApi } from '../support/api-under-test.ts';
import type { Caller, Json } from '../support/caller.ts';
import { Run } from '../support/caller.ts';

const api = useApi();

const AGENTS = 6;
const REVIEW = { policy: 'none' } as const;

interface Node {
  title: string;
  review: typeof REVIEW;
  mode?: 'parallel' | 'sequence';
  children?: Node[];
}

const leaf: fc.Arbitrary<Node> = fc.constant({ title: 'A leaf', review: REVIEW });
const branchOf = (below: fc.Arbitrary<Node>): fc.Arbitrary<Node> =>
  fc.record({
    title: fc.constant('A branch'),
    review: fc.constant(REVIEW),
    mode: fc.constantFrom('parallel', 'sequence'),
    children: fc.array(below, { minLength: 1, maxLength: 4 }),
  });
const tree = branchOf(
  fc.oneof(
    leaf,
    branchOf(fc.oneof({ weight: 3, arbitrary: leaf }, { weight: 1, arbitrary: branchOf(leaf) })),
  ),
);

/** A task of the tree as it was created, and as it turned out. */
interface Task {
  id: string;
  mode?: string;
  children: Task[];
  /** When it was first claimed, and when it was done. */
  claimedAt: string[];
  doneAt: string;
}

async function walk(id: string): Promise<Task> {
  const { mode, children } = await api.olga.read(id);
  const { items } = await api.olga.must(api.olga.get(`/v1/tasks/${id}/events?limit=100`));
  const claims = items.filter((event: Json) => event.type === 'claim' && event.outcome === 'accepted');
  return {
    id,
    mode,
    children: await Promise.all(children.map((child: Json) => walk(child.id))),
    claimedAt: claims.map((event: Json) => event.at),
    doneAt: items.find((event: Json) => event.status === 'done')?.at,
  };
}

const leavesOf = (task: Task): Task[] =>
  task.children.length === 0 ? [task] : task.children.flatMap(leavesOf);

/** Tries one leaf after the other, in no order, and does what it gets. */
async function work(agent: Caller, leaves: string[], isOver: () => boolean): Promise<void> {
  while (!isOver()) {
    const id = leaves[Math.floor(Math.random() * leaves.length)]!;
    const { status, body } = await agent.post(`/v1/tasks/${id}/claim`);
    if (status !== 200) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      continue;
    }
    const run = new Run(agent, id, body.run.id);
    await agent.must(Math.random() < 0.1 ? run.release() : run.complete());
  }
}

function checkOrder({ mode, children }: Task): void {
  for (const child of children) checkOrder(child);
  if (mode !== 'sequence') return;
  for (const [i, later] of children.entries()) {
    const before = children[i - 1];
    if (!before) continue;
    for (const at of leavesOf(later).flatMap(({ claimedAt }) => claimedAt)) {
      expect(at >= before.doneAt, `${later.id} at ${at}, after ${before.id} at ${before.doneAt}`).toBe(true);
    }
  }
}

test('no step starts before its gate is open, and every task ends', { timeout: 300_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(tree, async (definition) => {
      const { id } = await api.olga.must(api.olga.post('/v1/tasks', definition));
      const leaves = leavesOf(await walk(id)).map((each) => each.id);
      let isOver = false;
      const agents = Array.from({ length: AGENTS }, (_, i) => api.as(`crowd-${i}`, 'agent'));
      const working = agents.map((agent) => work(agent, leaves, () => isOver));
      await expect.poll(async () => (await api.olga.read(id)).status, { timeout: 120_000 }).toBe('done');
      isOver = true;
      await Promise.all(working);
      const done = await walk(id);
      for (const each of leavesOf(done)) expect(each.doneAt, each.id).toBeDefined();
      checkOrder(done);
    }),
    { numRuns: 6 },
  );
});
