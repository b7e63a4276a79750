/** Reads one task, wherever it is: from its live workflow, or, once that has closed, from what it left behind. */
import type { WorkflowExecutionDescription } from '@temporalio/client';
import type { Task } from '../../workflows/task-record.ts';
import { FINAL_MEMO } from '../../workflows/visibility.ts';
import type { Principal } from '../auth.ts';
import { firstValue } from '../events/activations.ts';
import type { HistoryEvent } from '../events/activations.ts';
import { foldHistory } from '../events/fold.ts';
import { Problem, RETRY_SOON } from '../problems.ts';
import type { Engine } from './engine.ts';
import { NoAnswer } from './engine.ts';
import type { KnownTasks } from './known-tasks.ts';
import type { ReadView } from './views.ts';

/** What a read, which needs a worker, answers when there is none. */
export const noWorker = (cause?: unknown): Problem => new Problem('no_worker', RETRY_SOON, { cause });

/** Reads a task whose workflow is closed; needs no worker. */
export type ReadClosed = (taskId: string) => Promise<Task>;
export type Reader = ReturnType<typeof createReader>;

export function createReader(engine: Engine, known: KnownTasks, readView: ReadView) {
  async function historyOf(taskId: string, executionRunId: string): Promise<HistoryEvent[]> {
    const events: HistoryEvent[] = [];
    let token: Uint8Array = new Uint8Array();
    do {
      const page = await engine.history(taskId, executionRunId, token);
      events.push(...(page.history?.events ?? []));
      token = page.nextPageToken ?? new Uint8Array();
    } while (token.length > 0);
    return events;
  }

  /**
   * The executions of a task, oldest first. Walked back from the present one: the first would lead on to those that an
   * operator's reset has left behind.
   */
  async function executionsOf({
    workflowId: taskId,
    runId,
    raw,
  }: WorkflowExecutionDescription): Promise<string[]> {
    const executions = [runId];
    while (executions[0] !== raw.workflowExecutionInfo?.firstRunId) {
      const page = await engine.history(taskId, executions[0]!, new Uint8Array(), 'first');
      const before =
        page.history?.events?.[0]?.workflowExecutionStartedEventAttributes?.continuedExecutionRunId;
      if (!before) break;
      executions.unshift(before);
    }
    return executions;
  }

  async function closed(described: WorkflowExecutionDescription): Promise<Task> {
    const { workflowId: taskId, runId } = described;
    const final = described.memo?.[FINAL_MEMO] as Task | undefined;
    if (final) return final;
    if (described.status.name === 'COMPLETED' || described.status.name === 'FAILED') {
      const page = await engine.history(taskId, runId, new Uint8Array(), 'last');
      const event = page.history?.events?.at(-1);
      const details = event?.workflowExecutionFailedEventAttributes?.failure?.applicationFailureInfo?.details;
      const left = firstValue(event?.workflowExecutionCompletedEventAttributes?.result ?? details);
      if (left) return left as Task;
    }
    // Ended from outside, it could leave nothing behind but its history.
    return await onRecord(described);
  }

  /** The task as its history has it, which needs no worker; what none has handled yet is not in it. */
  async function onRecord({ workflowId: taskId, runId }: WorkflowExecutionDescription): Promise<Task> {
    const { task } = foldHistory(taskId, await historyOf(taskId, runId));
    if (!task)
      throw new Problem('not_found', { detail: 'This workflow was started with something that is no task.' });
    return task;
  }

  /** Reads a task that is known to be open. */
  async function live(taskId: string, messageId?: string): Promise<Task> {
    const view = await readView(taskId, messageId).catch((error: unknown) => {
      throw error instanceof NoAnswer ? noWorker(error) : error;
    });
    return view.task;
  }

  async function read(described: WorkflowExecutionDescription, messageId?: string): Promise<Task> {
    if (described.status.name !== 'RUNNING') return await closed(described);
    return await live(described.workflowId, messageId);
  }

  return {
    executionsOf,
    historyOf,
    live,
    /**
     * The task, which remembers what became of message `messageId` if it was ever handled. Throws `not_found`, or
     * `no_worker` when the task is open and no worker answers.
     */
    task: async (principal: Principal, taskId: string, messageId?: string): Promise<Task> =>
      await read(await known.describeFor(principal, taskId), messageId),
    /** As `task`, but an open task is read from its history when no worker answers. */
    lastKnown: async (principal: Principal, taskId: string): Promise<Task> => {
      const described = await known.describeFor(principal, taskId);
      return await read(described).catch(async (error: unknown) => {
        if (error instanceof Problem && error.type === 'no_worker') return await onRecord(described);
        throw error;
      });
    },
    /** The task as its history has it, without what no worker has handled yet; needs none. */
    onRecord: async (principal: Principal, taskId: string): Promise<Task> =>
      await onRecord(await known.describeFor(principal, taskId)),
    closed: async (taskId: string): Promise<Task> => await closed(await engine.describe(taskId)),
  };
}
