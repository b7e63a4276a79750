/**
 * Every way in which a request can be turned down: its type, HTTP status and meaning. The only list of them; the
 * error handler, the OpenAPI document and the pages under /problems are made from it.
 */
import type { Refusal, RefusalType } from '../workflows/refusals.ts';

interface ProblemType {
  status: number;
  title: string;
  /** When it happens and what to do, for the page of the type. */
  about: string;
}

const REFUSALS: Record<RefusalType, ProblemType> = {
  forbidden: {
    status: 403,
    title: 'Not allowed',
    about: 'Your role, or your part in this task, does not permit this. `detail` says who may.',
  },
  self_review: {
    status: 403,
    title: 'Own work',
    about: 'You did the work under review, so somebody else must decide on it.',
  },
  held: {
    status: 409,
    title: 'Held by an agent',
    about:
      'Another run holds the task. Do not retry: take another task. `holder` names the agent; when that is you, `runId` is the run to go on with.',
  },
  seq_blocked: {
    status: 409,
    title: 'Not its turn yet',
    about:
      'The task is a step of a sequence, and the step before it is not done. `blockedBy` names that step. Take another task.',
  },
  open_children: {
    status: 409,
    title: 'Open sub-tasks',
    about: 'A task is done only when its sub-tasks are. `blockedBy` names the first that is open.',
  },
  no_such_child: {
    status: 404,
    title: 'No such sub-task',
    about: 'The task has no sub-task with this id.',
  },
  order_taken: {
    status: 409,
    title: 'Order taken',
    about: 'Another sub-task of the same parent has this order. Choose another, or none to come last.',
  },
  tree_too_large: {
    status: 422,
    title: 'Tree too large',
    about: 'A tree has at most 10 levels, and 200 tasks in one call; a task has at most 200 sub-tasks.',
  },
  assigned_to_another: {
    status: 409,
    title: 'Assigned to another agent',
    about: 'The task waits for its assignee. Take another task.',
  },
  unexpected_status: {
    status: 409,
    title: 'Unexpected status',
    about: 'The claim named the states it expected, and the task is in none of them.',
  },
  backing_off: {
    status: 409,
    title: 'Backing off',
    about:
      'The last run failed for a reason that needs time. Retry after the time given, or take another task.',
  },
  run_not_active: {
    status: 409,
    title: 'Run not active',
    about:
      'Your run is over: it completed, its lease lapsed, or it was ended. `endedBy` says how. Nothing was changed. Stop the work; a submission that came too late is kept in the events of the task.',
  },
  budget_exhausted: {
    status: 409,
    title: 'Budget exhausted',
    about: 'The task has spent its budget, which ended the run. Stop the work.',
  },
  cancel_requested: {
    status: 409,
    title: 'Being cancelled',
    about:
      'The task is being cancelled. In the grace period a run may only be released, failed or completed.',
  },
  transition_not_allowed: {
    status: 409,
    title: 'Transition not allowed',
    about: 'The task is in a state that does not take this. `actions` of the task lists what it takes.',
  },
  frozen: {
    status: 409,
    title: 'Frozen',
    about: 'The work was handed in, or the task is closed, so what it asks for can no longer be changed.',
  },
  already_decided: {
    status: 409,
    title: 'Already decided',
    about: 'You approved this submission before; the quorum needs other people.',
  },
  stale_version: {
    status: 412,
    title: 'Stale version',
    about: 'The task changed since you read it. Read it again, decide again, and send its new ETag.',
  },
  idempotency_key_reused: {
    status: 422,
    title: 'Idempotency key reused',
    about: 'This Idempotency-Key came with another request before. Use a new key for a new request.',
  },
  output_unchecked: {
    status: 422,
    title: 'Output not checked',
    about: 'The task has an output schema and the message did not come through the API, which checks it.',
  },
  task_full: {
    status: 413,
    title: 'Task full',
    about: 'A task holds at most 1 MB in all. Send less, or store it elsewhere and refer to it.',
  },
  malformed_message: {
    status: 422,
    title: 'Malformed message',
    about: 'The workflow could not read the message. `detail` names the field.',
  },
};

const REQUESTS = {
  invalid_json: {
    status: 400,
    title: 'Not JSON',
    about: 'The body is not valid JSON, or not an object.',
  },
  invalid_idempotency_key: {
    status: 400,
    title: 'Invalid Idempotency-Key',
    about: 'The key must have 1 to 200 printable ASCII characters, with or without quotes around it.',
  },
  invalid_precondition: {
    status: 400,
    title: 'Invalid If-Match',
    about: 'If-Match must be one version as the ETag of the task gave it, like `"3"`, or `*`.',
  },
  unauthenticated: {
    status: 401,
    title: 'Not authenticated',
    about:
      'Send `Authorization: Bearer <token>`. `detail` says what is wrong with the token that came, if any.',
  },
  not_found: {
    status: 404,
    title: 'Not found',
    about: 'There is no such thing here, or it belongs to another company.',
  },
  method_not_allowed: {
    status: 405,
    title: 'Method not allowed',
    about: 'This path exists, but not with this method. The Allow header lists those it has.',
  },
  body_too_large: {
    status: 413,
    title: 'Body too large',
    about: 'A request body may have at most 512 KB.',
  },
  unsupported_media_type: {
    status: 415,
    title: 'Unsupported media type',
    about: 'Send JSON, with `Content-Type: application/json` in UTF-8.',
  },
  invalid_request: {
    status: 422,
    title: 'Invalid request',
    about: 'The request does not have the shape it needs. `errors` points at each mistake.',
  },
  output_invalid: {
    status: 422,
    title: 'Output does not fit its schema',
    about:
      "The output does not fit the task's outputSchema. `errors` points at each mistake. The run goes on.",
  },
  version_required: {
    status: 428,
    title: 'Version required',
    about: 'Send If-Match with the ETag of the task as you read it, so that nobody’s changes are lost.',
  },
  rate_limited: {
    status: 429,
    title: 'Too many requests',
    about: 'Slow down, and retry after the seconds given.',
  },
  internal: {
    status: 500,
    title: 'Internal error',
    about: 'A mistake of ours. The request id in `instance` finds it in the logs.',
  },
  no_worker: {
    status: 503,
    title: 'No worker',
    about:
      'No worker answered in time. Retry after the seconds given, with the same Idempotency-Key: what had been done before your request stays done, and is not done twice.',
  },
  engine_unavailable: {
    status: 503,
    title: 'Engine unavailable',
    about:
      'Temporal can not be reached or is overloaded. Retry after the seconds given, with the same Idempotency-Key.',
  },
} as const satisfies Record<string, ProblemType>;

export const PROBLEMS = { ...REFUSALS, ...REQUESTS };
export type ProblemName = keyof typeof PROBLEMS;

/** One mistake in a request; `pointer` is a JSON Pointer into the body, or names a parameter or header. */
export interface Mistake {
  pointer: string;
  detail: string;
}

export interface ProblemDetails extends Omit<Refusal, 'type' | 'detail' | 'status'> {
  detail?: string;
  /** Where the task stands; `status` of a problem is the HTTP status. */
  taskStatus?: string;
  errors?: Mistake[];
  holderAlive?: boolean;
  leaseExpiresAt?: string;
  blockedBy?: string;
}

/** For what may well be different in a moment: when to ask again. */
export const RETRY_SOON = { retryable: true, retryAfterSeconds: 2 } as const;

/** A request is turned down. The error handler answers it as `application/problem+json`. */
export class Problem extends Error {
  readonly type: ProblemName;
  readonly details: ProblemDetails;

  constructor(type: ProblemName, details: ProblemDetails = {}, options?: ErrorOptions) {
    super(details.detail ?? PROBLEMS[type].title, options);
    this.type = type;
    this.details = details;
  }

  static of({ type, status, ...details }: Refusal): Problem {
    return new Problem(type, { ...details, ...(status !== undefined && { taskStatus: status }) });
  }

  get status(): number {
    return PROBLEMS[this.type].status;
  }

  /** The body of the answer. `instance` is the id of the request. */
  toJSON(instance?: string) {
    const { title, status } = PROBLEMS[this.type];
    return { type: `/problems/${this.type}`, title, status, ...this.details, detail: this.message, instance };
  }
}

/** A request without the shape it needs; `detail` tells the first mistake, `errors` all of them. */
export function invalidRequest(errors: Mistake[], options?: ErrorOptions): Problem {
  const [first] = errors;
  return new Problem(
    'invalid_request',
    { detail: first ? `${first.pointer}: ${first.detail}` : 'The request is not valid.', errors },
    options,
  );
}
