/** Structured logs: one JSON object a line, with request, task and run ids, and without secrets. */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Request } from 'express';
import { pino } from 'pino';
import type { Logger } from 'pino';
import { pinoHttp } from 'pino-http';

export type { Logger };

export const createLogger = (name: string, level: string): Logger =>
  pino({
    name,
    level,
    redact: ['req.headers.authorization', 'req.headers.cookie'],
    timestamp: pino.stdTimeFunctions.isoTime,
  });

/** A caller's own request id is kept when it is short and plain. */
function requestId(req: IncomingMessage): string {
  const given = req.headers['x-request-id'];
  return typeof given === 'string' && /^[\w.-]{1,64}$/.test(given) ? given : randomUUID();
}

/** The ids in a path of the API, for finding all lines about a task or run. */
function idsIn(url: string): { taskId?: string; runId?: string } {
  const [, taskId, runId] = /^\/v1\/tasks\/([0-9a-f-]{36})(?:\/runs\/([^/?]{1,200}))?/i.exec(url) ?? [];
  return { ...(taskId && { taskId }), ...(runId && { runId }) };
}

/** Logs each request once, when it is answered; health checks are left out. */
export const requestLog = (logger: Logger) =>
  pinoHttp({
    logger,
    genReqId: (req, res) => {
      const id = requestId(req);
      res.setHeader('x-request-id', id);
      return id;
    },
    autoLogging: { ignore: (req) => req.url === '/livez' || req.url === '/readyz' },
    customProps: (req, res) => ({
      ...idsIn((req as Request).originalUrl ?? req.url ?? ''),
      actor: (res as { locals?: { principal?: { id: string } } }).locals?.principal?.id,
    }),
    customLogLevel: (_req, res, error) => (error || res.statusCode >= 500 ? 'error' : 'info'),
    serializers: {
      req: ({ id, method, url }: { id: string; method: string; url: string }) => ({ id, method, url }),
      res: ({ statusCode }: { statusCode: number }) => ({ statusCode }),
    },
  });
