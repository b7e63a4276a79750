/** What callers send to `/v1/queues` and get from it, and how they ask for the next task. */
import { z } from 'zod';
import { RANGES } from '../../workflows/limits.ts';
import { STATUSES } from '../../workflows/task-state.ts';
import { Actor, at } from './answers.ts';
import { lease, name, within } from './common.ts';
import { ReviewPolicy } from './requests.ts';

const defaults = {
  lease: lease.optional(),
  maxAttempts: within(RANGES.maxAttempts).optional(),
  review: ReviewPolicy.optional(),
  progressTimeoutSeconds: within(RANGES.progressTimeoutSeconds).optional(),
};

export const CreateQueue = z
  .strictObject({
    name,
    team: name
      .optional()
      .meta({ description: 'Queues of one team help each other out before those of others do.' }),
    defaults: z
      .strictObject(defaults)
      .optional()
      .meta({ description: 'What a task gets that is created for this queue and does not say itself.' }),
  })
  .meta({ id: 'CreateQueue' });

export const QueueParams = z.object({
  queueId: z.string().meta({ description: 'Id of the queue, a UUID.' }),
});

export const DeleteQuery = z.strictObject({
  force: z
    .enum(['true', 'false'])
    .default('false')
    .meta({ description: 'Cancels the open tasks of the queue. Those in review still stand in the way.' }),
});

const LONGEST_WAIT_SECONDS = 30;
export const WaitQuery = z.strictObject({
  wait: z.coerce.number().int().min(0).max(LONGEST_WAIT_SECONDS).default(0).meta({
    description: 'How many seconds to wait for a task if there is none; one at least is looked for.',
  }),
});

export const TakeNext = z.strictObject({ lease: lease.optional() }).meta({ id: 'TakeNext' });

const counts = z
  .record(z.enum(STATUSES), z.int())
  .meta({ description: 'How many tasks of the queue are in which state, as of the last seconds.' });

const queue = {
  id: z.string(),
  name: z.string(),
  team: z.string().optional(),
  company: z.string(),
  defaults: z.object(defaults),
  createdBy: Actor,
  createdAt: at,
  links: z.record(z.string(), z.string()),
};

export const QueueBody = z.object(queue).meta({ id: 'Queue' });
export const QueueSummary = z.object({ ...queue, counts }).meta({ id: 'QueueSummary' });

export const QueueDetail = z
  .object({
    ...queue,
    counts,
    waiting: z.object({
      byPriority: z.record(z.string(), z.int()).meta({
        description:
          'About how many tasks can be taken now. Of the queued ones those are missing that wait for a step before them, for another try, or for their assignee.',
      }),
      oldestSeconds: z
        .int()
        .nullable()
        .meta({ description: 'About how long the oldest has waited; null when none waits.' }),
    }),
    pollers: z
      .array(z.object({ agent: z.string(), lastSeenAt: at }))
      .meta({ description: 'Who asked for tasks of this queue within the last minutes.' }),
  })
  .meta({ id: 'QueueDetail' });
