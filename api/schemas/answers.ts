/** What `/v1` answers. Documentation for callers; the presenters are typed against it. */
import { z } from 'zod';
import { FAILURE_REASONS } from '../../workflows/failure-reasons.ts';
import type { FailureReason } from '../../workflows/failure-reasons.ts';
import { ROLES } from '../../workflows/actor.ts';
import { CHILD_FAILURE_POLICIES, LINKS, MODES } from '../../workflows/definition.ts';
import { STATUSES } from '../../workflows/task-state.ts';
import { ReviewPolicy } from './requests.ts';

const order = z.int().meta({ description: 'Its place among the sub-tasks of its parent.' });
export const at = z.string().meta({ format: 'date-time' });
const status = z.enum(STATUSES);
const reason = z.enum(Object.keys(FAILURE_REASONS) as [FailureReason]);
export const Actor = z.object({ id: z.string(), role: z.enum(ROLES) }).meta({ id: 'Actor' });

const Action = z
  .object({
    name: z.string(),
    method: z.string(),
    href: z.string(),
    allowed: z.boolean(),
    why: z.string().optional().meta({ description: 'Why it is not allowed now.' }),
  })
  .meta({ id: 'Action', description: 'Something a caller may do to the task, or why this caller may not.' });

const RunView = z
  .object({
    id: z.string(),
    agent: z.string(),
    attempt: z.int(),
    leaseSeconds: z.int(),
    startedAt: at,
    checkpointAt: at,
  })
  .meta({ id: 'Run', description: "An agent's hold of a task. Its id fences every later write." });

const EndedRun = z.object({
  id: z.string(),
  agent: z.string(),
  attempt: z.int(),
  startedAt: at,
  endedAt: at,
  end: z.string(),
  reasonCode: reason.optional(),
  lateSubmission: z
    .literal(true)
    .optional()
    .meta({ description: 'It handed in work after its end; see the events.' }),
});

const Failure = z.object({
  reasonCode: reason,
  message: z.string(),
  at,
  run: z.string().optional(),
  report: z.record(z.string(), z.unknown()).optional(),
});

export const Comment = z.object({ id: z.string(), by: Actor, at, text: z.string() }).meta({ id: 'Comment' });

export const TaskSummary = z
  .object({
    id: z.string(),
    title: z.string(),
    status,
    priority: z.int(),
    labels: z.array(z.string()),
    queue: z.string().optional(),
    assignee: z.string().optional(),
    holder: z.string().optional(),
    project: z.string().optional(),
    goal: z.string().optional(),
    parent: z.string().optional(),
    order: order.optional(),
    type: z.string().optional(),
    client: z.string().optional(),
    deadline: at.optional(),
    createdBy: z.string(),
    createdAt: at,
    closedAt: at.optional(),
    archived: z.literal(true).optional(),
    links: z.record(z.string(), z.string()),
  })
  .meta({ id: 'TaskSummary' });

export const Subtask = z
  .object({
    id: z.string(),
    title: z.string(),
    order: order.optional(),
    status: z.enum([...STATUSES, 'skipped', 'open']).meta({
      description:
        'That of the task; or `skipped`; or `open` for a moment when it has just ended and its parent does not know yet, and whenever lists can not be asked.',
    }),
    blockedBy: z.string().optional().meta({ description: 'The task that must be done before it may start.' }),
    holder: z.string().optional(),
    links: z.record(z.string(), z.string()),
  })
  .meta({ id: 'Subtask', description: 'A sub-task as its parent tells of it.' });

export const TaskBody = z
  .object({
    id: z.string(),
    title: z.string(),
    description: z.string().optional(),
    status,
    standing: z
      .string()
      .meta({ description: 'One sentence: where the task stands, and for whom or what it waits.' }),
    version: z.int().meta({ description: 'Also the ETag. Edits and changes of state raise it.' }),
    priority: z.int(),
    labels: z.array(z.string()),
    queue: z.string().optional(),
    assignee: z.string().optional(),
    project: z.string().optional(),
    goal: z.string().optional(),
    client: z.string().optional(),
    type: z.string().optional(),
    payload: z.unknown().optional(),
    context: z
      .array(z.object({ path: z.string(), text: z.string().optional(), url: z.string().optional() }))
      .optional(),
    outputSchema: z.unknown().optional(),
    deadline: at.optional(),
    overdue: z.boolean().optional(),
    lease: z.object({ seconds: z.int() }).optional(),
    progressTimeoutSeconds: z.int().optional(),
    maxAttempts: z.int(),
    budget: z
      .object({
        usd: z.number().optional(),
        tokens: z.int().optional(),
        wallSeconds: z.number().optional(),
      })
      .optional(),
    review: ReviewPolicy,
    settleSeconds: z.int().optional(),
    cancelGraceSeconds: z.int().optional(),
    company: z.string(),
    createdBy: Actor,
    createdAt: at,
    updatedAt: at,
    run: RunView.nullable(),
    attempts: z.int().meta({ description: 'Runs that ended by crash, stall or a retryable failure.' }),
    endedRuns: z.array(EndedRun),
    parent: z.object({ id: z.string(), order: order.optional() }).nullable(),
    gate: z
      .object({ blockedBy: z.string() })
      .nullable()
      .meta({ description: 'Not null: the task may not start before that one is done.' }),
    approvals: z
      .array(z.object({ id: z.string(), type: z.string(), requestedBy: Actor, since: at }))
      .meta({ description: 'Not empty: it may be neither taken nor completed before these are decided.' }),
    mode: z.enum(MODES).optional(),
    autoComplete: z.boolean().optional(),
    onChildFailure: z.enum(CHILD_FAILURE_POLICIES).optional(),
    children: z.array(Subtask),
    comments: z.int().meta({ description: 'How many there are.' }),
    lastProgress: z.record(z.string(), z.unknown()).nullable(),
    lastFailure: Failure.nullable().meta({
      description: 'How the last failed run ended, for the next one to read.',
    }),
    submission: z.record(z.string(), z.unknown()).nullable(),
    reviewProgress: z.record(z.string(), z.unknown()).nullable(),
    handoff: z.record(z.string(), z.unknown()).nullable(),
    failure: Failure.nullable(),
    cancel: z.object({ at, graceUntil: at, by: z.string().optional() }).nullable(),
    cost: z
      .object({
        usd: z.number(),
        inputTokens: z.int(),
        outputTokens: z.int(),
        wallSeconds: z.number().optional(),
      })
      .meta({ description: 'By the reports of agents; `wallSeconds` is how long launched programs ran.' }),
    notBefore: at.optional().meta({ description: 'No run may start before this time.' }),
    terminated: z.literal(true).optional(),
    related: z
      .array(z.object({ to: z.string(), type: z.enum(LINKS), by: z.string(), at }))
      .optional()
      .meta({ description: 'What it is to other tasks.' }),
    archived: z.object({ by: z.string(), at }).optional(),
    links: z.record(z.string(), z.string()),
    actions: z.array(Action),
  })
  .meta({ id: 'Task' });

export const Claimed = z
  .object({
    task: TaskBody,
    run: z.object({ id: z.string(), agent: z.string(), leaseSeconds: z.int(), leaseExpiresAt: at }),
  })
  .meta({ id: 'Claimed' });

export const RunAnswer = z
  .object({
    leaseExpiresAt: at,
    stop: z
      .object({ reason: z.string(), graceSeconds: z.int() })
      .nullable()
      .meta({ description: 'Not null: wind down, and end the run within the grace period.' }),
    warnings: z.array(z.string()),
  })
  .meta({ id: 'RunAnswer' });

export const Received = z
  .object({
    messageId: z.string(),
    outcome: z.enum(['accepted', 'refused', 'unknown']),
    problem: z.unknown().optional(),
    links: z.record(z.string(), z.string()),
  })
  .meta({ id: 'Received', description: 'What became of a message; unknown until a worker has handled it.' });

export const Event = z
  .object({
    id: z.string(),
    at,
    type: z.string(),
    by: Actor.optional(),
    run: z.string().optional(),
    outcome: z.unknown().meta({ description: '`accepted`, or why it was refused.' }),
    status,
    version: z.int(),
    data: z.record(z.string(), z.unknown()).optional(),
  })
  .meta({ id: 'Event' });

export const pageOf = <T extends z.ZodType>(item: T) =>
  z.object({
    items: z.array(item),
    next: z.string().nullable().meta({ description: 'The cursor of the next page.' }),
  });

export const ProblemBody = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string().meta({ description: 'What is wrong.' }),
    hint: z.string().meta({ description: 'What to do next.' }),
    instance: z.string().optional().meta({ description: 'The id of the request, as it stands in the logs.' }),
    retryable: z.boolean().optional(),
    retryAfterSeconds: z.number().optional(),
    errors: z.array(z.object({ pointer: z.string(), detail: z.string() })).optional(),
    holder: z.string().optional(),
    holderAlive: z.boolean().optional(),
    leaseExpiresAt: at.optional(),
    runId: z.string().optional(),
    endedBy: z.string().optional(),
    blockedBy: z.string().optional(),
    counts: z.record(z.string(), z.int()).optional(),
    taskStatus: status.optional(),
    version: z.int().optional(),
  })
  .meta({ id: 'Problem', description: 'RFC 9457. `type` leads to a page that explains it.' });
