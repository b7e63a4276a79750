/** All that an agent should know of its task before it starts. */
import type { Task } from '../../../workflows/task-record.ts';
import { Problem } from '../../problems.ts';
import { taskBody } from '../../routes/deps.ts';
import type { RouteDeps } from '../../routes/deps.ts';
import type { Asking } from '../tool.ts';
import { standingOf } from './present.ts';
import type { createWhichRun, Named } from './which-run.ts';

type Call = Asking['call'];

/** The latest of many. */
const COMMENTS_SHOWN = 50;

export function createGetTask(deps: RouteDeps, whichRun: ReturnType<typeof createWhichRun>) {
  const { tasks, runs } = deps.services;

  async function parentOf({ parent }: Task, { principal }: Call) {
    if (!parent) return null;
    const read = await tasks.lastKnown(principal, parent.id).catch((error: unknown) => {
      if (error instanceof Problem && error.type === 'not_found') return null;
      throw error;
    });
    const { title, description } = read?.definition ?? {};
    return read && { id: read.id, title, description, status: read.status };
  }

  return async ({ task_id, run_id }: Named, { call }: Asking): Promise<Record<string, unknown>> => {
    const taskId = await whichRun.taskOf({ task_id, run_id }, call);
    const task = await tasks.read(call.principal, taskId);
    const [parent] = await Promise.all([parentOf(task, call), runs.keepAlive(task, call)]);
    // Its actions and links are those of another protocol.
    const { actions: _actions, links: _links, ...body } = await taskBody(task, call.principal, deps);
    const comments = task.comments
      .slice(-COMMENTS_SHOWN)
      .map(({ by, at, text }) => ({ by: by.id, at, text }));
    return { ...standingOf(task), task: { ...body, comments, parent } };
  };
}
