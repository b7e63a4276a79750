/** What time brings to an agent: when the next thing is due, and what it makes of the agent. Pure. */
import type { Agent } from '../../agent-record.ts';
import { monthUsed, nextMonth, rollOver } from './budget.ts';
import { lookLater, nextLaunch } from './runs.ts';
import type { Moment } from './runs.ts';
import { nextTimer, wakeByClock } from './wakes.ts';

export type AgentDue = 'timer' | 'month' | 'launch' | 'look';

export interface AgentDueAt {
  what: AgentDue;
  at: string;
}

/** The next thing that time will bring to this agent if nothing else happens. */
export function nextDue(agent: Agent, now: string): AgentDueAt | undefined {
  const isSpent = monthUsed(agent, now) >= 1;
  const candidates: [AgentDue, string | undefined][] = [
    ['timer', nextTimer(agent)],
    ['month', isSpent ? nextMonth(now) : undefined],
    ['launch', nextLaunch(agent, now)],
    ['look', agent.runs.flatMap(({ lookAt }) => lookAt ?? []).sort()[0]],
  ];
  return candidates
    .flatMap(([what, at]) => (at === undefined ? [] : [{ what, at }]))
    .sort((a, b) => Date.parse(a.at) - Date.parse(b.at))[0];
}

/** Brings the agent up to `now`. */
export function elapse(agent: Agent, { now, mintId }: Moment): Agent {
  const rolled = rollOver(agent, now);
  const timer = nextTimer(rolled);
  const isDue = timer !== undefined && Date.parse(timer) <= Date.parse(now);
  return lookLater(isDue ? wakeByClock(rolled, mintId(), now) : rolled, now);
}
