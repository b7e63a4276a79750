/** What callers send to `/v1/memory` and get from it. */
import { z } from 'zod';
import { LIMITS } from '../../workflows/limits.ts';
import { MEMORY_SCOPES } from '../../workflows/memory-record.ts';
import { Actor, at } from './answers.ts';
import { name, text } from './common.ts';

export const MemoryParams = z.object({
  scope: z.enum(MEMORY_SCOPES).meta({ description: 'Of what it is the memory.' }),
  id: name.meta({
    description: 'Id of the task or agent, `me` being the caller; or name of the project or client.',
  }),
});

const entry = text(LIMITS.memoryBytes, 1).meta({ description: 'Markdown.' });

export const PutMemory = z
  .strictObject({
    text: text(LIMITS.memoryBytes).meta({
      description: 'All that is to be remembered from now on, in place of all entries. Markdown.',
    }),
  })
  .meta({ id: 'PutMemory' });

export const AddToMemory = z.strictObject({ text: entry }).meta({ id: 'AddToMemory' });

export const SummariseMemory = z
  .strictObject({
    upTo: name.meta({ description: 'Id of the last entry that the text stands in place of.' }),
    text: entry,
  })
  .meta({ id: 'SummariseMemory' });

const origin = {
  task: z.string().optional().meta({ description: 'The task whose run promoted it.' }),
  run: z.string().optional(),
};

export const MemoryEntryBody = z
  .object({
    id: z.string(),
    text: z.string(),
    by: Actor,
    at,
    ...origin,
    whole: z.literal(true).optional().meta({ description: 'It was written as the whole text.' }),
    summarises: z.int().optional().meta({ description: 'How many entries it stands in place of.' }),
  })
  .meta({ id: 'MemoryEntry' });

export const MemoryBody = z
  .object({
    scope: z.enum(MEMORY_SCOPES),
    id: z.string(),
    version: z.int().meta({ description: 'Also the ETag. Every change raises it.' }),
    entries: z.array(MemoryEntryBody).meta({ description: 'The oldest first.' }),
    bytes: z.int().meta({ description: `Of its texts; ${LIMITS.memoryBytes} are the most.` }),
    leftOut: z.array(z.object({ id: z.string(), by: Actor, at, ...origin })).meta({
      description:
        'The latest that there was no room for. What a task promoted still stands in its `submission`.',
    }),
    updatedAt: at,
    links: z.record(z.string(), z.string()),
  })
  .meta({ id: 'Memory' });
