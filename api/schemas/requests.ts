/** What callers send to `/v1`. Unknown fields are refused; the workflow's parsers check the same limits again. */
import { z } from 'zod';
import { REVIEW_POLICIES, REVIEW_TIMEOUTS, REWORKS } from '../../workflows/definition.ts';
import { REPORTABLE_REASONS } from '../../workflows/failure-reasons.ts';
import { LIMITS, RANGES } from '../../workflows/limits.ts';
import { byteLength } from '../../workflows/parse.ts';
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

export const ReviewPolicy = z
  .strictObject({
    policy: z.enum(REVIEW_POLICIES),
    reviewers: z.array(name).min(1).max(LIMITS.reviewers).optional(),
    quorum: z.int().min(1).max(LIMITS.reviewers).optional(),
    timeoutSeconds: within(RANGES.reviewTimeoutSeconds).optional(),
    onTimeout: z.enum(REVIEW_TIMEOUTS).optional(),
    rework: z.enum(REWORKS).optional(),
    selfReview: z.boolean().optional().meta({ description: 'Lets the agent that did the work approve it.' }),
  })
  .refine(({ reviewers, quorum = 1 }) => !reviewers || quorum <= new Set(reviewers).size, {
    path: ['quorum'],
    message: 'must not exceed the number of reviewers',
  })
  .meta({ id: 'ReviewPolicy' });

const Budget = z.strictObject({
  usd: z.number().min(RANGES.usd[0]).max(RANGES.usd[1]).optional(),
  tokens: within(RANGES.tokens).optional(),
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
const title = text(LIMITS.titleBytes, 1).refine(oneLine, 'must be one line');

const always = {
  title,
  priority: within(RANGES.priority).meta({
    description: '1 is the most urgent, 5 the least; 3 unless given.',
  }),
  labels: z.array(text(LIMITS.labelBytes, 1)).max(LIMITS.labels),
  maxAttempts: within(RANGES.maxAttempts),
  review: ReviewPolicy,
};
const clearable = {
  description: text(LIMITS.descriptionBytes),
  assignee: name,
  project: name,
  goal: name,
  client: name,
  type: name,
  payload: json(LIMITS.payloadBytes),
  deadline: time,
  lease,
  progressTimeoutSeconds: within(RANGES.progressTimeoutSeconds),
  budget: Budget,
};

/** What a task may be told when it is created; some of it can be edited later. */
export const taskFields = {
  ...z.object({ ...always, ...clearable }).partial().shape,
  title,
  context: z.array(ContextItem).max(LIMITS.contextItems).optional(),
  outputSchema: OutputSchema.optional(),
  settleSeconds: within(RANGES.settleSeconds).optional(),
  cancelGraceSeconds: within(RANGES.cancelGraceSeconds).optional(),
};

const nullable = Object.fromEntries(
  Object.entries(clearable).map(([key, schema]) => [key, (schema as z.ZodType).nullable()]),
) as { [K in keyof typeof clearable]: z.ZodNullable<(typeof clearable)[K]> };

export const EditTask = z
  .strictObject(z.object({ ...always, ...nullable }).partial().shape)
  .refine((edit) => Object.keys(edit).length > 0, 'must change something')
  .meta({ id: 'EditTask', description: 'The fields to change; null clears one that has no default.' });

export const ClaimTask = z
  .strictObject({ expected: z.array(z.enum(STATUSES)).min(1).optional(), lease: lease.optional() })
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
      [said, understanding, plan, blockers].some((each) => each),
    'must have at least one of note, understanding, plan, blockers',
  )
  .meta({ id: 'ReportProgress' });

export const MarkComplete = z
  .strictObject({
    output: json(LIMITS.outputBytes),
    reasoning: text(LIMITS.reasoningBytes),
    memoryPromotions: z
      .array(z.strictObject({ scope: name, text: note }))
      .max(20)
      .optional(),
    costNote: note.optional(),
  })
  .meta({ id: 'MarkComplete' });

export const MarkFailed = z
  .strictObject({
    reasonCode: z.enum(REPORTABLE_REASONS),
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
export const DecideOnSubtask = z.strictObject({ comment: comment.optional() }).meta({ id: 'DecideOnSubtask' });
export const AddComment = z.strictObject({ text: comment }).meta({ id: 'AddComment' });

export const ReviewDecision = z
  .discriminatedUnion('decision', [
    z.strictObject({ decision: z.literal('approve'), comment: comment.optional() }),
    z.strictObject({ decision: z.literal('request_changes'), comment, rework: z.enum(REWORKS).optional() }),
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
