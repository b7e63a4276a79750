/** How the sub-tasks of a task look to a caller of `/v1`: as the task knows them, and the open ones as lists show them. */
import type { z } from 'zod';
import type { Task } from '../workflows/task-record.ts';
import { isHeld, isTerminal } from '../workflows/task-state.ts';
import { inOrder } from '../workflows/tree.ts';
import type { Child } from '../workflows/tree.ts';
import type { Subtask } from './schemas/answers.ts';
import type { TaskRow } from './services/listing.ts';

type View = z.input<typeof Subtask>;

/** In their order. `rows` are what lists show of them; without, an open one is said to be open and no more. */
export const presentSubtasks = (task: Task, rows: Map<string, TaskRow> | undefined): View[] =>
  inOrder(task.children).map((child) => {
    const { id, title, order, blockedBy } = child;
    const row = rows?.get(id);
    return {
      id,
      title: row?.title ?? title,
      ...(order !== undefined && { order }),
      status: rows ? statusOf(child, row, task) : child.status,
      // Nobody takes a step back that was started before another was put in front of it.
      ...(blockedBy !== undefined && !(row && isHeld(row.status)) && { blockedBy }),
      ...(row?.holder !== undefined && { holder: row.holder }),
      links: { self: `/v1/tasks/${id}` },
    };
  });

/** The state of a sub-task, never ahead of its parent: when that shows it as failed, it can be skipped or retried. */
function statusOf(child: Child, row: TaskRow | undefined, parent: Task): View['status'] {
  if (child.status !== 'open') return child.status;
  // One that lists do not show yet has only just come into being.
  if (!row) return 'queued';
  // A closed parent hears no more of what goes on without it.
  return isTerminal(row.status) && !isTerminal(parent.status) ? 'open' : row.status;
}
