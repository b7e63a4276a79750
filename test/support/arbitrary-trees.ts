/** Random trees of tasks, and what a crowd does to them. */
import fc from 'fast-check';
import type { Definition } from '../../workflows/definition.ts';
import type { Actor } from '../../workflows/actor.ts';
import { needsDecision } from '../../workflows/rules/children.ts';
import { isHeld } from '../../workflows/task-state.ts';
import type { TaskStatus } from '../../workflows/task-state.ts';
import type { TreeNode } from '../../workflows/tree.ts';
import type { PureTask } from './task-fixture.ts';
import { ada, bob, olga, rita } from './task-fixture.ts';
import type { PureTree } from './pure-tree.ts';

interface Shape {
  definition: Omit<Definition, 'title'>;
  children: Shape[];
}

const NO_REVIEW = { policy: 'none' } as const;
const review = fc.constantFrom<Definition['review']>(NO_REVIEW, NO_REVIEW, { policy: 'required' });
const settleSeconds = fc.constantFrom(0, 100);
const maxAttempts = fc.constantFrom(1, 3);

const leaf: fc.Arbitrary<Shape> = fc.record({
  definition: fc.record({ review, settleSeconds, maxAttempts, queue: fc.constant('errands') }),
  children: fc.constant([]),
});

const parentOf = (below: fc.Arbitrary<Shape>): fc.Arbitrary<Shape> =>
  fc.record({
    definition: fc.record(
      {
        mode: fc.constantFrom('sequence', 'sequence', 'parallel'),
        onChildFailure: fc.constantFrom('hold', 'hold', 'continue', 'fail'),
        review,
        settleSeconds,
        // An agent works on some of the parents, and breaks them up.
        assignee: fc.constantFrom('ada'),
      },
      { requiredKeys: ['mode'] },
    ),
    children: fc.array(below, { minLength: 1, maxLength: 3 }),
  });

const shapes = parentOf(
  fc.oneof(
    { weight: 3, arbitrary: leaf },
    { weight: 2, arbitrary: parentOf(fc.oneof({ weight: 3, arbitrary: leaf }, parentOf(leaf))) },
  ),
);

/** Ids tell where a task stands: `t`, `t.1`, `t.1.2`. */
const named = ({ definition, children }: Shape, id: string): TreeNode => ({
  id,
  definition: { title: id, ...definition },
  ...(children.length > 0 && { children: children.map((child, i) => named(child, `${id}.${i + 1}`)) }),
});

export const trees: fc.Arbitrary<TreeNode> = shapes.map((shape) => named(shape, 't'));

const AGENTS = [ada, bob];
const holder = ({ task }: PureTask): Actor => ({ id: task.run?.agent ?? 'nobody', role: 'agent' });
const pickOf = <T>(items: readonly T[], pick: number): T | undefined => items[pick % items.length];
const undecided = ({ task }: PureTask, pick: number) =>
  pickOf(task.children.filter(needsDecision), pick)?.id ?? 'none';
let created = 0;
const aNewOne = (): TreeNode => ({
  id: `new-${(created += 1)}`,
  definition: { title: 'One more', review: NO_REVIEW, queue: 'errands' },
});

const WAITING: readonly TaskStatus[] = ['queued', 'handoff'];
const OPEN: readonly TaskStatus[] = ['queued', 'handoff', 'assigned', 'running', 'review'];
const is =
  (...statuses: readonly TaskStatus[]) =>
  ({ status }: PureTask) =>
    statuses.includes(status);
const held = ({ status }: PureTask) => isHeld(status);
const isParent = (task: PureTask) => is(...OPEN)(task) && task.task.children.length > 0;
const hasUndecided = (task: PureTask) => task.task.children.some(needsDecision);

interface Doing {
  /** Whether it would make sense; a claim does that comes too early. */
  fits: (task: PureTask) => boolean;
  does: (task: PureTask, pick: number) => unknown;
}

/** What somebody may do to a task. */
const DEEDS = {
  claim: { fits: is(...WAITING), does: (task, pick) => task.send('claim', pickOf(AGENTS, pick)!) },
  complete: { fits: held, does: (task) => task.send('mark_complete', holder(task)) },
  fail: {
    fits: held,
    does: (task) => task.send('mark_failed', holder(task), { reasonCode: 'out_of_scope' }),
  },
  release: { fits: held, does: (task) => task.send('release', holder(task)) },
  crash: { fits: held, does: (task) => task.loseLease() },
  handOff: { fits: is('queued', 'assigned'), does: (task) => task.send('hand_off', olga) },
  resume: { fits: is('handoff'), does: (task) => task.send('resume', olga) },
  approve: { fits: is('review'), does: (task) => task.send('approve', rita) },
  sendBack: { fits: is('review'), does: (task) => task.send('request_changes', rita) },
  sendBackToSame: {
    fits: is('review'),
    does: (task) => task.send('request_changes', rita, { rework: 'same_task' }),
  },
  cancel: { fits: is(...OPEN), does: (task) => task.cancel() },
  reopen: { fits: is('done', 'cancelled'), does: (task) => task.send('reopen', olga) },
  skip: {
    fits: hasUndecided,
    does: (task, pick) => task.send('skip_child', olga, { child: undecided(task, pick) }),
  },
  retry: {
    fits: hasUndecided,
    does: (task, pick) =>
      task.send('create_subtask', olga, { child: aNewOne(), replaces: undecided(task, pick) }),
  },
  add: { fits: isParent, does: (task) => task.send('create_subtask', olga, { child: aNewOne() }) },
  insertFirst: {
    fits: isParent,
    does: (task) => task.send('create_subtask', olga, { child: { ...aNewOne(), order: 0 } }),
  },
} satisfies Record<string, Doing>;
type DeedName = keyof typeof DEEDS;

const USUAL: DeedName[] = ['claim', 'claim', 'complete', 'complete', 'approve'];
const deed = fc.oneof(fc.constantFrom(...USUAL), fc.constantFrom(...(Object.keys(DEEDS) as DeedName[])));

/** What happens in a tree: somebody does something to one of those tasks that it fits, or it happens by itself. */
export type Happening =
  | { deed: DeedName | 'terminate' | 'continue as new' | 'deliver'; pick: number }
  | { deed: 'wait'; seconds: number };

const pick = fc.nat(1000);
export const happenings: fc.Arbitrary<Happening[]> = fc.array(
  fc.oneof(
    { weight: 16, arbitrary: fc.record({ deed, pick }) },
    { weight: 4, arbitrary: fc.record({ deed: fc.constant('deliver' as const), pick }) },
    {
      weight: 2,
      arbitrary: fc.record({ deed: fc.constant('wait' as const), seconds: fc.constantFrom(1, 40, 120, 301) }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ deed: fc.constantFrom('terminate' as const, 'continue as new' as const), pick }),
    },
  ),
  { maxLength: 60, size: 'max' },
);

/** Lets it happen. */
export function happen(tree: PureTree, happening: Happening): void {
  if (happening.deed === 'wait') return tree.wait(happening.seconds);
  const { deed: name, pick: which } = happening;
  if (name === 'deliver') return tree.underWay > 0 ? tree.deliver(which) : undefined;
  const fits = (task: PureTask) => {
    if (name === 'continue as new') return true;
    // A parent that is terminated leaves those it holds up to people.
    return name === 'terminate' ? task.task.children.length === 0 : DEEDS[name].fits(task);
  };
  const task = pickOf(tree.open.filter(fits), which);
  if (!task) return;
  if (name === 'terminate') tree.terminate(task.task.id);
  else if (name === 'continue as new') tree.continueAsNew(task.task.id);
  else DEEDS[name].does(task, which);
}
