/** How agents and approvals look to a caller of `/v1`. */
import type { z } from 'zod';
import { adapterOf, limitsOf } from '../workflows/agent-record.ts';
import type { AgentRecord, Wake } from '../workflows/agent-record.ts';
import { standingOf } from '../workflows/agent-state.ts';
import type { ApprovalRecord } from '../workflows/approval.ts';
import type { Principal } from './auth.ts';
import type { AgentBody, AgentSummary } from './schemas/agents.ts';
import type { ApprovalBody } from './schemas/approvals.ts';
import type { Services } from './services/index.ts';
import { budgetWarnings } from './services/spending.ts';

export function presentAgent(agent: AgentRecord): z.input<typeof AgentSummary> {
  const { id, company, profile, registered, wakes, runs, updatedAt } = agent;
  const { state, why } = standingOf(agent, new Date().toISOString());
  return {
    id,
    company,
    ...profile,
    adapter: adapterOf(profile),
    limits: limitsOf(profile),
    registered,
    state,
    why,
    runs: runs.map(presentRun),
    pendingWakes: wakes.length,
    ...(updatedAt !== undefined && { updatedAt }),
  };
}

const presentRun = ({ id, taskId, wake, startedAt }: AgentRecord['runs'][number]) => ({
  id,
  task: taskId ?? null,
  wokenBy: wake.reasons.at(-1)!,
  startedAt,
});

export const presentManager = ({ id, profile: { name, role, title } }: AgentRecord) => ({
  id,
  name,
  role,
  ...(title !== undefined && { title }),
});

/** An agent with those above it, and what it has spent. */
export async function presentWholeAgent(
  { agents, spending }: Pick<Services, 'agents' | 'spending'>,
  principal: Principal,
  agent: AgentRecord,
): Promise<z.input<typeof AgentBody>> {
  const [chain, spent] = await Promise.all([agents.chainOf(agent), spending(principal, agent)]);
  return {
    ...presentAgent(agent),
    chainOfCommand: chain.map(presentManager),
    spent: spent ?? null,
    warnings: budgetWarnings(agent),
  };
}

/** A wake as the agent sees it that is to answer it. */
export const presentWake = ({ reasons, taskId, approvalId, commentId, ...wake }: Wake) => ({
  id: wake.id,
  reason: reasons.at(-1)!,
  reasons,
  task: taskId ?? null,
  comment: commentId ?? null,
  approval:
    approvalId === undefined
      ? null
      : { id: approvalId, status: wake.approvalStatus ?? null, tasks: wake.linkedIssueIds ?? [] },
  at: wake.at,
  count: wake.count,
});

export const presentApproval = (approval: ApprovalRecord): z.input<typeof ApprovalBody> => {
  const { issueIds, payload, ...rest } = approval;
  return { ...rest, tasks: issueIds, payload: payload ?? null };
};
