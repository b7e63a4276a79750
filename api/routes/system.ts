/** The open part of the API: health, and everything that explains it. No token needed, nothing secret said. */
import { createHash } from 'node:crypto';
import express from 'express';
import type { Router } from 'express';
import { docsPage, problemsPage } from '../pages/docs.ts';
import { STYLE_HASH_SOURCE } from '../pages/html.ts';
import { llmsText } from '../pages/llms.ts';
import { openApiDocument } from '../openapi.ts';
import { Problem } from '../problems.ts';
import type { Operation } from '../route.ts';
import type { Services } from '../services/index.ts';

const HEALTH_TIMEOUT_MS = 2_000;
const HEALTH_KEPT_MS = 2_000;

export const STYLE_HASH = `'sha256-${createHash('sha256').update(STYLE_HASH_SOURCE).digest('base64')}'`;

export interface SystemDeps {
  operations: readonly Operation[];
  services: Pick<Services, 'health'>;
  version: string;
  /** Where people reach the API; without one, wherever the request came in. */
  publicUrl?: string | undefined;
  /** True once the process is on its way out: no new work should be sent to it. */
  isShuttingDown: () => boolean;
}

export function systemRouter({
  operations,
  services,
  version,
  publicUrl,
  isShuttingDown,
}: SystemDeps): Router {
  const router = express.Router();
  const document = openApiDocument(operations, version);
  let last: { at: number; checks: ReturnType<typeof services.health> } | undefined;

  router.get('/livez', (_req, res) => void res.json({ status: 'ok' }));
  router.get('/readyz', async (_req, res) => {
    if (!last || Date.now() - last.at > HEALTH_KEPT_MS)
      last = { at: Date.now(), checks: services.health(HEALTH_TIMEOUT_MS) };
    const checks = { ...(await last.checks), shuttingDown: isShuttingDown() };
    const ready = checks.temporal && !checks.shuttingDown;
    res.status(ready ? 200 : 503).json({ status: ready ? 'ok' : 'unavailable', checks });
  });
  router.get('/openapi.json', (_req, res) => void res.json(document));
  router.get('/docs', (req, res) => {
    const url = publicUrl ?? `${req.protocol}://${req.get('host') ?? 'localhost'}`;
    res.type('html').send(docsPage(operations, document, url));
  });
  router.get('/llms.txt', (_req, res) => void res.type('text/plain').send(llmsText()));
  router.get(['/problems', '/problems/:name'], (req, res) => {
    const page = problemsPage(req.params['name'] as string | undefined);
    if (page === undefined) throw new Problem('not_found', { detail: 'There is no problem of this name.' });
    res.type('html').send(page);
  });
  // Browsers ask for it unasked.
  router.get('/favicon.ico', (_req, res) => void res.status(204).end());
  router.get('/', (_req, res) => res.redirect('/docs'));
  return router;
}
