/**
 * The memory workflow: what is remembered of one task, agent, project or client. It decides on nothing but what there is
 * room for, and lives until it is cancelled; begun again, it goes on with what it had.
 */
import { defineSignal, defineUpdate } from '@temporalio/workflow';
import { continueAsNew } from './continue-as-new.ts';
import { beginning, live } from './entity.ts';
import { MemoryChange, MemoryRecord, changeMemory, hearOfChange } from './memory-record.ts';
import { TaskCompanyKey } from './search-attributes.ts';

/** Answers the memory after it. */
export const memoryUpdate = defineUpdate<MemoryRecord, [MemoryChange]>('change');
/** The same for those who do not wait for an answer, or for a worker. */
export const memorySignal = defineSignal<[MemoryChange]>('change');

export async function memory(input: MemoryRecord): Promise<void> {
  const record = await live({
    record: beginning(MemoryRecord, input),
    update: memoryUpdate,
    message: MemoryChange,
    receive: changeMemory,
    signal: memorySignal,
    hear: hearOfChange,
    attributesOf: ({ company }) => [{ key: TaskCompanyKey, value: company }],
    isOver: () => false,
  });
  return await continueAsNew<typeof memory>(record);
}
