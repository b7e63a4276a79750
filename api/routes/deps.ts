/** What the routes are given. They call services and present what comes back; only services talk to Temporal. */
import type { Principal } from '../auth.ts';
import { presentTask } from '../present.ts';
import type { Links } from '../present.ts';
import { etag } from '../route.ts';
import type { Answer } from '../route.ts';
import type { Services } from '../services/index.ts';
import type { Task } from '../../workflows/task-record.ts';

export interface RouteDeps {
  services: Services;
  links: Links;
}

/** A task as an answer, with its version as ETag. */
export const taskAnswer = (task: Task, principal: Principal, links: Links, status = 200): Answer => ({
  status,
  body: presentTask(task, principal, links),
  headers: {
    etag: etag(task.version),
    ...(status === 201 && { location: `/v1/tasks/${task.id}` }),
  },
});
