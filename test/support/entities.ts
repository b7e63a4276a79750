/** What stands for one thing, as it starts: an agent, an approval, a memory. */
import { defaultPayloadConverter } from '@temporalio/common';
import type { AgentInput } from '../../workflows/agent-record.ts';
import type { ApprovalRecord } from '../../workflows/approval.ts';
import { emptyMemory } from '../../workflows/memory-record.ts';
import type { MemoryRecord } from '../../workflows/memory-record.ts';
import { ada, olga } from './task-fixture.ts';

export const AT = '2030-01-01T00:00:00Z';

export const AGENT = {
  id: 'ada',
  company: 'acme',
  profile: { name: 'Ada', role: 'engineer' },
  updatedBy: olga,
  updatedAt: AT,
} satisfies AgentInput;

export const APPROVAL: ApprovalRecord = {
  id: 'approval-1',
  company: 'acme',
  type: 'hire_agent',
  requestedBy: ada,
  issueIds: [],
  status: 'pending',
  history: [],
  createdAt: AT,
  updatedAt: AT,
};

export const MEMORY: MemoryRecord = emptyMemory({ scope: 'project', id: 'soup', company: 'acme' }, AT);

/** What `TestWorker.startRaw` starts with. */
export const json = (value: unknown) => [defaultPayloadConverter.toPayload(value)];
