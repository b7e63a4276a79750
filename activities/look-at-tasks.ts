/** Looks at tasks from outside, for a parent that nothing else would tell of their end. */
import { WorkflowNotFoundError } from '@temporalio/client';
import type { Client, WorkflowExecutionStatusName } from '@temporalio/client';
import type { ChildNews } from '../workflows/rules/children.ts';

const ENDS: Partial<Record<WorkflowExecutionStatusName, ChildNews['status']>> = {
  COMPLETED: 'done',
  FAILED: 'failed',
  CANCELLED: 'cancelled',
  TERMINATED: 'cancelled',
  TIMED_OUT: 'cancelled',
};

/** Answers how those of these tasks have ended that did; one that is gone altogether counts as cancelled. */
export const createLookAtTasks = (client: Client) =>
  async function look_at_tasks(ids: string[]): Promise<ChildNews[]> {
    const news: ChildNews[] = [];
    for (const child of ids) {
      const status = await statusOf(client, child);
      if (status) news.push({ child, status });
    }
    return news;
  };

async function statusOf(client: Client, id: string): Promise<ChildNews['status'] | undefined> {
  try {
    return ENDS[(await client.workflow.getHandle(id).describe()).status.name];
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return 'cancelled';
    throw error;
  }
}
