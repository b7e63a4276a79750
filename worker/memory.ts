/** The memory of tasks, agents, projects and clients as runs have it: read as it stands, and written so that it lasts. */
import { setTimeout as sleep } from 'node:timers/promises';
import { WorkflowNotFoundError } from '@temporalio/client';
import type { Client } from '@temporalio/client';
import { TypedSearchAttributes } from '@temporalio/common';
import type { Memory, MemoryScope, Remembered, TaskNotes } from '../activities/run-agent/memory.ts';
import { memoryWorkflowId } from '../api/entity-ids.ts';
import { RECORD_MEMO } from '../workflows/entity.ts';
import { LIMITS } from '../workflows/limits.ts';
import { emptyMemory, lastOf, markdownOf } from '../workflows/memory-record.ts';
import type { MemoryChange, MemoryRecord } from '../workflows/memory-record.ts';
import { memorySignal } from '../workflows/memory.ts';
import type { memory } from '../workflows/memory.ts';
import { TaskCompanyKey } from '../workflows/search-attributes.ts';

/** A run that follows reads what the one before wrote once a worker has taken it in, which it is given time for. */
const TAKEN_IN_WITHIN_MS = 5_000;
const PAUSE_MS = 100;

/** `taskQueue` is that of the workers, which host what is begun here. */
export function createMemory(client: Client, taskQueue: string): Memory {
  async function find(workflowId: string): Promise<MemoryRecord | undefined> {
    try {
      const { memo } = await client.workflow.getHandle(workflowId).describe();
      return memo?.[RECORD_MEMO] as MemoryRecord | undefined;
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return undefined;
      throw error;
    }
  }

  async function read(scope: MemoryScope, id: string, company: string): Promise<Remembered> {
    const record = await find(memoryWorkflowId(company, scope, id));
    return record ? { text: markdownOf(record), version: record.version } : { text: '', version: 0 };
  }

  async function writeTask({ company, taskId, agentId, runId, text, since }: TaskNotes): Promise<void> {
    const workflowId = memoryWorkflowId(company, 'task', taskId);
    const nothing = emptyMemory({ scope: 'task', id: taskId, company }, new Date().toISOString());
    const record = (await find(workflowId)) ?? nothing;
    const change: MemoryChange = {
      do: 'replace',
      messageId: `notes-of-${runId}`,
      actor: { id: agentId, role: 'agent' },
      text: lastOf(text, LIMITS.memoryBytes),
      keepSince: since,
      task: taskId,
      run: runId,
    };
    await client.workflow.signalWithStart<typeof memory, [MemoryChange]>('memory', {
      workflowId,
      taskQueue,
      args: [record],
      signal: memorySignal,
      signalArgs: [change],
      memo: { [RECORD_MEMO]: record as Record<string, unknown> },
      typedSearchAttributes: new TypedSearchAttributes([{ key: TaskCompanyKey, value: company }]),
      staticSummary: `Memory of task ${taskId}`,
    });
    await untilTakenIn(workflowId, change.messageId);
  }

  async function untilTakenIn(workflowId: string, messageId: string): Promise<void> {
    const until = Date.now() + TAKEN_IN_WITHIN_MS;
    while (Date.now() < until) {
      const record = await find(workflowId);
      if (record?.handled.some(({ id }) => id === messageId)) return;
      await sleep(PAUSE_MS);
    }
  }

  return { read, writeTask };
}
