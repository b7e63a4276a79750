/** What the routes are given. They call services and present what comes back; only services talk to Temporal. */
import type { Principal } from '../auth.ts';
import { presentTask } from '../present.ts';
import type { Links } from '../present.ts';
import { etag } from '../route.ts';
import type { Answer } from '../route.ts';
import type { Services } from '../services/index.ts';
import type { Claimed } from '../services/take-up.ts';
import type { Task } from '../../workflows/task-record.ts';

export interface RouteDeps {
  services: Services;
  links: Links;
}

/** A task as this caller sees it, with its sub-tasks as they are now. */
export const taskBody = async (task: Task, principal: Principal, { services, links }: RouteDeps) =>
  presentTask(task, principal, links, await services.family.around(task, principal));

/** A task as an answer, with its version as ETag. */
export const taskAnswer = async (
  task: Task,
  principal: Principal,
  deps: RouteDeps,
  status = 200,
): Promise<Answer> => ({
  status,
  body: await taskBody(task, principal, deps),
  headers: {
    etag: etag(task.version),
    ...(status === 201 && { location: `/v1/tasks/${task.id}` }),
  },
});

/** A task that the caller holds now, with its run. */
export const claimedAnswer = async (
  { task, runId, lease }: Claimed,
  principal: Principal,
  deps: RouteDeps,
): Promise<Answer> => {
  const leaseSeconds = task.run?.leaseSeconds;
  const run = { id: runId, agent: principal.id, leaseSeconds, leaseExpiresAt: lease.expiresAt };
  return {
    status: 200,
    body: { task: await taskBody(task, principal, deps), run },
    headers: { etag: etag(task.version) },
  };
};
