/**
 * Memories for those who work beside the API: read from the memo, which needs no worker, and changed by signals that
 * are durable at once. A memory that is not there yet begins with the first.
 */
import { randomUUID } from 'node:crypto';
import { WorkflowNotFoundError } from '@temporalio/client';
import type { Client } from '@temporalio/client';
import { TypedSearchAttributes } from '@temporalio/common';
import { memoryWorkflowId } from '../api/entity-ids.ts';
import { uuidFrom } from '../api/idempotency.ts';
import { RECORD_MEMO } from '../workflows/entity.ts';
import { LIMITS } from '../workflows/limits.ts';
import { emptyMemory, lastOf, markdownOf } from '../workflows/memory-record.ts';
import type { MemoryChange, MemoryRecord, MemoryScope } from '../workflows/memory-record.ts';
import { memorySignal } from '../workflows/memory.ts';
import type { memory } from '../workflows/memory.ts';
import type { Promoted } from '../workflows/promotions.ts';
import { TaskCompanyKey } from '../workflows/search-attributes.ts';

export type Memories = ReturnType<typeof createMemories>;

/** `taskQueue` is the one that Baton's own worker serves. */
export function createMemories(client: Client, taskQueue: string) {
  /** What is remembered; undefined when nothing ever was. */
  async function find(company: string, scope: MemoryScope, id: string): Promise<MemoryRecord | undefined> {
    const handle = client.workflow.getHandle(memoryWorkflowId(company, scope, id));
    try {
      return (await handle.describe()).memo?.[RECORD_MEMO] as MemoryRecord | undefined;
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return undefined;
      throw error;
    }
  }

  /** What is remembered, as Markdown; nothing is an empty text. */
  async function read(company: string, scope: MemoryScope, id: string): Promise<string> {
    const there = await find(company, scope, id);
    return there ? markdownOf(there) : '';
  }

  async function tell(
    of: Pick<MemoryRecord, 'company' | 'scope' | 'id'>,
    message: MemoryChange,
  ): Promise<void> {
    const { company, scope, id } = of;
    // One that somebody ended goes on with what it had.
    const record = (await find(company, scope, id)) ?? emptyMemory(of, new Date().toISOString());
    await client.workflow.signalWithStart<typeof memory, [MemoryChange]>('memory', {
      workflowId: memoryWorkflowId(company, scope, id),
      taskQueue,
      args: [record],
      memo: { [RECORD_MEMO]: record },
      typedSearchAttributes: new TypedSearchAttributes([{ key: TaskCompanyKey, value: company }]),
      staticSummary: `Memory of ${scope} ${id}`,
      signal: memorySignal,
      signalArgs: [message],
    });
  }

  /** Puts what a run promoted into its memories. Done again, it changes nothing. */
  async function promote({ company, task, run, agent, memories }: Promoted): Promise<void> {
    for (const { scope, id, entries } of memories) {
      await tell(
        { company, scope, id },
        {
          do: 'append',
          messageId: uuidFrom('promotions', task, run),
          actor: { id: agent, role: 'agent' },
          task,
          run,
          entries: entries.map(({ index, text }) => ({ id: uuidFrom('promotion', task, run, index), text })),
        },
      );
    }
  }

  /**
   * Writes anew what is remembered of a task, in the name of the run that left it. Of a text that is too long the end
   * is kept. `readVersion` is the version of the memory that the run had before it: what came since is kept as well.
   */
  async function writeTask(
    company: string,
    taskId: string,
    text: string,
    { agent, run, readVersion }: { agent: string; run: string; readVersion?: number },
  ): Promise<void> {
    if (text === (await read(company, 'task', taskId))) return;
    await tell(
      { company, scope: 'task', id: taskId },
      {
        do: 'replace',
        messageId: randomUUID(),
        actor: { id: agent, role: 'agent' },
        run,
        text: lastOf(storable(text), LIMITS.memoryBytes),
        ...(readVersion !== undefined && { keepSince: readVersion }),
      },
    );
  }

  /** Adds what a run beside the task noted, as an entry of that run. Done again, it changes nothing. */
  async function addToTask(
    company: string,
    taskId: string,
    text: string,
    { agent, run }: { agent: string; run: string },
  ): Promise<void> {
    const id = uuidFrom('note', taskId, run);
    const noted = lastOf(storable(text), LIMITS.memoryBytes);
    if (noted === '') return;
    await tell(
      { company, scope: 'task', id: taskId },
      {
        do: 'append',
        messageId: id,
        actor: { id: agent, role: 'agent' },
        run,
        entries: [{ id, text: noted }],
      },
    );
  }

  return { find, read, promote, writeTask, addToTask };
}

/** A file may hold what nothing can store. */
const storable = (text: string): string => text.replaceAll('\0', '').toWellFormed();
