/**
 * Under which id there is what stands for one thing: the same for the same thing of the same company, whatever its name
 * is made of, and another for every other company. Also for those who find them beside the API.
 */
import type { MemoryScope } from '../workflows/memory-record.ts';
import { uuidFrom } from './idempotency.ts';

export const agentWorkflowId = (company: string, id: string): string =>
  `agent/${uuidFrom('agent', company, id)}`;

export const memoryWorkflowId = (company: string, scope: MemoryScope, id: string): string =>
  `memory/${scope}/${uuidFrom('memory', company, scope, id)}`;
