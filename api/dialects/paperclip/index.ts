/**
 * Paperclip's protocol, which is also DarkDuck's: issues, checked out by agents that wake up from time to time. The two
 * differ only in the name of the header that carries the run id.
 */
import type { Router } from 'express';
import { dialectRouter } from '../dialect.ts';
import type { DialectDeps } from '../dialect.ts';
import { agentRoutes } from './agents.ts';
import { approvalRoutes } from './approvals.ts';
import { issueRoutes } from './issues.ts';
import { refuse } from './refuse.ts';

export const paperclipRouter = (deps: DialectDeps): Router =>
  dialectRouter(
    deps,
    (on) => {
      issueRoutes(on, deps.services);
      agentRoutes(on, deps.services);
      approvalRoutes(on, deps.services);
    },
    refuse,
  );
