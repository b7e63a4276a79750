/** What share of a budget is used. Pure. */
import type { Budget } from '../definition.ts';
import type { Infer } from '../parse.ts';

/** Where 1 is all of it; 0 without a budget. */
export function shareUsed(
  { usd, tokens }: { usd: number; tokens: number },
  budget: Infer<typeof Budget> | undefined,
): number {
  const share = (spent: number, limit: number | undefined) =>
    limit === undefined ? 0 : limit === 0 ? Number(spent > 0) : spent / limit;
  return Math.max(share(usd, budget?.usd), share(tokens, budget?.tokens));
}
