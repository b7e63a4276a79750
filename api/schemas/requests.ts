/** What callers send to `/v1`. Unknown fields are refused; the workflow's parsers check the same limits again. */
import { z } from 'zod';
import { LINKS, REVIEW_POLICIES, REVIEW_TIMEOUTS, REWORKS } from '../../workflows/definition.ts';
import { REPORTABLE_REASONS } from '../../workflows/failure-reasons.ts';
import { DEFAULTS, LIMITS, RANGES } from '../../workflows/limits.ts';
import { byteLength } from '../../workflows/parse.ts';
import { MEMORY_SCOPES } from '../../workflows/memory-record.ts';
import { STATUSES } from '../../workflows/task-state.ts';
import {
  Cost,
  TOO_DEEP,
  comment,
  isShallow,
  json,
  lease,
  name,
  note,
  searched,
  text,
  time,
  within,
} from './common.ts';

const rework = z.enum(REWORKS).meta({
  description:
    'What `request_changes` does: `new_task` (unless told otherwise) fails this task and starts a new, linked one; `same_task` gives it back to the same agent.',
});

export const ReviewPolicy = z
  .strictObject({
    policy: z
      .enum(REVIEW_POLICIES)
      .meta({ description: 'Whether work that is handed in waits for approval.' }),
    reviewers: z.array(name).min(1).max(LIMITS.reviewers).optional().meta({
      description: 'Who may decide, besides operators; every reviewer unless given.',
    }),
    quorum: z
      .int()
      .min(1)
      .max(LIMITS.reviewers)
      .optional()
      .meta({
        description: `How many must approve; ${DEFAULTS.quorum} unless given.`,
      }),
    timeoutSeconds: within(RANGES.reviewTimeoutSeconds).optional().meta({
      description: 'How long a review may take; without limit unless given.',
    }),
    onTimeout: z.enum(REVIEW_TIMEOUTS).optional().meta({
      description:
        'What happens then: `escalate` (unless given) marks the task as overdue, the others decide as a reviewer would.',
    }),
    rework: rework.optional(),
    selfReview: z.boolean().optional().meta({ description: 'Lets the agent that did the work approve it.' }),
  })
  .refine(({ reviewers, quorum = 1 }) => !reviewers || quorum <= new Set(reviewers).size, {
    path: ['quorum'],
    message: 'must not exceed the number of reviewers',
  })
  .meta({ id: 'ReviewPolicy', description: 'Unless given, one reviewer must approve.' });

export const Budget = z
  .strictObject({
    usd: z.number().min(RANGES.usd[0]).max(RANGES.usd[1]).optional(),
    tokens: within(RANGES.tokens).optional(),
    wallSeconds: z
      .number()
      .min(RANGES.wallSeconds[0])
      .max(RANGES.wallSeconds[1])
      .optional()
      .meta({ description: 'How long programs that Baton launches may run.' }),
  })
  .meta({
    description:
      'What all runs together may spend, by their reports and by the clock; to spend it ends the task as failed.',
  });

const ContextItem = z
  .strictObject({
    path: text(1_000, 1),
    text: text(LIMITS.contextBytes).optional(),
    url: z.url().max(2_000).optional(),
  })
  .refine((item) => (item.text === undefined) !== (item.url === undefined), 'must have either text or url');

const OutputSchema = z
  .looseObject({})
  .refine(isShallow, TOO_DEEP)
  .refine(
    (schema) => byteLength(JSON.stringify(schema)) <= LIMITS.outputSchemaBytes,
    `must be at most ${LIMITS.outputSchemaBytes} bytes`,
  )
  .meta({
    description: 'JSON Schema that the output must fit: 2020-12, or draft 7 where `$schema` says so.',
  });

const oneLine = (value: string) => !/[\r\n]/.test(value);
const title = text(LIMITS.titleBytes, 1)
  .refine(oneLine, 'must be one line')
  .meta({ description: 'One line.' });

const always = {
  title,
  priority: within(RANGES.priority).meta({
    description: '1 is the most urgent, 5 the least; 3 unless given.',
  }),
  labels: z
    .array(text(LIMITS.labelBytes, 1))
    .max(LIMITS.labels)
    .meta({ description: 'Words to list it by.' }),
  maxAttempts: within(RANGES.maxAttempts).meta({
    description: `How many runs may crash, stall or fail before the task does; ${DEFAULTS.maxAttempts} unless given.`,
  }),
  review: ReviewPolicy,
};
const clearable = {
  description: text(LIMITS.descriptionBytes).meta({ description: 'What is to be done. Markdown.' }),
  queue: name.meta({
    description: 'Id of the work queue it waits in; with an assignee, it waits in that inbox instead.',
  }),
  assignee: name.meta({ description: 'The agent that alone may claim it.' }),
  project: name.meta({ description: 'Any name, to list tasks by.' }),
  goal: name.meta({ description: 'Any name, to list tasks by.' }),
  client: name.meta({ description: 'For whom it is done. Baton only shows it.' }),
  type: name.meta({ description: 'What kind of task it is. Baton only shows it.' }),
  payload: json(LIMITS.payloadBytes).meta({ description: 'Whatever the agent needs, as data.' }),
  deadline: time.meta({ description: 'If it still waits by then, it fails. ISO 8601, with Z or an offset.' }),
  lease: lease.meta({ description: 'How long its runs live without a heartbeat, unless their claims say.' }),
  progressTimeoutSeconds: within(RANGES.progressTimeoutSeconds).meta({
    description: `A run that reports no progress for so long counts as stalled; ${DEFAULTS.progressTimeoutSeconds} unless given, 0 never.`,
  }),
  budget: Budget,
};

/** What a task may be told when it is created; some of it can be edited later. */
export const taskFields = {
  ...z.object({ ...always, ...clearable }).partial().shape,
  title,
  context: z
    .array(ContextItem)
    .max(LIMITS.contextItems)
    .optional()
    .meta({ description: 'What to read first: each item has a text or a URL.' }),
  outputSchema: OutputSchema.optional(),
  settleSeconds: within(RANGES.settleSeconds)
    .optional()
    .meta({
      description: `How long it can be commented on and reopened once it is done or cancelled; ${DEFAULTS.settleSeconds} unless given.`,
    }),
  cancelGraceSeconds: within(RANGES.cancelGraceSeconds)
    .optional()
    .meta({
      description: `How long its agent has to wind down when it is cancelled; ${DEFAULTS.cancelGraceSeconds} unless given.`,
    }),
};

const nullable = Object.fromEntries(
  Object.entries(clearable).map(([key, schema]) => [key, (schema as z.ZodType).nullable()]),
) as { [K in keyof typeof clearable]: z.ZodNullable<(typeof clearable)[K]> };

export const EditTask = z
  .strictObject(z.object({ ...always, ...nullable }).partial().shape)
  .refine((edit) => Object.keys(edit).length > 0, 'must change something')
  .meta({ id: 'EditTask', description: 'The fields to change; null clears one that has no default.' });

export const ClaimTask = z
  .strictObject({
    expected: z
      .array(z.enum(STATUSES))
      .min(1)
      .optional()
      .meta({ description: 'The claim fails unless the task is in one of these.' }),
    lease: lease.optional(),
  })
  .meta({ id: 'ClaimTask' });

export const ReportProgress = z
  .strictObject({
    note: note.optional(),
    understanding: note.optional(),
    plan: note.optional(),
    blockers: note.optional(),
    percent: z.number().min(0).max(100).optional(),
    cost: Cost.optional(),
  })
  .refine(
    ({ note: said, understanding, plan, blockers }) =>
      [said, understanding, plan, blockers].some((each) => each?.trim()),
    'must have at least one of note, understanding, plan, blockers',
  )
  .meta({ id: 'ReportProgress', description: 'At least one of note, understanding, plan, blockers.' });

export const MarkComplete = z
  .strictObject({
    output: json(LIMITS.outputBytes).meta({
      description: 'The result. It must fit the outputSchema of the task, if there is one.',
    }),
    reasoning: text(LIMITS.reasoningBytes).meta({ description: 'How it came about, for the reviewer.' }),
    memoryPromotions: z
      .array(z.strictObject({ scope: z.enum(MEMORY_SCOPES), text: text(LIMITS.noteBytes, 1) }))
      .max(LIMITS.promotions)
      .optional()
      .meta({
        description:
          'What to remember for future tasks, of this task, your agent, its project or its client; added to `/v1/memory` once the work is accepted.',
      }),
    costNote: note.optional(),
  })
  .meta({ id: 'MarkComplete' });

export const MarkFailed = z
  .strictObject({
    reasonCode: z
      .enum(REPORTABLE_REASONS)
      .meta({ description: 'Decides whether another run follows; /llms.txt says which.' }),
    beliefs: note.optional(),
    tried: z
      .array(z.strictObject({ what: note, whyFailed: note }))
      .max(4)
      .optional(),
    blocker: note.optional(),
    nextStep: note.optional(),
  })
  .meta({ id: 'MarkFailed' });

export const Release = z.strictObject({ comment: comment.optional() }).meta({ id: 'Release' });
export const HandOff = z
  .strictObject({ blockers: text(LIMITS.noteBytes, 1), nextStep: note.optional() })
  .meta({ id: 'HandOff' });
export const Resume = z.strictObject({ comment: comment.optional() }).meta({ id: 'Resume' });
export const Reopen = z
  .strictObject({ to: z.enum(['queued', 'handoff']).optional(), comment: comment.optional() })
  .meta({ id: 'Reopen' });
export const Cancel = z.strictObject({ comment: comment.optional() }).meta({ id: 'Cancel' });
/** What becomes of a sub-task that failed. */
export const DecideOnSubtask = z
  .strictObject({ comment: comment.optional() })
  .meta({ id: 'DecideOnSubtask' });
export const AddLink = z
  .strictObject({
    to: text(LIMITS.idBytes, 1).meta({ description: 'The id of the other task.' }),
    type: z.enum(LINKS),
  })
  .meta({ id: 'AddLink' });
export const AddComment = z.strictObject({ text: comment }).meta({ id: 'AddComment' });

export const ReviewDecision = z
  .discriminatedUnion('decision', [
    z.strictObject({
      decision: z.literal('approve'),
      comment: comment.optional().meta({ description: 'Required with `request_changes`.' }),
    }),
    z.strictObject({ decision: z.literal('request_changes'), comment, rework: rework.optional() }),
  ])
  .meta({ id: 'ReviewDecision' });

export const Empty = z.strictObject({}).meta({ id: 'Empty' });

const page = {
  limit: z.coerce.number().int().min(1).max(100).default(20),
  cursor: z.string().max(4_000).optional().meta({ description: '`next` of the page before.' }),
};
export const PageQuery = z.strictObject(page);
/** What can be looked for in a text; quotes mean something to the engine. */
export const wordsOf = (value: string): string => value.replace(/["'\\]/g, ' ').trim();

export const ListTasks = z.strictObject({
  status: z.enum(STATUSES).optional(),
  queue: searched.optional(),
  assignee: searched.optional(),
  holder: searched.optional(),
  project: searched.optional(),
  goal: searched.optional(),
  parent: searched.optional().meta({ description: 'Id of the task whose sub-tasks are wanted.' }),
  company: searched.optional(),
  label: searched.optional(),
  text: text(200, 1)
    .refine((value) => wordsOf(value) !== '', 'must have a word')
    .optional()
    .meta({ description: 'Words of title or description; tasks with any of them are found.' }),
  ...page,
});
