/**
 * Drives the same workflow on the same worker with nothing but Temporal's client, as one would without Baton.
 * `confirming`: each signal is followed by the query that tells what became of it, as the API answers it. Otherwise
 * signals are sent and forgotten: cheaper, and an agent whose run is over would not notice.
 */
import { ActivityNotFoundError, Client } from '@temporalio/client';
import { randomUUID } from 'node:crypto';
import { SIGNALS, claimUpdate, taskQuery } from '../workflows/messages.ts';
import type { Arguments, SignalName } from '../workflows/messages.ts';
import type { task } from '../workflows/task.ts';
import { newTask } from '../workflows/task-record.ts';
import { memoOf, startAttributes } from '../workflows/visibility.ts';
import { WORK } from './lifecycle.ts';
import type { Driver } from './lifecycle.ts';
import type { Stack } from './stack.ts';

const REVIEWER = { id: 'rita', role: 'reviewer' } as const;
const COMPANY = 'default';
const LEASE_SECONDS = 60;
/** The API's own pauses between attempts to beat a lease that has only just been asked for. */
const FIRST_PAUSE_MS = 2;
const LONGEST_PAUSE_MS = 100;

export function createRawDriver(stack: Stack, agentId: string, confirming: boolean): Driver {
  const { connection, namespace, taskQueue } = stack;
  const client = new Client({ connection, namespace, identity: agentId });
  const actor = { id: agentId, role: 'agent' } as const;
  const handleOf = (taskId: string) => client.workflow.getHandle<typeof task>(taskId);

  const beat = (taskId: string, runId: string) =>
    client.activity.heartbeat({ workflowId: taskId, activityId: runId }, { agent: agentId });

  async function untilLive(taskId: string, runId: string): Promise<void> {
    for (let wait = FIRST_PAUSE_MS; ; wait = Math.min(wait * 2, LONGEST_PAUSE_MS)) {
      try {
        return await beat(taskId, runId);
      } catch (error) {
        if (!(error instanceof ActivityNotFoundError)) throw error;
        await new Promise((resolve) => setTimeout(resolve, wait));
      }
    }
  }

  async function tell<N extends SignalName>(taskId: string, name: N, args: Omit<Arguments<N>, 'messageId'>) {
    const messageId = randomUUID();
    await handleOf(taskId).signal<[unknown]>(SIGNALS[name].name, { ...args, messageId });
    if (!confirming) return;
    const view = await handleOf(taskId).query(taskQuery, { messageIds: [messageId] });
    if (view.outcomes[messageId] !== 'accepted') throw new Error(`${name}: ${JSON.stringify(view.outcomes)}`);
  }

  return {
    create: async () => {
      const workflowId = randomUUID();
      const createdAt = new Date().toISOString();
      const input = { definition: WORK.definition, company: COMPANY, createdBy: actor, createdAt };
      const asNew = newTask(workflowId, input, createdAt);
      await client.workflow.start<typeof task>('task', {
        workflowId,
        taskQueue,
        args: [input],
        typedSearchAttributes: startAttributes(asNew),
        memo: { ...memoOf(asNew) },
        staticSummary: WORK.definition.title,
      });
      return workflowId;
    },
    claim: async (taskId) => {
      const runId = randomUUID();
      const messageId = randomUUID();
      const claim = { messageId, actor, runId, leaseSeconds: LEASE_SECONDS };
      await handleOf(taskId).executeUpdate(claimUpdate, { updateId: messageId, args: [claim] });
      const read = confirming && handleOf(taskId).query(taskQuery, {});
      await Promise.all([untilLive(taskId, runId), read]);
      return runId;
    },
    heartbeat: beat,
    progress: (taskId, runId, percent) =>
      tell(taskId, 'report_progress', { actor, runId, ...WORK.progress(percent) }),
    complete: async (taskId, runId) => {
      await tell(taskId, 'mark_complete', { actor, runId, ...WORK.submission });
      await client.activity.complete({ workflowId: taskId, activityId: runId }, undefined);
    },
    approve: (taskId) => tell(taskId, 'approve', { actor: REVIEWER }),
    close: () => {},
  };
}
