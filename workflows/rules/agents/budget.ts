/** The budget of an agent: what it spent in this calendar month, by UTC, and on each of its latest tasks. Pure. */
import { LIMITS } from '../../limits.ts';
import { limitsOf } from '../../agent-record.ts';
import type { Agent, AgentRecord, Spending } from '../../agent-record.ts';
import { leastLeft, shareUsed } from '../budget.ts';

/** The share of a budget from which on its agent is warned. */
export const BUDGET_WARNING = 0.8;

const NOTHING: Spending = { usd: 0, tokens: 0 };
const NOTHING_ON = { taskId: undefined, ...NOTHING };

export const monthOf = (now: string): string => now.slice(0, 7);

/** When the month after that of `now` begins. */
export function nextMonth(now: string): string {
  const date = new Date(now);
  return new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1)).toISOString();
}

/** What the agent has spent in the month of `now`. */
export function spentIn({ spending }: Pick<Agent, 'spending'>, now: string): Spending {
  if (spending?.month !== monthOf(now)) return NOTHING;
  const { month: _month, ...spent } = spending;
  return spent;
}

/** How much of its budget of the month it has used, where 1 is all of it; 0 without a budget. */
export const monthUsed = (agent: Pick<Agent, 'profile' | 'spending'>, now: string): number =>
  shareUsed(spentIn(agent, now), agent.profile.budget);

const IN_WORDS: Record<keyof Spending, string> = {
  usd: 'usd',
  tokens: 'tokens',
  wallSeconds: 'seconds of wall time',
};

/** What was spent, for people; where there is a budget, only what of that is used up. */
export function spentInWords(spent: Spending, budget?: Partial<Spending>): string {
  const said = (Object.keys(IN_WORDS) as (keyof Spending)[]).flatMap((what) => {
    const [used, limit] = [spent[what] ?? 0, budget?.[what]];
    if (!budget) return what === 'wallSeconds' && used === 0 ? [] : [`${used} ${IN_WORDS[what]}`];
    return limit === undefined || used === 0 || used < limit ? [] : [`${used} of ${limit} ${IN_WORDS[what]}`];
  });
  return said.join(', ');
}

/** Whether the agent must not go on with this task, or with any. */
export const isSpent = (agent: Agent, taskId: string, now: string): boolean =>
  monthUsed(agent, now) >= 1 || taskUsed(agent, taskId) >= 1;

/** How much it has used of what it may spend on one task. */
export const taskUsed = (agent: Pick<Agent, 'profile' | 'spentOn'>, taskId: string): number =>
  shareUsed(spentOnTask(agent, taskId), limitsOf(agent.profile).costPerTask);

function spentOnTask({ spentOn }: Pick<Agent, 'spentOn'>, taskId: string | undefined): Spending {
  const { taskId: _taskId, ...spent } = spentOn.find((each) => each.taskId === taskId) ?? NOTHING_ON;
  return spent;
}

function sum(a: Spending, b: Spending): Spending {
  const wallSeconds = (a.wallSeconds ?? 0) + (b.wallSeconds ?? 0);
  return { usd: a.usd + b.usd, tokens: a.tokens + b.tokens, ...(wallSeconds > 0 && { wallSeconds }) };
}

/** The agent with this cost of the task counted; what is about no task counts for the month alone. */
export function spend<A extends AgentRecord>(
  agent: A,
  taskId: string | undefined,
  cost: Spending,
  now: string,
): A {
  const spending = { month: monthOf(now), ...sum(spentIn(agent, now), cost) };
  if (taskId === undefined) return { ...agent, spending };
  const before = spentOnTask(agent, taskId);
  const others = agent.spentOn.filter((each) => each.taskId !== taskId);
  const spentOn = [...others, { taskId, ...sum(before, cost) }].slice(-LIMITS.tasksSpentOn);
  return { ...agent, spending, spentOn };
}

/** How long a program may run for this task, by what the agent may still spend; undefined where that sets no limit. */
export function wallSecondsLeft(agent: Agent, taskId: string | undefined, now: string): number | undefined {
  const { budget } = agent.profile;
  const { costPerTask } = limitsOf(agent.profile);
  return leastLeft(
    [budget?.wallSeconds, spentIn(agent, now).wallSeconds],
    [costPerTask?.wallSeconds, spentOnTask(agent, taskId).wallSeconds],
  );
}

/** A new month has begun: what was spent in the one before counts no more. */
export function rollOver(agent: Agent, now: string): Agent {
  if (!agent.spending || agent.spending.month === monthOf(now)) return agent;
  return { ...agent, spending: { month: monthOf(now), ...NOTHING } };
}
