/** What creates tasks: one, or a whole tree of them. A tree's shape is checked before what its tasks say. */
import { z } from 'zod';
import { CHILD_FAILURE_POLICIES, MODES } from '../../workflows/definition.ts';
import { LIMITS, RANGES } from '../../workflows/limits.ts';
import { name, within } from './common.ts';
import { taskFields } from './requests.ts';

const order = within(RANGES.order).meta({
  description:
    'Its place among its siblings, no two of which may have the same; last unless given. In a sequence it waits for those of lower order.',
});

const fields = {
  ...taskFields,
  mode: z.enum(MODES).optional().meta({
    description: 'Whether its sub-tasks may all start at once, or each when the one before it is done.',
  }),
  autoComplete: z.boolean().optional().meta({
    description:
      'It is handed in by itself when all its sub-tasks are done, and no agent works on it. So unless told otherwise when it has children, and neither queue nor assignee.',
  }),
  onChildFailure: z.enum(CHILD_FAILURE_POLICIES).optional().meta({
    description:
      'What the failure of a sub-task means: `hold` (unless given) waits until a person has it retried or skips it, `continue` goes on without it, `fail` fails this task too.',
  }),
};

type Doer = { queue?: unknown; assignee?: unknown; autoComplete?: boolean | undefined };
const mayCompleteItself = ({ queue, assignee, autoComplete }: Doer): boolean =>
  !autoComplete || (queue === undefined && assignee === undefined);
const NOT_BY_ITSELF = {
  path: ['autoComplete'],
  message: 'is for a task that nobody is asked to do: leave it out, or leave out queue and assignee',
};

/** Refuses an order that two siblings have. */
function noTwins(siblings: { order?: number | undefined }[], ctx: z.core.$RefinementCtx): void {
  const seen = new Set<number>();
  for (const [i, { order: place }] of siblings.entries()) {
    if (place === undefined) continue;
    const message = 'is the order of another sub-task already';
    if (seen.has(place)) ctx.issues.push({ code: 'custom', path: [i, 'order'], message, input: place });
    seen.add(place);
  }
}

/** A task to be created below another, and all that is to be below it. */
export interface NewSubtask extends z.output<z.ZodObject<typeof fields, z.core.$strict>> {
  order?: number | undefined;
  /** Whether it waits for siblings of lower order, whatever its parent says; not to be asked for over `/v1`. */
  isStep?: boolean | undefined;
  children?: NewSubtask[] | undefined;
}

const Node: z.ZodType<NewSubtask> = z
  .strictObject({
    ...fields,
    order: order.optional(),
    get children() {
      return z.array(Node).superRefine(noTwins).optional();
    },
  })
  .refine(mayCompleteItself, NOT_BY_ITSELF)
  .meta({ id: 'NewSubtask', description: 'A task to be created below another, with all that is below it.' });

/** Refuses what is too deep or too large to be looked at more closely. */
function bounded(children: unknown, ctx: z.core.$RefinementCtx): unknown {
  let nodes = 1;
  const refuse = (path: (string | number)[], message: string) =>
    ctx.issues.push({ code: 'custom', path, message, input: children });
  const visit = (siblings: unknown, path: (string | number)[], level: number): void => {
    if (!Array.isArray(siblings) || siblings.length === 0) return;
    nodes += siblings.length;
    if (level > LIMITS.treeDepth)
      return void refuse(path, `must not be: a tree has at most ${LIMITS.treeDepth} levels`);
    for (const [i, each] of siblings.entries()) {
      const below = (each as { children?: unknown } | null)?.children;
      visit(below, [...path, i, 'children'], level + 1);
    }
  };
  visit(children, [], 2);
  if (nodes > LIMITS.treeNodes)
    refuse(
      [],
      `must have fewer: a tree has at most ${LIMITS.treeNodes} tasks, its root included, and this has ${nodes}`,
    );
  return children;
}

const children = z
  .preprocess(bounded, z.array(Node).superRefine(noTwins))
  .optional()
  .meta({ description: 'The sub-tasks that come into being with it, each with its own.' });

export const CreateSubtask = z
  .strictObject({ ...fields, order: order.optional(), children })
  .refine(mayCompleteItself, NOT_BY_ITSELF)
  .meta({ id: 'CreateSubtask' });

export const CreateTask = z
  .strictObject({
    ...fields,
    parent: name.optional().meta({ description: 'Id of the task that it is to be a sub-task of.' }),
    order: order.optional(),
    children,
  })
  .refine(mayCompleteItself, NOT_BY_ITSELF)
  .refine((task) => task.order === undefined || task.parent !== undefined, {
    path: ['order'],
    message: 'is for a sub-task: name its parent too',
  })
  .meta({ id: 'CreateTask' });
