/** `/v1/tasks/export`: everything that a company has, to be kept elsewhere. */
import { once } from 'node:events';
import { problemOf } from '../problem-handler.ts';
import { Problem } from '../problems.ts';
import { operation } from '../route.ts';
import type { Operation } from '../route.ts';
import type { Principal } from '../auth.ts';
import { taskBody } from './deps.ts';
import type { RouteDeps } from './deps.ts';

export function exportTasks(deps: RouteDeps): Operation {
  const { tasks, listing } = deps.services;

  /** The task, or why it can't be read: one that is broken must not keep the others from being saved. */
  async function exported(id: string, principal: Principal): Promise<object> {
    try {
      return await taskBody(await tasks.lastKnown(principal, id), principal, deps);
    } catch (error) {
      const problem = problemOf(error);
      if (problem.type === 'engine_unavailable') throw error;
      return { id, problem: problem.toJSON() };
    }
  }

  return operation({
    id: 'exportTasks',
    method: 'get',
    path: '/v1/tasks/export',
    summary: 'Export all tasks, one JSON object a line',
    description:
      'While no worker is up, open tasks are as the last one left them. Of a task that can not be read, its line has `id` and `problem` instead.',
    answers: { 200: { description: 'Newline-delimited JSON.', contentType: 'application/x-ndjson' } },
    problems: ['forbidden', 'engine_unavailable'],
    async handle({ call: { principal }, hungUp }, res) {
      if (principal.role !== 'operator')
        throw new Problem('forbidden', { detail: 'Only operators may export.' });
      res.type('application/x-ndjson');
      for await (const ids of listing.allIds(principal)) {
        const lines = await Promise.all(ids.map((id) => exported(id, principal)));
        if (hungUp.aborted) return undefined;
        const isTaken = res.write(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
        // A reader slower than Temporal must not fill the memory; one that hangs up is let go above.
        if (!isTaken) await once(res, 'drain', { signal: hungUp }).catch(() => {});
      }
      res.end();
      return undefined;
    },
  });
}
