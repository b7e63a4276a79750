/** The last stop of every request that failed: turns whatever was thrown into an answer that leaks nothing. */
import type { ErrorRequestHandler, Request, Response } from 'express';
import { PROBLEMS, Problem, RETRY_SOON } from './problems.ts';
import { NoAnswer, NotOpen } from './services/engine.ts';
import { Unconfirmed } from './services/messages.ts';

/** What the body parser and the router throw, by its `type` or status. */
interface HttpError extends Error {
  status?: number;
  type?: string;
}

/** What went wrong, as far as a caller may know. */
export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof NotOpen) return new Problem('not_found', {}, { cause: error });
  if (error instanceof NoAnswer) return new Problem('no_worker', RETRY_SOON, { cause: error });
  const { status, type } = error as HttpError;
  if (type === 'entity.too.large') return new Problem('body_too_large');
  if (type === 'encoding.unsupported' || type === 'charset.unsupported')
    return new Problem('unsupported_media_type');
  if (type === 'entity.parse.failed')
    return new Problem('invalid_json', { detail: 'The body is not valid JSON.' });
  // The router can't decode the path, so it names nothing; anything else the parser refuses is the caller's too.
  if (status === 400) return new Problem(error instanceof URIError ? 'not_found' : 'invalid_json');
  return new Problem('internal', {}, { cause: error });
}

/** Logs a failure of ours, and sets the headers that go with a refusal in whatever shape. */
export function noteProblem(error: unknown, problem: Problem, req: Request, res: Response): void {
  // What nobody waits for any more is no alarm.
  const level = req.socket.destroyed ? 'info' : 'error';
  if (problem.status >= 500)
    req.log[level]({ err: error, problem: problem.type }, PROBLEMS[problem.type].title);
  const { retryAfterSeconds } = problem.details;
  if (retryAfterSeconds !== undefined) res.set('retry-after', String(Math.ceil(retryAfterSeconds)));
  if (problem.status === 401) res.set('www-authenticate', 'Bearer realm="baton"');
}

function answerProblem(req: Request, res: Response, problem: Problem): void {
  if (problem.details.version !== undefined) res.set('etag', `"${problem.details.version}"`);
  res
    .status(problem.status)
    .type('application/problem+json')
    .send(JSON.stringify(problem.toJSON(req.id as string)));
}

/** Express's error handler. A message that is durable but not confirmed is answered 202, which is no problem. */
export function problemHandler(): ErrorRequestHandler {
  return function answerFailure(error: unknown, req, res, _next) {
    if (res.headersSent) {
      res.destroy();
      return;
    }
    if (error instanceof Unconfirmed) {
      const self = `/v1/tasks/${error.taskId}/messages/${error.messageId}`;
      const links = { self, task: `/v1/tasks/${error.taskId}` };
      res.status(202).set({ location: self, 'retry-after': String(RETRY_SOON.retryAfterSeconds) });
      res.json({ messageId: error.messageId, outcome: 'unknown', links });
      return;
    }
    const problem = problemOf(error);
    noteProblem(error, problem, req, res);
    answerProblem(req, res, problem);
  };
}
