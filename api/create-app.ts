/** Puts the API together from what it needs; listening is up to the caller. */
import express from 'express';
import type { Express, RequestHandler } from 'express';
import { rateLimit } from 'express-rate-limit';
import helmet from 'helmet';
import type { Authenticate, Principal } from './auth.ts';
import { requestLog } from './logger.ts';
import type { Logger } from './logger.ts';
import { problemHandler } from './problem-handler.ts';
import { Problem } from './problems.ts';
import { createLinks } from './present.ts';
import { handlerOf } from './route.ts';
import type { Operation } from './route.ts';
import { queueRoutes } from './routes/queues.ts';
import { runRoutes } from './routes/runs.ts';
import { STYLE_HASH, systemRouter } from './routes/system.ts';
import { talkRoutes } from './routes/talk.ts';
import { subtaskRoutes } from './routes/subtasks.ts';
import { taskRoutes } from './routes/tasks.ts';
import type { Services } from './services/index.ts';

export interface AppDeps {
  services: Services;
  authenticate: Authenticate;
  logger: Logger;
  /** Where people open the Temporal UI, and the namespace they find tasks in. */
  temporalUiUrl: string;
  namespace: string;
  /** Where people reach the API, when that is known. */
  publicUrl?: string | undefined;
  rateLimitPerMinute: number;
  version: string;
  isShuttingDown: () => boolean;
}

const LARGEST_BODY = '512kb';

export function createApp(deps: AppDeps): Express {
  const { services, authenticate, logger } = deps;
  const routeDeps = { services, links: createLinks(deps.temporalUiUrl, deps.namespace) };
  const operations = [
    ...taskRoutes(routeDeps),
    ...subtaskRoutes(routeDeps),
    ...runRoutes(routeDeps),
    ...queueRoutes(routeDeps),
    ...talkRoutes(routeDeps),
  ];

  const app = express();
  app.disable('x-powered-by');
  app.set('query parser', 'simple');
  // A task's version is the only ETag there is.
  app.set('etag', false);
  app.use(requestLog(logger));
  app.use(securityHeaders(deps.publicUrl));
  app.use(systemRouter({ ...deps, operations }));

  // Who asks comes before what: nobody's body is read without a token.
  app.use('/v1', identify(authenticate), limit(deps.rateLimitPerMinute));
  app.use('/v1', express.json({ limit: LARGEST_BODY, strict: true }));
  for (const op of operations) app[op.method](op.path, handlerOf(op));
  app.use(otherMethod(operations));
  app.use(() => {
    throw new Problem('not_found', {
      detail: 'There is nothing at this path.',
      hint: 'See /docs for what there is.',
    });
  });
  app.use(problemHandler());
  return app;
}

/** Browsers are sent on to https only where that is known to be served: else every link of the docs would be dead. */
function securityHeaders(publicUrl: string | undefined): RequestHandler {
  const isHttps = publicUrl?.startsWith('https:') ?? false;
  const upgradeInsecureRequests = isHttps ? [] : null;
  const directives = { defaultSrc: ["'none'"], styleSrc: [STYLE_HASH], upgradeInsecureRequests };
  return helmet({ contentSecurityPolicy: { directives }, strictTransportSecurity: isHttps });
}

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

/** A path that exists, asked with a method that it does not have, or for the methods that it has. */
function otherMethod(operations: readonly Operation[]): RequestHandler {
  const paths = operations.map(({ path, method }) => ({
    pattern: new RegExp(`^${path.replace(/:\w+/g, '[^/]+')}/?$`, 'i'),
    method: method.toUpperCase(),
  }));
  return function refuseOtherMethod(req, res, next) {
    const methods = new Set(
      paths.filter(({ pattern }) => pattern.test(req.path)).map(({ method }) => method),
    );
    if (methods.size === 0) return next();
    if (methods.has('GET')) methods.add('HEAD');
    const allowed = [...methods].join(', ');
    res.set('allow', allowed);
    if (req.method === 'OPTIONS') return void res.status(204).end();
    throw new Problem('method_not_allowed', { detail: `This path takes ${allowed}.` });
  };
}
