/** Looks at the tasks of an agent's runs from outside, where nothing was heard of a run for long. */
import { WorkflowNotFoundError } from '@temporalio/client';
import type { Client } from '@temporalio/client';
import { TaskHolderKey, TaskRunKey } from '../workflows/search-attributes.ts';

export interface LookAtRuns {
  agent: string;
  runs: { runId: string; taskId: string }[];
}

/** Answers the ids of those that are over. */
export const createLookAtRuns = (client: Client) =>
  async function look_at_runs({ agent, runs }: LookAtRuns): Promise<string[]> {
    const over: string[] = [];
    for (const { runId, taskId } of runs) {
      if (!(await isOn(client, agent, runId, taskId))) over.push(runId);
    }
    return over;
  };

async function isOn(client: Client, agent: string, runId: string, taskId: string): Promise<boolean> {
  try {
    const { status, typedSearchAttributes: attributes } = await client.workflow.getHandle(taskId).describe();
    const isHeld = attributes.get(TaskRunKey) === runId && attributes.get(TaskHolderKey) === agent;
    return status.name === 'RUNNING' && isHeld;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
}
