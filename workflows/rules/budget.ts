/** What share of a budget is used, and of that of a task until when it lasts. Pure. */
import type { Spending } from '../agent-record.ts';
import type { Budget } from '../definition.ts';
import type { Infer } from '../parse.ts';
import type { Run, Task } from '../task-record.ts';
import { later } from './rule.ts';

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

/** How long the program of a run has run by now; 0 for one that Baton did not launch. */
export const wallSecondsOf = (
  { launch, startedAt }: Pick<Run, 'launch' | 'startedAt'>,
  now: string,
): number => (launch ? Math.max(0, (Date.parse(now) - Date.parse(startedAt)) / 1000) : 0);

/** When the run of the task has used up the time that is left for it; undefined where nobody limits that. */
export function timeIsUp({ run, cost, definition: { budget } }: Task): string | undefined {
  if (!run?.launch) return undefined;
  const left = budget?.wallSeconds === undefined ? Infinity : budget.wallSeconds - (cost.wallSeconds ?? 0);
  const seconds = Math.min(left, run.launch.wallSeconds ?? Infinity);
  return seconds === Infinity ? undefined : later(run.startedAt, Math.max(0, seconds));
}
