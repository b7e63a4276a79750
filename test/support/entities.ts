/** What stands for one thing, as it starts: an agent, an approval. */
import { defaultPayloadConverter } from '@temporalio/common';
import type { AgentRecord } from '../../workflows/agent.ts';
import type { ApprovalRecord } from '../../workflows/approval.ts';
import { ada, olga } from './task-fixture.ts';

export const AT = '2030-01-01T00:00:00Z';

export const AGENT: AgentRecord = {
  id: 'ada',
  company: 'acme',
  profile: { name: 'Ada', role: 'engineer' },
  updatedBy: olga,
  updatedAt: AT,
};

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

/** What `TestWorker.startRaw` starts with. */
export const json = (value: unknown) => [defaultPayloadConverter.toPayload(value)];
