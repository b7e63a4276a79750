/**
 * What the foreign protocols have in common. They are read leniently (unknown fields are ignored, a body is JSON
 * whatever it says it is, an empty one is `{}`), answered in their own words, and refused in their own shape.
 */
import { Router } from 'express';
import type { ErrorRequestHandler, Request, RequestHandler, Response } from 'express';
import type { z } from 'zod';
import type { Task } from '../../workflows/task-record.ts';
import { Subject } from '../auth.ts';
import type { Principal } from '../auth.ts';
import { readBody } from '../guard.ts';
import { knownBy, parseIdempotencyKey } from '../idempotency.ts';
import { noteProblem, problemOf } from '../problem-handler.ts';
import { Problem } from '../problems.ts';
import { callerRunId, check, hangUpOf, send } from '../route.ts';
import type { Answer } from '../route.ts';
import type { Services } from '../services/index.ts';
import type { Request as Call } from '../services/messages.ts';
import { Unconfirmed } from '../services/messages.ts';

export interface DialectDeps {
  services: Services;
  /** Identifies the caller and limits how often it may ask. */
  guard: RequestHandler[];
}

/** A request as a handler of a dialect gets it. */
export interface Asked {
  params: Record<string, string>;
  /** Each parameter once. */
  query: Record<string, string>;
  body: Record<string, unknown>;
  call: Call & { principal: Principal };
  hungUp: AbortSignal;
}

type Handle = (asked: Asked) => Promise<Answer>;
export type On = (method: 'get' | 'post' | 'patch' | 'delete', path: string, handle: Handle) => void;

/** How a protocol says that a request is turned down. */
export type Refuse = (problem: Problem) => Answer;

/** The names under which agents send their own name for their wake. */
const RUN_ID_HEADERS = ['x-paperclip-run-id', 'x-darkduck-run-id', 'x-run-id'];

/** The router of a protocol; `routes` says what there is, everything else is not found, in the protocol's shape. */
export function dialectRouter({ guard }: DialectDeps, routes: (on: On) => void, refuse: Refuse): Router {
  const router = Router();
  router.use(...guard, readBody({ lenient: true }));
  routes((method, path, handle) => {
    router[method](path, async (req, res) => {
      send(res, await handle(askedOf(req, res)));
    });
  });
  router.use(() => {
    throw new Problem('not_found', { detail: 'There is nothing at this path.' });
  });
  router.use(refusalHandler(refuse));
  return router;
}

function askedOf(req: Request, res: Response): Asked {
  const body: unknown = req.body ?? {};
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw new Problem('invalid_json', { detail: 'The body is no JSON object.' });
  const principal = res.locals['principal'] as Principal;
  const key = req.method === 'GET' ? undefined : parseIdempotencyKey(req.get('idempotency-key'));
  const header = RUN_ID_HEADERS.map((name) => req.get(name)).find((value) => value !== undefined);
  return {
    params: req.params as Record<string, string>,
    query: Object.fromEntries(
      Object.entries(req.query as Record<string, string | string[]>).map(([name, value]) => [
        name,
        (Array.isArray(value) ? value[0] : value) as string,
      ]),
    ),
    body: body as Record<string, unknown>,
    call: {
      principal,
      ...knownBy(key, principal.id, req.method, req.originalUrl, body),
      callerRunId: callerRunId(header),
    },
    hungUp: hangUpOf(res),
  };
}

/** A part of a request as this schema reads it. Throws `invalid_request` that names what is wrong with it. */
export const read = <S extends z.ZodType>(schema: S, value: unknown): z.output<S> =>
  check(schema, value, '/') as z.output<S>;

/** The call as made by the agent that a body names: an agent may name only itself, an operator acts for any. */
export function actingAs<C extends Call & { principal: Principal }>(call: C, agentId: string | undefined): C {
  const { principal } = call;
  if (agentId === undefined || agentId === principal.id) return call;
  if (principal.role !== 'operator') {
    const detail = `This token belongs to ${principal.id}, so it can not act for ${agentId}.`;
    throw new Problem('forbidden', { detail, hint: 'Name yourself, or use the token of that agent.' });
  }
  if (!Subject.safeParse(agentId).success)
    throw new Problem('invalid_request', { detail: 'agentId is no name of an agent.' });
  return { ...call, principal: { ...principal, id: agentId, role: 'agent' } };
}

/** The call for what comes of it besides: it has no key of its own, and counts for whatever the task is by then. */
export const following = <C extends Call>(call: C): C => ({
  ...call,
  key: undefined,
  messageId: undefined,
  said: undefined,
  ifVersion: undefined,
});

/** The call as made by whoever holds the task, where an operator makes it: it does for the holder what only that may do. */
export const forHolder = <C extends Call & { principal: Principal }>(
  call: C,
  { run }: Pick<Task, 'run'>,
): C => (call.principal.role === 'operator' && run ? actingAs(call, run.agent) : call);

/** What a caller is told of a failure. What is durable but not confirmed must not be sent anew as another request. */
export const toldOf = (error: unknown): Problem =>
  error instanceof Unconfirmed
    ? new Problem('no_worker', {
        detail: 'It is received for good, but nobody has confirmed it yet.',
        hint: 'Read the task in a moment; do not send it again.',
        retryAfterSeconds: 2,
      })
    : problemOf(error);

/** The last stop of a request that failed. */
function refusalHandler(refuse: Refuse): ErrorRequestHandler {
  return function answerRefusal(error: unknown, req, res, _next) {
    if (res.headersSent) return void res.destroy();
    const problem = toldOf(error);
    noteProblem(error, problem, req, res);
    send(res, refuse(problem));
  };
}
