/** `/work-queues`: queues of a team, the tasks in them, and how agents take the next one. */
import type { Router } from 'express';
import { Problem } from '../../problems.ts';
import type { Answer } from '../../route.ts';
import type { Claimed } from '../../services/take-up.ts';
import { UNLESS_SAID } from '../defaults.ts';
import { actingAs, dialectRouter, read } from '../dialect.ts';
import type { Asked, DialectDeps } from '../dialect.ts';
import { pageAnswer, presentQueue, presentTask } from './present.ts';
import { refuse } from './refuse.ts';
import { Deleting, NewQueue, NewTask, Page, Taking, TasksQuery, Waiting } from './schemas.ts';
import { bare, queueId, statusesFor, taskId, turned, wordFor } from './words.ts';

export function workQueues(deps: DialectDeps): Router {
  const { queues, creation, listing, tasks, next, holds } = deps.services;

  /** One of the calls by which an agent, or an operator for an agent, takes a task. */
  async function taking(
    take: typeof next.dequeue,
    { params, query, body, call, hungUp }: Asked,
  ): Promise<Answer> {
    // However long a repeat waits, it gets what was got before.
    const acting = { ...actingAs(call, read(Taking, body).agentId), said: undefined };
    const asked = { patient: true, waitSeconds: read(Waiting, query).wait, hungUp };
    const claimed: Claimed | undefined = await take(bare(params['id']), acting, asked);
    if (!claimed) return { status: 204 };
    holds.note(claimed.task);
    return { status: 200, body: presentTask(claimed.task) };
  }

  return dialectRouter(
    deps,
    (on) => {
      on('post', '/', async ({ body, call }) => {
        const { name, teamId: team } = read(NewQueue, body);
        const queue = await queues.create(call, { name, ...(team !== undefined && { team }) });
        const headers = { location: `/work-queues/${queueId(queue.id)}` };
        return { status: 201, body: presentQueue(queue), headers };
      });

      on('get', '/', async ({ query, call }) => {
        const { limit, cursor } = read(Page, query);
        const { items, next: after } = await queues.list(call.principal, limit, cursor);
        const found = items.map((queue) => presentQueue(queue, queue.counts));
        return pageAnswer(found, after, '/work-queues', { limit });
      });

      on('get', '/:id', async ({ params, call }) => {
        const queue = await queues.read(call.principal, bare(params['id']));
        return { status: 200, body: presentQueue(queue, queue.counts) };
      });

      on('delete', '/:id', async ({ params, query, call }) => {
        await queues.remove(call, bare(params['id']), read(Deleting, query).force === 'true');
        return { status: 204 };
      });

      on('post', '/:id/tasks', async ({ params, body, call }) => {
        const { name: title, priority, ...rest } = read(NewTask, body);
        const urgency = priority === undefined ? {} : { priority: turned(priority) };
        const definition = { title, ...urgency, ...rest, queue: bare(params['id']) };
        const task = await creation.task(call, definition, UNLESS_SAID).catch(unlessNoQueue);
        const headers = { location: `/work-queue-tasks/${taskId(task.id)}` };
        return { status: 201, body: presentTask(task), headers };
      });

      on('get', '/:id/tasks', async ({ params, query, call: { principal } }) => {
        const { status: words, limit, cursor } = read(TasksQuery, query);
        const { id: queue } = await queues.open(principal, bare(params['id']));
        const statuses = words?.flatMap(statusesFor);
        const { items, next: after } = await listing.tasks(principal, { queue, statuses, limit, cursor });
        const ids = items.map(({ id }) => id);
        const found = await tasks.lastKnownOf(principal, ids);
        // Lists lag a little behind the tasks.
        const wanted = found.filter((task) => !words || words.includes(wordFor(task.status)));
        const path = `/work-queues/${queueId(queue)}/tasks`;
        return pageAnswer(wanted.map(presentTask), after, path, { status: words?.join(), limit });
      });

      on('post', '/:id/dequeue', (asked) => taking(next.dequeue, asked));
      on('post', '/:id/steal', (asked) => taking(next.stealOrDequeue, asked));
    },
    refuse,
  );
}

/** Here the path names the queue, and not the body. */
function unlessNoQueue(error: unknown): never {
  const isNoQueue =
    error instanceof Problem && error.details.errors?.some(({ pointer }) => pointer === '/queue');
  throw isNoQueue ? new Problem('not_found', { detail: 'There is no such queue.' }, { cause: error }) : error;
}
