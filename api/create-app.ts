/** Puts the API together from what it needs; listening is up to the caller. */
import express from 'express';
import type { Express, RequestHandler } from 'express';
import helmet from 'helmet';
import type { Authenticate } from './auth.ts';
import { dialects } from './dialects/index.ts';
import { guard, readBody } from './guard.ts';
import { requestLog } from './logger.ts';
import type { Logger } from './logger.ts';
import { problemHandler } from './problem-handler.ts';
import { mcpRouter } from './mcp/server.ts';
import { Problem } from './problems.ts';
import { createLinks } from './present.ts';
import { handlerOf } from './route.ts';
import type { Operation } from './route.ts';
import { agentRoutes } from './routes/agents.ts';
import { approvalRoutes } from './routes/approvals.ts';
import { diagnosisRoutes } from './routes/diagnosis.ts';
import { memoryRoutes } from './routes/memories.ts';
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

export function createApp(deps: AppDeps): Express {
  const { services, authenticate, logger } = deps;
  const routeDeps = { services, links: createLinks(deps.temporalUiUrl, deps.namespace) };
  const operations = [
    ...taskRoutes(routeDeps),
    ...subtaskRoutes(routeDeps),
    ...runRoutes(routeDeps),
    ...queueRoutes(routeDeps),
    ...talkRoutes(routeDeps),
    ...diagnosisRoutes(routeDeps),
    ...agentRoutes(routeDeps),
    ...approvalRoutes(routeDeps),
    ...memoryRoutes(routeDeps),
  ];

  const app = express();
  app.disable('x-powered-by');
  app.set('query parser', 'simple');
  // A task's version is the only ETag there is.
  app.set('etag', false);
  app.use(requestLog(logger));
  app.use(securityHeaders(deps.publicUrl));
  app.use(systemRouter({ ...deps, operations }));

  const guarded = guard(authenticate, deps.rateLimitPerMinute);
  for (const { at, router } of dialects({ services, guard: guarded })) app.use(at, router);
  app.use('/mcp', mcpRouter({ ...routeDeps, guard: guarded, logger, version: deps.version }));
  app.use('/v1', ...guarded, readBody());
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
