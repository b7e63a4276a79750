/** What callers send to `/work-queues` and `/work-queue-tasks`. What is unknown there is ignored, and null is as absent. */
import { z } from 'zod';
import { LIMITS, RANGES } from '../../../workflows/limits.ts';
import { json, name, text, time, within } from '../../schemas/common.ts';
import { DeleteQuery, WaitQuery } from '../../schemas/queues.ts';
import { ReviewPolicy, taskFields } from '../../schemas/requests.ts';
import { WORDS } from './words.ts';

/** Also the most: each task of a list is read by itself, and may be large. */
const PAGE = 100;

const maybe = <S extends z.ZodType>(schema: S) => schema.nullish().transform((value) => value ?? undefined);

/** Without what is absent: that must not stand in the way of what a queue gives. */
const asGiven = <T extends object>(value: T): T =>
  Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as T;

export const NewQueue = z.object({ name, teamId: maybe(name) });

export const NewTask = z
  .object({
    name: taskFields.title,
    priority: maybe(within(RANGES.priority)),
    payload: json(LIMITS.payloadBytes).optional(),
    deadline: maybe(time),
    review: maybe(ReviewPolicy),
  })
  .transform(asGiven);

const agentId = maybe(z.string().min(1, 'must not be empty'));

export const Taking = z.object({ agentId });
export const Completing = z.object({ agentId, result: json(LIMITS.outputBytes).default(null) });
export const Failing = z.object({ agentId, error: text(LIMITS.outputBytes, 1) });

export const Waiting = z.object({ wait: WaitQuery.shape.wait });
export const Deleting = z.object({ force: DeleteQuery.shape.force });

export const Page = z.object({
  limit: z.coerce.number().int().min(1).max(PAGE).default(PAGE),
  cursor: z.string().max(4_000).optional(),
});

export const TasksQuery = Page.extend({
  status: z
    .string()
    .transform((words) => words.split(','))
    .pipe(z.array(z.enum(WORDS)))
    .optional(),
});
