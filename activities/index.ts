/** Everything Baton does to the outside world, as one set of activities for a worker. */
import type { Client } from '@temporalio/client';
import { lease } from './lease.ts';
import { createLookAtTasks } from './look-at-tasks.ts';

export interface ActivityDeps {
  /** For looking at tasks from outside. */
  client: Client;
}

export const createActivities = ({ client }: ActivityDeps) => ({
  lease,
  look_at_tasks: createLookAtTasks(client),
});
