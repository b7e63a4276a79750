/** The foreign protocols that Baton speaks, and where each is found. */
import type { Router } from 'express';
import type { DialectDeps } from './dialect.ts';
import { paperclipRouter } from './paperclip/index.ts';
import { workQueues } from './work-queues/queues.ts';
import { workQueueTasks } from './work-queues/tasks.ts';

export interface Mounted {
  at: string;
  router: Router;
}

export const dialects = (deps: DialectDeps): Mounted[] => [
  { at: '/api', router: paperclipRouter(deps) },
  { at: '/work-queues', router: workQueues(deps) },
  { at: '/work-queue-tasks', router: workQueueTasks(deps) },
];
