/** The budget of an agent: what it spent in this calendar month, by UTC, and on each of its latest tasks. Pure. */
import { LIMITS } from '../../limits.ts';
import { limitsOf } from '../../agent-record.ts';
import type { Agent, Spending } from '../../agent-record.ts';
import { shareUsed } from '../budget.ts';

/** The share of a budget from which on its agent is warned. */
export const BUDGET_WARNING = 0.8;

export const monthOf = (now: string): string => now.slice(0, 7);

/** When the month after that of `now` begins. */
export function nextMonth(now: string): string {
  const date = new Date(now);
  return new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1)).toISOString();
}

/** What the agent has spent in the month of `now`. */
export function spentIn({ spending }: Pick<Agent, 'spending'>, now: string): Spending {
  if (spending?.month !== monthOf(now)) return { usd: 0, tokens: 0 };
  return { usd: spending.usd, tokens: spending.tokens };
}

/** How much of its budget of the month it has used, where 1 is all of it; 0 without a budget. */
export const monthUsed = (agent: Pick<Agent, 'profile' | 'spending'>, now: string): number =>
  shareUsed(spentIn(agent, now), agent.profile.budget);

/** Whether the agent must not go on with this task, or with any. */
export const isSpent = (agent: Agent, taskId: string, now: string): boolean =>
  monthUsed(agent, now) >= 1 || taskUsed(agent, taskId) >= 1;

/** How much it has used of what it may spend on one task. */
function taskUsed({ profile, spentOn }: Agent, taskId: string): number {
  const spent = spentOn.find((each) => each.taskId === taskId);
  return spent ? shareUsed(spent, limitsOf(profile).costPerTask) : 0;
}

const sum = (a: Spending, b: Spending): Spending => ({ usd: a.usd + b.usd, tokens: a.tokens + b.tokens });

export function spend(agent: Agent, taskId: string, cost: Spending, now: string): Agent {
  const before = agent.spentOn.find((each) => each.taskId === taskId) ?? { usd: 0, tokens: 0 };
  const others = agent.spentOn.filter((each) => each.taskId !== taskId);
  return {
    ...agent,
    spending: { month: monthOf(now), ...sum(spentIn(agent, now), cost) },
    spentOn: [...others, { taskId, ...sum(before, cost) }].slice(-LIMITS.tasksSpentOn),
  };
}

/** A new month has begun: what was spent in the one before counts no more. */
export function rollOver(agent: Agent, now: string): Agent {
  if (!agent.spending || agent.spending.month === monthOf(now)) return agent;
  return { ...agent, spending: { month: monthOf(now), usd: 0, tokens: 0 } };
}
