/**
 * What an agent has spent: in this month, as it was told itself; or, where it was never told of any cost, by the reports
 * on the tasks that are assigned to it.
 */
import { limitsOf } from '../../workflows/agent-record.ts';
import type { AgentRecord, Spending } from '../../workflows/agent-record.ts';
import { BUDGET_WARNING, monthUsed, spend, spentIn, taskUsed } from '../../workflows/rules/agents/budget.ts';
import type { Principal } from '../auth.ts';
import { isSearchable } from '../schemas/common.ts';
import { abreast } from './abreast.ts';
import type { Listing } from './listing.ts';
import type { Reader } from './reading.ts';
import { Shared } from './shared.ts';

/** So many of its latest tasks count. */
const MOST_TASKS = 100;
const ABREAST = 10;
const KEPT_MS = 2_000;

/** Makes the function that answers it; undefined for an agent without costs and without a budget. */
export function createSpending({ listing, reader }: { listing: Listing; reader: Pick<Reader, 'lastKnown'> }) {
  const sums = new Shared<Spending>(KEPT_MS);

  async function addUp(principal: Principal, assignee: string): Promise<Spending> {
    const { items } = await listing.tasks(principal, { assignee, limit: MOST_TASKS });
    const sum = { usd: 0, tokens: 0 };
    for (const { cost } of await abreast(ABREAST, items, ({ id }) => reader.lastKnown(principal, id))) {
      sum.usd += cost.usd;
      sum.tokens += cost.inputTokens + cost.outputTokens;
    }
    return sum;
  }

  return async (principal: Principal, agent: AgentRecord): Promise<Spending | undefined> => {
    const { company, id, profile, spending } = agent;
    if (spending) return spentIn(agent, new Date().toISOString());
    if (!profile.budget || !isSearchable(id)) return undefined;
    return await sums.get(JSON.stringify([company, id]), () => addUp(principal, id));
  };
}

/** Whether anybody counts what the agent spends. */
export const isCounted = ({ profile }: AgentRecord): boolean =>
  profile.budget !== undefined || limitsOf(profile).costPerTask !== undefined;

/** What an agent should know of what it may spend: in this month, and on the task at hand, once that has cost so much more. */
export function budgetWarnings(agent: AgentRecord, taskId?: string, cost: Spending = NOTHING): string[] {
  const now = new Date().toISOString();
  const after = spend(agent, taskId, cost, now);
  return [
    ...warning(monthUsed(after, now), 'your budget of this month'),
    ...(taskId === undefined ? [] : warning(taskUsed(after, taskId), 'what you may spend on this task')),
  ];
}

const NOTHING: Spending = { usd: 0, tokens: 0 };

const warning = (used: number, ofWhat: string): string[] =>
  used < BUDGET_WARNING ? [] : [`${Math.floor(used * 100)} % of ${ofWhat} is used.`];
