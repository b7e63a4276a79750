/** How requests are turned down that no task ever hears of: each with its status, its name, and what to do about it. */
import type { ProblemType } from './refusal-problems.ts';

export const REQUESTS = {
  invalid_json: {
    status: 400,
    title: 'Not JSON',
    about: 'The body is not valid JSON, or not an object.',
    hint: 'Send one JSON object.',
  },
  invalid_idempotency_key: {
    status: 400,
    title: 'Invalid Idempotency-Key',
    about: 'An Idempotency-Key has 1 to 200 printable ASCII characters, with or without quotes around it.',
    hint: 'Make one of a UUID, and send the same one when you repeat the request.',
  },
  invalid_precondition: {
    status: 400,
    title: 'Invalid If-Match',
    about: 'The If-Match header is no version of a task or a memory.',
    hint: 'Send the ETag of what you change, as you read it, such as `If-Match: "3"`, or `*` for any version.',
  },
  unauthenticated: {
    status: 401,
    title: 'Not authenticated',
    about: 'The request has no token that is accepted here.',
    hint: 'Send `Authorization: Bearer <token>`, with a token from whoever runs this Baton (`npm run token` makes one).',
  },
  not_found: {
    status: 404,
    title: 'Not found',
    about: 'There is no such thing here, or it belongs to another company.',
    hint: 'Check the id, and that your token is of the right company. Lists such as `GET /v1/tasks` show what there is.',
  },
  method_not_allowed: {
    status: 405,
    title: 'Method not allowed',
    about: 'This path exists, but not with this method.',
    hint: 'Use a method that the Allow header lists; see /docs for what each does.',
  },
  queue_not_empty: {
    status: 409,
    title: 'Queue not empty',
    about: 'The queue has open tasks; `counts` says how many are in which state.',
    hint: 'Wait until they are done, or move them to another queue. With `?force=true` they are cancelled; those in review have to be decided on first.',
  },
  body_too_large: {
    status: 413,
    title: 'Body too large',
    about: 'A request body may have at most 512 KB.',
    hint: 'Send less, or store it elsewhere and refer to it.',
  },
  unsupported_media_type: {
    status: 415,
    title: 'Unsupported media type',
    about: 'The body is not JSON by its Content-Type, or in a charset or encoding that is not taken.',
    hint: 'Send JSON in UTF-8, with `Content-Type: application/json`.',
  },
  invalid_request: {
    status: 422,
    title: 'Invalid request',
    about: 'The request does not have the shape it needs.',
    hint: 'Correct what `errors` points at; /docs describes every field.',
  },
  output_invalid: {
    status: 422,
    title: 'Output does not fit its schema',
    about:
      "The output does not fit the task's outputSchema, or takes too long to check against it. The run goes on.",
    hint: 'Correct what `errors` points at, and hand the work in again.',
  },
  version_required: {
    status: 428,
    title: 'Version required',
    about: 'An edit has to say which version it changes, so that nobody’s changes are lost.',
    hint: 'Read what you want to change, and send its ETag as `If-Match`, such as `If-Match: "3"`.',
  },
  rate_limited: {
    status: 429,
    title: 'Too many requests',
    about: 'You have made as many requests as are taken from one caller in a minute.',
    hint: 'Slow down, and retry after `retryAfterSeconds`.',
  },
  internal: {
    status: 500,
    title: 'Internal error',
    about: 'A mistake of ours.',
    hint: 'Tell whoever runs this Baton the id in `instance`: it finds the cause in the logs.',
  },
  keys_unavailable: {
    status: 503,
    title: 'Key set unavailable',
    about: 'The key set that tokens are checked with can not be read, so nobody is let in or turned away.',
    hint: 'Retry after `retryAfterSeconds`. If it lasts, tell whoever runs this Baton.',
  },
  no_worker: {
    status: 503,
    title: 'No worker',
    about: 'No worker answered in time. What had been done before your request stays done.',
    hint: 'Retry after `retryAfterSeconds`, with the same Idempotency-Key: nothing is done twice.',
  },
  engine_unavailable: {
    status: 503,
    title: 'Engine unavailable',
    about: 'Temporal can not be reached, or is overloaded.',
    hint: 'Retry after `retryAfterSeconds`, with the same Idempotency-Key: nothing is done twice.',
  },
} as const satisfies Record<string, ProblemType>;
