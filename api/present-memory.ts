/** How a memory looks to a caller of `/v1`. */
import type { z } from 'zod';
import { bytesOf } from '../workflows/memory-record.ts';
import type { MemoryEntry, MemoryRecord } from '../workflows/memory-record.ts';
import type { MemoryBody, MemoryEntryBody } from './schemas/memories.ts';

export const presentEntry = ({
  version: _version,
  whole,
  ...entry
}: MemoryEntry): z.input<typeof MemoryEntryBody> => ({ ...entry, ...(whole && { whole: true }) });

export const presentMemory = ({
  scope,
  id,
  version,
  entries,
  leftOut,
  updatedAt,
}: MemoryRecord): z.input<typeof MemoryBody> => ({
  scope,
  id,
  version,
  entries: entries.map(presentEntry),
  bytes: bytesOf(entries),
  leftOut,
  updatedAt,
  links: {
    self: pathOf({ scope, id }),
    ...(scope === 'task' && { task: `/v1/tasks/${id}` }),
    ...(scope === 'agent' && { agent: `/v1/agents/${encodeURIComponent(id)}` }),
  },
});

export const pathOf = ({ scope, id }: Pick<MemoryRecord, 'scope' | 'id'>): string =>
  `/v1/memory/${scope}/${encodeURIComponent(id)}`;
