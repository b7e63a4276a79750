/**
 * One operation of the API, described once: its schemas check what comes in and make the OpenAPI document. A handler
 * gets parsed input and a known caller, and returns the answer.
 */
import type { Request, RequestHandler, Response } from 'express';
import type { z } from 'zod';
import { LIMITS } from '../workflows/limits.ts';
import type { Principal } from './auth.ts';
import { parseIdempotencyKey } from './idempotency.ts';
import { Problem, invalidRequest } from './problems.ts';
import type { Mistake, ProblemName } from './problems.ts';
import type { Request as Call } from './services/messages.ts';

export interface Answer {
  status: number;
  /** Sent as JSON, unless it is text of another type. */
  body?: unknown;
  contentType?: string;
  headers?: Record<string, string>;
}

export interface Input<P, Q, B> {
  params: P;
  query: Q;
  body: B;
  /** Who asks, and with what key and precondition. */
  call: Call & { principal: Principal };
  /** Aborted when the caller hangs up before it is answered. */
  hungUp: AbortSignal;
}

export interface Operation {
  /** Also the name of the operation in generated clients. */
  id: string;
  method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  /** As Express writes it, with `:name` for parameters. */
  path: string;
  summary: string;
  description?: string;
  params?: z.ZodObject;
  query?: z.ZodObject;
  body?: z.ZodType;
  /** May the body be left out altogether? */
  bodyOptional?: boolean;
  /** Takes If-Match; `required` refuses requests without it. */
  ifMatch?: 'required' | 'optional';
  /** What it asks for is received for good before a worker has confirmed it, and may be answered so, with 202. */
  mayBeUnconfirmed?: boolean;
  /** `contentType` is that of text, where it is answered instead of JSON, or to those who accept that rather. */
  answers: Record<number, { description: string; schema?: z.ZodType; contentType?: string }>;
  /** The problems it may answer besides those that any operation may. */
  problems: ProblemName[];
  handle: (input: Input<unknown, unknown, unknown>, res: Response) => Promise<Answer | undefined>;
}

type Parsed<S extends z.ZodType | undefined> = S extends z.ZodType ? z.output<S> : undefined;

/** Describes an operation, with its handler typed by its schemas. */
export function operation<P extends z.ZodObject, Q extends z.ZodObject, B extends z.ZodType>(
  described: Omit<Operation, 'handle' | 'params' | 'query' | 'body'> & {
    params?: P;
    query?: Q;
    body?: B;
    handle: (input: Input<Parsed<P>, Parsed<Q>, Parsed<B>>, res: Response) => Promise<Answer | undefined>;
  },
): Operation {
  return described as unknown as Operation;
}

/** The Express handler of an operation. */
export function handlerOf(op: Operation): RequestHandler {
  return async (req, res) => {
    const input = {
      params: check(op.params, req.params, ''),
      query: check(op.query, req.query, ''),
      body: check(op.body, bodyOf(op, req), '/'),
      call: {
        principal: res.locals['principal'] as Principal,
        key: op.method === 'get' ? undefined : parseIdempotencyKey(req.get('idempotency-key')),
        ifVersion: op.ifMatch && parseIfMatch(req.get('if-match'), op.ifMatch),
        callerRunId: callerRunId(req.get('x-run-id')),
      },
      hungUp: hangUpOf(res),
    };
    const answer = await op.handle(input, res);
    if (answer) send(res, answer);
  };
}

/** Aborted when the caller hangs up before it is answered. */
export function hangUpOf(res: Response): AbortSignal {
  const hangUp = new AbortController();
  res.on('close', () => {
    if (!res.writableEnded) hangUp.abort();
  });
  return hangUp.signal;
}

/** The caller's own name for its run, as far as it is plain text; nothing depends on it. */
export const callerRunId = (header: string | undefined): string | undefined =>
  header?.replace(/[^\x20-\x7e]/g, '?').slice(0, LIMITS.idBytes) || undefined;

/** Sends the answer. */
export function send(res: Response, { status, body, contentType, headers = {} }: Answer): void {
  res.status(status).set(headers);
  // Not `res.json`, which would answer 304 by the ETag: that is the task's version, which progress does not raise.
  if (body === undefined) res.end();
  else if (contentType !== undefined) res.type(contentType).end(body);
  else res.type('json').end(JSON.stringify(body));
}

function bodyOf(op: Operation, req: Request): unknown {
  const body: unknown = req.body;
  const isSent = req.get('transfer-encoding') !== undefined || Number(req.get('content-length') ?? 0) > 0;
  // The parser leaves what is no JSON alone; to take it for no body would do something else than was asked.
  if (body === undefined && isSent && op.body) throw new Problem('unsupported_media_type');
  return body ?? {};
}

/** Checks one part of a request. Throws `invalid_request` with a pointer to each mistake. */
export function check(schema: z.ZodType | undefined, value: unknown, prefix: string): unknown {
  if (!schema) return undefined;
  const parsed = schema.safeParse(value, { error: told });
  if (parsed.success) return parsed.data;
  throw invalidRequest(parsed.error.issues.flatMap((issue) => mistakes(issue, prefix)));
}

const told: z.core.$ZodErrorMap = ({ code, input }) => {
  if (code === 'unrecognized_keys') return 'unknown field';
  return code === 'invalid_type' && input === undefined ? 'is required' : undefined;
};

const MISTAKES_TOLD = 20;

function mistakes(issue: z.core.$ZodIssue, prefix: string): Mistake[] {
  const at = (path: readonly PropertyKey[]) =>
    prefix + path.map((part) => String(part).replace(/~/g, '~0').replace(/\//g, '~1')).join('/');
  if (issue.code === 'unrecognized_keys') {
    return issue.keys
      .slice(0, MISTAKES_TOLD)
      .map((key) => ({ pointer: at([...issue.path, key]), detail: issue.message }));
  }
  return [{ pointer: at(issue.path), detail: issue.message }];
}

/** The version in If-Match; undefined for `*`, or for none where none is needed. */
function parseIfMatch(header: string | undefined, need: 'required' | 'optional'): number | undefined {
  if (header === undefined) {
    if (need === 'required') throw new Problem('version_required');
    return undefined;
  }
  if (header.trim() === '*') return undefined;
  const version = /^"?(\d{1,15})"?$/.exec(header.trim())?.[1];
  if (version === undefined || Number(version) < 1) throw new Problem('invalid_precondition');
  return Number(version);
}

export const etag = (version: number): string => `"${version}"`;
