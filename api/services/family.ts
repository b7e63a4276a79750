/** What is around a task in its tree, as far as the task itself does not know it: how far its sub-tasks are, its parent. */
import { heldBy } from '../../workflows/task-record.ts';
import type { Task } from '../../workflows/task-record.ts';
import { Problem } from '../problems.ts';
import type { Principal } from '../auth.ts';
import { NotOpen } from './engine.ts';
import type { Engine } from './engine.ts';
import type { Listing, TaskRow } from './listing.ts';
import type { Reader } from './reading.ts';

export interface Family {
  /** The sub-tasks as lists show them, by id; undefined when lists can't be asked now. */
  subtasks?: Map<string, TaskRow> | undefined;
  /** The caller is the agent that holds, or held, the task that this one is part of. */
  holdsParent?: boolean;
  /** The task has a gate, and the parent that would open it has ended. */
  isStranded?: boolean;
}

interface Deps {
  engine: Pick<Engine, 'describe'>;
  listing: Listing;
  reader: Pick<Reader, 'task'>;
}

export type FamilyReader = ReturnType<typeof createFamily>;

export function createFamily({ engine, listing, reader }: Deps) {
  /** The family of a task, as far as it matters to how this caller sees the task. */
  async function around(task: Task, principal: Principal): Promise<Family> {
    const { parent, gate, status, children } = task;
    const hasOpen = children.some((child) => child.status === 'open');
    const [subtasks, holds, isStranded] = await Promise.all([
      hasOpen ? listing.subtasksOf(principal, task.id).catch(() => undefined) : undefined,
      status === 'review' && holdsParent(task, principal),
      gate !== undefined && parent !== undefined && hasEnded(parent.id),
    ]);
    return { subtasks, holdsParent: holds, isStranded };
  }

  /** Whether the caller is the agent that holds, or held, the parent of this task. */
  async function holdsParent({ parent }: Task, principal: Principal): Promise<boolean> {
    if (!parent || principal.role !== 'agent') return false;
    const above = await reader.task(principal, parent.id).catch((error: unknown) => {
      if (error instanceof Problem && error.type === 'not_found') return undefined;
      throw error;
    });
    return above !== undefined && heldBy(above, principal.id);
  }

  /** Whether a task has ended for good, so that it sends no messages any more. */
  async function hasEnded(taskId: string): Promise<boolean> {
    return await engine.describe(taskId).then(
      ({ status }) => status.name !== 'RUNNING',
      (error: unknown) => error instanceof NotOpen,
    );
  }

  return { around, holdsParent, hasEnded };
}
