/** How a work queue looks to a caller of `/v1`. */
import type { z } from 'zod';
import type { QueueBody, QueueDetail, QueueSummary } from './schemas/queues.ts';
import type { CountedQueue, WatchedQueue } from './services/manage-queues.ts';
import type { Queue } from './services/queues.ts';

export const presentQueue = (queue: Queue): z.input<typeof QueueBody> => ({
  ...queue,
  links: {
    self: `/v1/queues/${queue.id}`,
    tasks: `/v1/tasks?queue=${queue.id}`,
    dequeue: `/v1/queues/${queue.id}/dequeue`,
    steal: `/v1/queues/${queue.id}/steal`,
  },
});

export const presentSummary = ({ counts, ...queue }: CountedQueue): z.input<typeof QueueSummary> => ({
  ...presentQueue(queue),
  counts,
});

export function presentWatched(watched: WatchedQueue): z.input<typeof QueueDetail> {
  const { waitingByPriority: byPriority, oldestSeconds, pollers, ...queue } = watched;
  return { ...presentSummary(queue), waiting: { byPriority, oldestSeconds }, pollers };
}
