/**
 * Every way in which a request can be turned down. The only list of them; the error handler, the OpenAPI document and
 * the pages under /problems are made from it.
 */
import type { Refusal } from '../workflows/refusals.ts';
import { REFUSALS } from './refusal-problems.ts';
import { REQUESTS } from './request-problems.ts';

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
  /** How many tasks are in the way, by status. */
  counts?: Record<string, number>;
}

/** For what may well be different in a moment: when to ask again. */
export const RETRY_SOON = { retryable: true, retryAfterSeconds: 2 } as const;

/** A request is turned down. The error handler answers it as `application/problem+json`. */
export class Problem extends Error {
  readonly type: ProblemName;
  readonly details: ProblemDetails;

  constructor(type: ProblemName, details: ProblemDetails = {}, options?: ErrorOptions) {
    super(details.detail ?? PROBLEMS[type].about, options);
    this.type = type;
    this.details = details;
  }

  static of({ type, status, ...details }: Refusal): Problem {
    return new Problem(type, { ...details, ...(status !== undefined && { taskStatus: status }) });
  }

  get status(): number {
    return PROBLEMS[this.type].status;
  }

  /** The body of the answer: what is wrong, and what to do next. `instance` is the id of the request. */
  toJSON(instance?: string) {
    const { title, status, hint } = PROBLEMS[this.type];
    const { type, message, details } = this;
    return { type: `/problems/${type}`, title, status, hint, ...details, detail: message, instance };
  }
}

/** For what a body names at `pointer`: that there is no such thing is a mistake of the request then. */
export const namedAt =
  (pointer: string, detail: string) =>
  (error: unknown): never => {
    const isMissing = error instanceof Problem && error.type === 'not_found';
    throw isMissing ? invalidRequest([{ pointer, detail }], { cause: error }) : error;
  };

/** A request without the shape it needs; `detail` tells the first mistake, `errors` all of them. */
export function invalidRequest(errors: Mistake[], options?: ErrorOptions): Problem {
  const [first] = errors;
  return new Problem(
    'invalid_request',
    { detail: first ? `${first.pointer}: ${first.detail}` : 'The request is not valid.', errors },
    options,
  );
}
