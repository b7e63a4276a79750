/** How the sub-tasks of a task look to a caller of `/v1`: as the task knows them, and the open ones as lists show them. */
import type { z } from 'zod';
import type { Task } from '../workflows/task-record.ts';
import type { Child } from '../workflows/tree.ts';
import { inOrder } from '../workflows/tree.ts';
import type { Subtask } from './schemas/answers.ts';
import type { TaskRow } from './services/listing.ts';

/** In their order. `rows` are what lists show of them; without, an open one is said to be open and no more. */
export const presentSubtasks = (
  { children }: Task,
  rows: Map<string, TaskRow> | undefined,
): z.input<typeof Subtask>[] => inOrder(children).map((child) => presentSubtask(child, rows));

function presentSubtask(
  { id, title, order, status, blockedBy }: Child,
  rows: Map<string, TaskRow> | undefined,
): z.input<typeof Subtask> {
  const row = rows?.get(id);
  return {
    id,
    title: row?.title ?? title,
    ...(order !== undefined && { order }),
    // One that lists do not show yet has only just come into being.
    status: status === 'open' && rows ? (row?.status ?? 'queued') : status,
    ...(blockedBy !== undefined && { blockedBy }),
    ...(row?.holder !== undefined && { holder: row.holder }),
    links: { self: `/v1/tasks/${id}` },
  };
}
