/** How agents and approvals look to a caller of `/v1`. */
import type { z } from 'zod';
import type { ApprovalRecord } from '../workflows/approval.ts';
import type { Principal } from './auth.ts';
import type { AgentBody, AgentSummary } from './schemas/agents.ts';
import type { ApprovalBody } from './schemas/approvals.ts';
import type { Agent } from './services/agents.ts';
import type { Services } from './services/index.ts';

export const presentAgent = ({ id, company, profile, updatedAt }: Agent): z.input<typeof AgentSummary> => ({
  id,
  company,
  ...profile,
  ...(updatedAt !== undefined && { updatedAt }),
});

export const presentManager = ({ id, profile: { name, role, title } }: Agent) => ({
  id,
  name,
  role,
  ...(title !== undefined && { title }),
});

/** An agent with those above it, and what it has spent. */
export async function presentWholeAgent(
  { agents, spending }: Pick<Services, 'agents' | 'spending'>,
  principal: Principal,
  agent: Agent,
): Promise<z.input<typeof AgentBody>> {
  const [chain, spent] = await Promise.all([agents.chainOf(agent), spending(principal, agent)]);
  return { ...presentAgent(agent), chainOfCommand: chain.map(presentManager), spent: spent ?? null };
}

export const presentApproval = (approval: ApprovalRecord): z.input<typeof ApprovalBody> => {
  const { issueIds, payload, ...rest } = approval;
  return { ...rest, tasks: issueIds, payload: payload ?? null };
};
