/** Work queues as people look at them and do away with them: together with the tasks that they have. */
import { setTimeout as pause } from 'node:timers/promises';
import type { TaskStatus } from '../../workflows/task-state.ts';
import type { Principal } from '../auth.ts';
import { Problem } from '../problems.ts';
import { workQueue } from '../../workflows/offer.ts';
import { abreast } from './abreast.ts';
import { OPEN, tasksOf } from './counts.ts';
import type { CountTasks, Counts } from './counts.ts';
import type { Engine } from './engine.ts';
import type { Request } from './messages.ts';
import type { Depth, Offers } from './offers.ts';
import { TAKEN_TO_BE_THERE_MS } from './queues.ts';
import type { Queue, Queues } from './queues.ts';

export interface CountedQueue extends Queue {
  counts: Counts;
}

export interface WatchedQueue extends CountedQueue {
  waitingByPriority: Record<number, number>;
  /** How long the oldest has waited; null when none does. */
  oldestSeconds: number | null;
  pollers: Depth['pollers'];
}

interface Deps {
  engine: Engine;
  queues: Queues;
  counts: CountTasks;
  offers: Offers;
}

const PAGE = 1_000;
/** Lists know of what happened longer ago than this. */
const LISTS_LAG_MS = 500;
const ABREAST = 10;
const IN_REVIEW: readonly TaskStatus[] = ['review'];

export function createQueueManagement({ engine, queues, counts, offers }: Deps) {
  const listed = async (queue: Queue): Promise<CountedQueue> => ({
    ...queue,
    counts: await counts.byStatusInList(queue.company, queue.id),
  });

  async function list(principal: Principal, limit: number, cursor: string | undefined) {
    const { items, next } = await queues.page(principal, limit, cursor);
    return { items: await Promise.all(items.map(listed)), next };
  }

  /** A queue, and what happens there. Throws `not_found`. */
  async function read(principal: Principal, queueId: string): Promise<WatchedQueue> {
    const queue = await queues.open(principal, queueId);
    const [byStatus, depth] = await Promise.all([
      counts.byStatus(queue.company, queueId),
      offers.depth(workQueue(queueId)),
    ]);
    const queued = await counts.byPriority(queue.company, queueId, byStatus.queued);
    const waitingByPriority = lesser(queued, depth.byPriority);
    return {
      ...queue,
      counts: byStatus,
      waitingByPriority,
      oldestSeconds: Object.keys(waitingByPriority).length > 0 ? depth.oldestSeconds : null,
      pollers: depth.pollers,
    };
  }

  /**
   * Deletes the queue. Throws `queue_not_empty` while it has open tasks. With `force` these are cancelled, but not those
   * in review, which a reviewer may send back into the queue: they stand in the way all the same.
   */
  async function remove(request: Request, queueId: string, force: boolean): Promise<void> {
    const { principal } = request;
    if (await queues.wasClosedBy(request, queueId)) {
      // It may not have come to its end.
      if (force) await cancelTasks(principal, { company: principal.company, id: queueId });
      return;
    }
    const queue = await queues.open(principal, queueId);
    if (principal.role === 'agent' && queue.createdBy.id !== principal.id) {
      throw new Problem('forbidden', {
        detail: 'Only people and the agent that opened a queue may delete it.',
        hint: 'Ask an operator.',
      });
    }
    const inTheWay = force ? IN_REVIEW : OPEN;
    await expectNone(queue, inTheWay);
    await pause(LISTS_LAG_MS);
    await expectNone(queue, inTheWay);
    if (force) await cancelTasks(principal, queue);
    await queues.close(request, queueId);
    if (!force) return;
    // Other processes may have put some there for as long as they took it to be open.
    await pause(TAKEN_TO_BE_THERE_MS + LISTS_LAG_MS);
    await cancelTasks(principal, queue);
  }

  /** Throws `queue_not_empty` when lists have tasks of the queue in one of these states. */
  async function expectNone({ company, id }: Queue, statuses: readonly TaskStatus[]): Promise<void> {
    const now = await counts.byStatusNow(company, id);
    const there = statuses.filter((status) => now[status] > 0);
    if (there.length === 0) return;
    throw new Problem('queue_not_empty', {
      detail: `The queue still has tasks: ${there.map((status) => `${now[status]} ${status}`).join(', ')}.`,
      counts: Object.fromEntries(there.map((status) => [status, now[status]])),
    });
  }

  async function cancelTasks(
    principal: Principal,
    { company, id }: Pick<Queue, 'company' | 'id'>,
  ): Promise<void> {
    const statuses = OPEN.filter((status) => !IN_REVIEW.includes(status)).map((status) => `'${status}'`);
    const unfinished = `ExecutionStatus = 'Running' AND TaskStatus IN (${statuses.join(', ')})`;
    const ids = await idsOf(`${tasksOf(company, id)} AND ${unfinished}`);
    await abreast(ABREAST, ids, (taskId) => engine.cancel(principal.id, taskId, 'Its queue was deleted.'));
  }

  async function idsOf(query: string): Promise<string[]> {
    const ids: string[] = [];
    let token: Uint8Array = new Uint8Array();
    do {
      const { executions, nextPageToken } = await engine.list(query, PAGE, token);
      ids.push(...(executions ?? []).map(({ execution }) => execution?.workflowId ?? ''));
      token = nextPageToken ?? new Uint8Array();
    } while (token.length > 0);
    return ids;
  }

  return { create: queues.create, open: queues.open, list, read, remove };
}

/**
 * Of each priority the lesser count: lists also have queued tasks that are not to be had yet, or by their assignee alone,
 * and Temporal also counts offers that were withdrawn.
 */
function lesser(one: Record<number, number>, other: Record<number, number>): Record<number, number> {
  const both = Object.entries(one).map(([priority, here]) => [
    priority,
    Math.min(here, other[Number(priority)] ?? 0),
  ]);
  return Object.fromEntries(both.filter(([, here]) => Number(here) > 0));
}
