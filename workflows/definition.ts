/** What a task is asked to be: the part of it that its creator writes and `edit` may change. */
import { LIMITS, RANGES } from './limits.ts';
import {
  ParseFault,
  boolean,
  byteLength,
  integer,
  json,
  list,
  nullable,
  number,
  object,
  oneOf,
  optional,
  text,
  time,
} from './parse.ts';
import type { Infer, Parser } from './parse.ts';

export const id = text(LIMITS.idBytes, 1);
export const note = text(LIMITS.noteBytes);
export const commentText = text(LIMITS.commentBytes, 1);
const seconds = (range: readonly [number, number]) => integer(range[0], range[1]);

export const REVIEW_POLICIES = ['required', 'none'] as const;
export const REVIEW_TIMEOUTS = ['escalate', 'approve', 'reject'] as const;
export const REWORKS = ['new_task', 'same_task'] as const;
export const MODES = ['parallel', 'sequence'] as const;
export const CHILD_FAILURE_POLICIES = ['hold', 'continue', 'fail'] as const;
/** What one task may be to another. */
export const LINKS = ['blocks', 'relates', 'duplicates'] as const;

const ReviewFields = object({
  policy: oneOf(...REVIEW_POLICIES),
  /** Who may decide, besides operators; anybody with the role `reviewer` when absent. */
  reviewers: optional(list(id, LIMITS.reviewers, 1)),
  /** How many different people must approve. */
  quorum: optional(integer(1, LIMITS.reviewers)),
  timeoutSeconds: optional(seconds(RANGES.reviewTimeoutSeconds)),
  onTimeout: optional(oneOf(...REVIEW_TIMEOUTS)),
  rework: optional(oneOf(...REWORKS)),
  /** Lets the agent that did the work also approve it. */
  selfReview: optional(boolean),
});
export type Review = Infer<typeof ReviewFields>;

/** A review that more people must approve than may decide could never end, so it is refused. */
export const Review: Parser<Review> = (value, at) => {
  const review = ReviewFields(value, at);
  if (review.reviewers && (review.quorum ?? 1) > new Set(review.reviewers).size) {
    throw new ParseFault(`${at}/quorum must not exceed the number of reviewers`);
  }
  return review;
};

export const Budget = object({
  usd: optional(number(...RANGES.usd)),
  tokens: optional(integer(...RANGES.tokens)),
  /** How long programs that Baton launches may run. */
  wallSeconds: optional(number(...RANGES.wallSeconds)),
});

const ContextItem = object({
  path: text(1_000, 1),
  text: optional(text(LIMITS.contextBytes)),
  url: optional(text(2_000)),
});

/** Together they are one search attribute, of which Temporal takes 2 KB. */
const labels: Parser<string[]> = (value, at) => {
  const given = list(text(LIMITS.labelBytes, 1), LIMITS.labels)(value, at);
  if (byteLength(JSON.stringify(given)) <= LIMITS.labelsBytes) return given;
  throw new ParseFault(`${at} must be at most ${LIMITS.labelsBytes} bytes as JSON`);
};

const editable = {
  description: text(LIMITS.descriptionBytes),
  /** The work queue it waits in; with an assignee, it waits in that agent's inbox instead. */
  queue: id,
  assignee: id,
  project: id,
  goal: id,
  client: id,
  type: id,
  payload: json(LIMITS.payloadBytes),
  deadline: time,
  lease: object({ seconds: seconds(RANGES.leaseSeconds) }),
  progressTimeoutSeconds: seconds(RANGES.progressTimeoutSeconds),
  budget: Budget,
};
const required = {
  title: text(LIMITS.titleBytes, 1),
  priority: integer(...RANGES.priority),
  labels,
  maxAttempts: integer(...RANGES.maxAttempts),
  review: Review,
};

const DefinitionFields = object({
  title: required.title,
  priority: optional(required.priority),
  labels: optional(required.labels),
  maxAttempts: optional(required.maxAttempts),
  review: optional(required.review),
  description: optional(editable.description),
  queue: optional(editable.queue),
  assignee: optional(editable.assignee),
  project: optional(editable.project),
  goal: optional(editable.goal),
  client: optional(editable.client),
  type: optional(editable.type),
  payload: optional(editable.payload),
  deadline: optional(editable.deadline),
  lease: optional(editable.lease),
  progressTimeoutSeconds: optional(editable.progressTimeoutSeconds),
  budget: optional(editable.budget),
  context: optional(list(ContextItem, LIMITS.contextItems)),
  outputSchema: optional(json(LIMITS.outputSchemaBytes)),
  settleSeconds: optional(seconds(RANGES.settleSeconds)),
  cancelGraceSeconds: optional(seconds(RANGES.cancelGraceSeconds)),
  /** Whether its sub-tasks may all start at once, or each only when the one before it is done. */
  mode: optional(oneOf(...MODES)),
  /** It is done when its sub-tasks are, without an agent of its own. */
  autoComplete: optional(boolean),
  /** What a failed sub-task means: wait for a person, go on without it, or fail too. */
  onChildFailure: optional(oneOf(...CHILD_FAILURE_POLICIES)),
});
export type Definition = Infer<typeof DefinitionFields>;

/** What `POST /v1/tasks` takes, as the workflow takes it. Only the title has no default. */
export const Definition: Parser<Definition> = (value, at) => {
  const definition = DefinitionFields(value, at);
  if (byteLength(JSON.stringify(definition)) <= LIMITS.stateBytes - LIMITS.reservedBytes) return definition;
  throw new ParseFault(`${at} leaves no room for the work on it`);
};

/** Changes to a definition; `null` clears a field that has no default. */
export const Edit = object({
  title: optional(required.title),
  priority: optional(required.priority),
  labels: optional(required.labels),
  maxAttempts: optional(required.maxAttempts),
  review: optional(required.review),
  description: optional(nullable(editable.description)),
  queue: optional(nullable(editable.queue)),
  assignee: optional(nullable(editable.assignee)),
  project: optional(nullable(editable.project)),
  goal: optional(nullable(editable.goal)),
  client: optional(nullable(editable.client)),
  type: optional(nullable(editable.type)),
  payload: optional(nullable(editable.payload)),
  deadline: optional(nullable(editable.deadline)),
  lease: optional(nullable(editable.lease)),
  progressTimeoutSeconds: optional(nullable(editable.progressTimeoutSeconds)),
  budget: optional(nullable(editable.budget)),
});
export type Edit = Infer<typeof Edit>;
