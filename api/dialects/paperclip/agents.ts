/** Who agents are, as Paperclip's agents ask: above all who they are themselves. */
import type { Principal } from '../../auth.ts';
import type { AgentRecord, Spending } from '../../../workflows/agent-record.ts';
import { standingOf } from '../../../workflows/agent-state.ts';
import { presentManager } from '../../present-agents.ts';
import type { Services } from '../../services/index.ts';
import type { On } from '../dialect.ts';
import { expectCompany } from './issues.ts';

/** As many as one list has. */
const MOST_AGENTS = 1_000;

export function agentRoutes(on: On, { agents, spending }: Services): void {
  on('get', '/agents/:agentId', async ({ params, call: { principal } }) => {
    const named = params['agentId']!;
    const agent = await agents.read(principal, named === 'me' ? principal.id : named);
    return { status: 200, body: await whole(principal, agent) };
  });

  on('get', '/companies/:companyId/agents', async (asked) => {
    expectCompany(asked);
    const { items } = await agents.page(asked.call.principal, MOST_AGENTS, undefined);
    return { status: 200, body: items.map(presentAgent) };
  });

  async function whole(principal: Principal, agent: AgentRecord) {
    const [chain, spent] = await Promise.all([agents.chainOf(agent), spending(principal, agent)]);
    return {
      ...presentAgent(agent),
      chainOfCommand: chain.map(presentManager),
      budget: presentBudget(agent.profile.budget, spent),
    };
  }
}

function presentAgent(agent: AgentRecord) {
  const { id, company, profile } = agent;
  return {
    id,
    companyId: company,
    name: profile.name,
    role: profile.role,
    title: profile.title ?? null,
    reportsTo: profile.reportsTo ?? null,
    status: standingOf(agent, new Date().toISOString()).state,
  };
}

/** Without a limit nobody counts, and all is null. */
function presentBudget(limit: AgentRecord['profile']['budget'], spent: Spending | undefined) {
  if (!limit || !spent) return { limit: limit ?? null, spent: null, remaining: null };
  const left = (of: number | undefined, used: number) => (of === undefined ? null : Math.max(0, of - used));
  return {
    limit,
    spent,
    remaining: { usd: left(limit.usd, spent.usd), tokens: left(limit.tokens, spent.tokens) },
  };
}
