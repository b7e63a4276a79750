/** Drives tasks through Baton's API. */
import { createCaller } from './http-caller.ts';
import { WORK } from './lifecycle.ts';
import type { Driver } from './lifecycle.ts';
import type { Stack } from './stack.ts';

export async function createApiDriver(stack: Stack, agentId: string): Promise<Driver> {
  const agent = createCaller(stack.apiUrl, await stack.token('agent', agentId));
  const reviewer = createCaller(stack.apiUrl, await stack.token('reviewer', 'rita'));
  const ofRun = (taskId: string, runId: string, call: string) => `/v1/tasks/${taskId}/runs/${runId}/${call}`;
  return {
    create: async () => (await agent.call<{ id: string }>('POST', '/v1/tasks', WORK.definition)).id,
    claim: async (taskId) => {
      const claimed = await agent.call<{ run: { id: string } }>('POST', `/v1/tasks/${taskId}/claim`);
      return claimed.run.id;
    },
    heartbeat: async (taskId, runId) => {
      await agent.call('POST', ofRun(taskId, runId, 'heartbeat'));
    },
    progress: async (taskId, runId, percent) => {
      await agent.call('POST', ofRun(taskId, runId, 'progress'), WORK.progress(percent));
    },
    complete: async (taskId, runId) => {
      await agent.call('POST', ofRun(taskId, runId, 'complete'), WORK.submission);
    },
    approve: async (taskId) => {
      const task = await reviewer.call<{ status: string }>('POST', `/v1/tasks/${taskId}/review`, {
        decision: 'approve',
      });
      if (task.status !== 'done') throw new Error(`An approved task is ${task.status}.`);
    },
    close: () => {
      agent.close();
      reviewer.close();
    },
  };
}
