/** What stands before every request that needs a caller: who it is, and how many requests it may make. */
import express from 'express';
import type { RequestHandler } from 'express';
import { rateLimit } from 'express-rate-limit';
import type { Authenticate, Principal } from './auth.ts';
import { Problem } from './problems.ts';

/** In bytes. */
export const LARGEST_BODY = 512 * 1024;

/** Who asks comes before what: nobody's body is read without a token. */
export const guard = (authenticate: Authenticate, requestsPerMinute: number): RequestHandler[] => [
  identify(authenticate),
  limit(requestsPerMinute),
];

/** Reads JSON bodies; those of any content type where `lenient`. */
export const readBody = ({ lenient = false } = {}): RequestHandler =>
  express.json({ limit: LARGEST_BODY, strict: true, ...(lenient && { type: () => true }) });

function identify(authenticate: Authenticate): RequestHandler {
  return async function identifyCaller(req, res, next) {
    res.locals['principal'] = await authenticate(req.get('authorization'));
    res.set('cache-control', 'no-store');
    next();
  };
}

function limit(perMinute: number): RequestHandler {
  return rateLimit({
    windowMs: 60_000,
    limit: perMinute,
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    keyGenerator: (_req, res) => {
      const { company, id } = res.locals['principal'] as Principal;
      return JSON.stringify([company, id]);
    },
    handler: (req, _res, next) => {
      const resetAt =
        (req as { rateLimit?: { resetTime?: Date } }).rateLimit?.resetTime?.getTime() ?? Date.now();
      const retryAfterSeconds = Math.max(1, Math.ceil((resetAt - Date.now()) / 1000));
      next(new Problem('rate_limited', { retryable: true, retryAfterSeconds }));
    },
  });
}
