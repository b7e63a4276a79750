/** What is around a task in its tree, as far as the task itself does not know it: how far its sub-tasks are, its parent. */
import { heldBy } from '../../workflows/task-record.ts';
import { TaskParentKey } from '../../workflows/search-attributes.ts';
import type { OpenApproval, Task } from '../../workflows/task-record.ts';
import { isTerminal } from '../../workflows/task-state.ts';
import { Problem } from '../problems.ts';
import type { Principal } from '../auth.ts';
import { NotOpen } from './engine.ts';
import type { Engine } from './engine.ts';
import type { Listing, TaskRow } from './listing.ts';
import type { Reader } from './reading.ts';
import { Shared } from './shared.ts';

export interface Family {
  /** The sub-tasks as lists show them, by id; undefined when lists can't be asked now. */
  subtasks?: Map<string, TaskRow> | undefined;
  /** The caller is the agent that holds, or held, the task that this one is part of. */
  holdsParent?: boolean;
  /** The task has a gate, and the parent that would open it has ended. */
  isStranded?: boolean;
  /** An approval that the task waits for, and that was ended from outside without a decision. */
  lapsed?: OpenApproval | undefined;
}

interface Deps {
  engine: Pick<Engine, 'describe'>;
  listing: Listing;
  reader: Pick<Reader, 'task'>;
}

/** How long a list of sub-tasks is good for all who read their parent; lists lag by about as much themselves. */
const LISTED_MS = 300;
/** A list may be long. */
const LISTS_KEPT = 100;

export type FamilyReader = ReturnType<typeof createFamily>;

export function createFamily({ engine, listing, reader }: Deps) {
  const lists = new Shared<Map<string, TaskRow>>(LISTED_MS, LISTS_KEPT);

  /** The family of a task, as far as it matters to how this caller sees the task. */
  async function around(task: Task, principal: Principal): Promise<Family> {
    const { parent, gate, status } = task;
    const [subtasks, holds, isStranded, lapsed] = await Promise.all([
      subtasksOf(task, principal),
      status === 'review' && holdsParent(task, principal),
      gate !== undefined && parent !== undefined && hasEnded(parent.id),
      lapsedOf(task),
    ]);
    return { subtasks, holdsParent: holds, isStranded, lapsed };
  }

  /** The sub-tasks as lists showed them a moment ago. Only those of a task that has open ones need to be asked for. */
  async function subtasksOf({ id, children }: Task, principal: Principal): Promise<Family['subtasks']> {
    if (!children.some(({ status }) => status === 'open')) return undefined;
    return await lists.get(id, () => listing.subtasksOf(principal, id)).catch(() => undefined);
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
  const hasEnded = async (taskId: string): Promise<boolean> => !(await isOneOf(taskId, 'RUNNING'));

  /** Whether an approval has ended without a decision. One that is complete has told its tasks what was decided. */
  const hasLapsed = async (approvalId: string): Promise<boolean> =>
    !(await isOneOf(approvalId, 'RUNNING', 'COMPLETED'));

  const isOneOf = async (workflowId: string, ...states: string[]): Promise<boolean> =>
    await engine.describe(workflowId).then(
      ({ status }) => states.includes(status.name),
      (error: unknown) => !(error instanceof NotOpen),
    );

  async function lapsedOf({ approvals = [], status }: Task): Promise<OpenApproval | undefined> {
    if (isTerminal(status)) return undefined;
    const lapsed = await Promise.all(approvals.map(({ id }) => hasLapsed(id)));
    return approvals.find((_approval, i) => lapsed[i]);
  }

  /** Adds to the refusal of a claim that nobody will ever open the gate of this task, if that is so. */
  async function explainGate(problem: Problem, taskId: string): Promise<Problem> {
    const { typedSearchAttributes } = await engine.describe(taskId);
    const parent = typedSearchAttributes.get(TaskParentKey);
    if (parent === undefined || !(await hasEnded(parent))) return problem;
    return new Problem('seq_blocked', {
      ...problem.details,
      detail: `${problem.message} Its parent task ${parent}, which would open its gate then, has ended.`,
      hint: 'Take another task. A person may cancel this one, and create a task of its own for the work.',
      retryable: false,
    });
  }

  /** Adds to the refusal of a claim that nobody can decide on the approval any more, if that is so. */
  async function explainApproval(problem: Problem): Promise<Problem> {
    const { blockedBy } = problem.details;
    if (blockedBy === undefined || !(await hasLapsed(blockedBy))) return problem;
    return new Problem('approval_pending', {
      ...problem.details,
      detail: `${problem.message} But approval ${blockedBy} has ended without a decision.`,
      hint: 'Take another task. A person may cancel this one, and create another for the work.',
      retryable: false,
    });
  }

  return { around, subtasksOf, holdsParent, explainGate, explainApproval };
}
