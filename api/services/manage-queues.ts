/** Work queues as people look at them and do away with them: together with the tasks that they have. */
import type { Principal } from '../auth.ts';
import { Problem } from '../problems.ts';
import { workQueue } from '../../workflows/offer.ts';
import { OPEN, tasksOf } from './counts.ts';
import type { CountTasks, Counts } from './counts.ts';
import { NotOpen } from './engine.ts';
import type { Engine } from './engine.ts';
import type { Request } from './messages.ts';
import type { Depth, Offers } from './offers.ts';
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
const ABREAST = 10;

export function createQueueManagement({ engine, queues, counts, offers }: Deps) {
  const counted = async (queue: Queue): Promise<CountedQueue> => ({
    ...queue,
    counts: await counts.byStatus(queue.company, queue.id),
  });

  async function list(principal: Principal, limit: number, cursor: string | undefined) {
    const { items, next } = await queues.page(principal, limit, cursor);
    return { items: await Promise.all(items.map(counted)), next };
  }

  /** A queue, and what happens there. Throws `not_found`. */
  async function read(principal: Principal, queueId: string): Promise<WatchedQueue> {
    const queue = await queues.open(principal, queueId);
    const [withCounts, depth] = await Promise.all([counted(queue), offers.depth(workQueue(queueId))]);
    const waiting = withCounts.counts.queued;
    return {
      ...withCounts,
      waitingByPriority: await counts.byPriority(queue.company, queueId, waiting),
      oldestSeconds: waiting > 0 ? depth.oldestSeconds : null,
      pollers: depth.pollers,
    };
  }

  /**
   * Deletes the queue. Throws `queue_not_empty` while it has open tasks. With `force` these are cancelled, all but
   * those whose work is handed in and only waits for a review.
   */
  async function remove(request: Request, queueId: string, force: boolean): Promise<void> {
    const { principal } = request;
    if (await queues.wasClosedBy(request, queueId)) return;
    const queue = await queues.open(principal, queueId);
    if (principal.role === 'agent' && queue.createdBy.id !== principal.id) {
      throw new Problem('forbidden', {
        detail: 'Only people and the agent that opened a queue may delete it.',
        hint: 'Ask an operator.',
      });
    }
    if (!force) await expectEmpty(queue);
    else await cancelTasks(principal, queue);
    await queues.close(request, queueId);
    // Some may have come before nobody could put any more there.
    if (force) await cancelTasks(principal, queue);
  }

  async function expectEmpty({ company, id }: Queue): Promise<void> {
    const now = await counts.byStatusNow(company, id);
    const open = OPEN.filter((status) => now[status] > 0);
    if (open.length === 0) return;
    throw new Problem('queue_not_empty', {
      detail: `The queue still has tasks: ${open.map((status) => `${now[status]} ${status}`).join(', ')}.`,
      counts: Object.fromEntries(open.map((status) => [status, now[status]])),
    });
  }

  async function cancelTasks(principal: Principal, { company, id }: Queue): Promise<void> {
    const statuses = OPEN.filter((status) => status !== 'review').map((status) => `'${status}'`);
    const unfinished = `ExecutionStatus = 'Running' AND TaskStatus IN (${statuses.join(', ')})`;
    const ids = await idsOf(`${tasksOf(company, id)} AND ${unfinished}`);
    for (let i = 0; i < ids.length; i += ABREAST) {
      const cancel = (taskId: string) => engine.cancel(principal.id, taskId, 'Its queue was deleted.');
      await Promise.all(ids.slice(i, i + ABREAST).map((taskId) => cancel(taskId).catch(unlessClosed)));
    }
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

  return { create: queues.create, list, read, remove };
}

function unlessClosed(error: unknown): void {
  if (!(error instanceof NotOpen)) throw error;
}
