/** What share of a budget is used, and how long the programs of a task may still run by it. Pure. */
import type { Spending } from '../agent-record.ts';
import type { Budget } from '../definition.ts';
import type { Infer } from '../parse.ts';
import type { Launch } from '../launch.ts';
import type { Run, Task } from '../task-record.ts';

/** Where 1 is all of it; 0 without a budget. */
export function shareUsed(
  { usd, tokens, wallSeconds = 0 }: Spending,
  budget: Infer<typeof Budget> | undefined,
): number {
  const share = (spent: number, limit: number | undefined) =>
    limit === undefined ? 0 : limit === 0 ? Number(spent > 0) : spent / limit;
  return Math.max(
    share(usd, budget?.usd),
    share(tokens, budget?.tokens),
    share(wallSeconds, budget?.wallSeconds),
  );
}

/** How much of its budget a task has used at this time, where 1 is all of it; 0 without a budget. */
export function budgetUsed({ cost, run, definition: { budget } }: Task, now: string): number {
  const { usd, inputTokens, outputTokens } = cost;
  const wallSeconds = (cost.wallSeconds ?? 0) + (run ? wallSecondsOf(run, now) : 0);
  return shareUsed({ usd, tokens: inputTokens + outputTokens, wallSeconds }, budget);
}

/** How long the program of a run has run by now, at most; 0 for one that Baton did not launch. */
export const wallSecondsOf = (
  { launch, startedAt }: Pick<Run, 'launch' | 'startedAt'>,
  now: string,
): number => (launch ? Math.max(0, (Date.parse(now) - Date.parse(startedAt)) / 1000) : 0);

/** How many seconds the program of a run may run, by what its task and its agent may spend; undefined without a limit. */
export const wallSecondsLeft = ({ cost, definition: { budget } }: Task, launch: Launch): number | undefined =>
  leastLeft([budget?.wallSeconds, cost.wallSeconds], [launch.wallSeconds, 0]);

/** What is left of the limit that leaves least; undefined where there is none. */
export function leastLeft(
  ...limits: [limit: number | undefined, used: number | undefined][]
): number | undefined {
  const left = limits.flatMap(([limit, used = 0]) => (limit === undefined ? [] : Math.max(0, limit - used)));
  return left.length === 0 ? undefined : Math.min(...left);
}
