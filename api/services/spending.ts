/** What an agent has spent of its budget, by the reports on the tasks that are assigned to it. */
import type { Principal } from '../auth.ts';
import { isSearchable } from '../schemas/common.ts';
import { abreast } from './abreast.ts';
import type { Agent } from './agents.ts';
import type { Listing } from './listing.ts';
import type { Reader } from './reading.ts';
import { Shared } from './shared.ts';

export interface Spending {
  usd: number;
  tokens: number;
}

/** So many of its latest tasks count. */
const MOST_TASKS = 100;
const ABREAST = 10;
const KEPT_MS = 2_000;

/** Makes the function that adds up; it answers undefined for an agent without a budget, which nobody counts for. */
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

  return async (principal: Principal, { company, id, profile }: Agent): Promise<Spending | undefined> => {
    if (!profile.budget || !isSearchable(id)) return undefined;
    return await sums.get(JSON.stringify([company, id]), () => addUp(principal, id));
  };
}
