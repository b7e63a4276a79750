/** What the Temporal UI shows of an agent while it lives: its state, why, what it is at, and what comes next. */
import { adapterOf } from './agent-record.ts';
import type { Agent, Wake } from './agent-record.ts';
import { standingOf } from './agent-state.ts';
import { page } from './page.ts';
import { monthUsed, spentIn, spentInWords } from './rules/agents/budget.ts';
import { nextDue } from './rules/agents/due.ts';
import type { AgentDue } from './rules/agents/due.ts';

const NEXT: Record<AgentDue, string> = {
  timer: 'it is woken by the clock',
  month: 'a new month begins, and with it a new budget',
  launch: 'it is launched again',
  look: 'Baton looks whether its runs are still on',
};

const WAKES_SHOWN = 20;

/** Everything in it comes from the agent and the workflow's clock, so that a replay writes the same. */
export function agentDetails(agent: Agent, now: string, unreadable?: string): string {
  const { profile, wakes, runs, lastRun, spending } = agent;
  const { state, why } = standingOf(agent, now);
  const adapter = adapterOf(profile);
  const next = nextDue(agent, now);
  const share = profile.budget && ` (${Math.round(monthUsed(agent, now) * 100)} % of its budget)`;
  const shown = wakes.slice(0, WAKES_SHOWN).map((wake) => `1. ${inWords(wake)}`);
  const more = wakes.length > WAKES_SHOWN ? [`1. … ${wakes.length - WAKES_SHOWN} more`] : [];
  return page(
    profile.name,
    why,
    [
      ['State', state],
      ['Id', agent.id],
      ['Role', agent.registered ? profile.role : 'not registered'],
      ['Answers to', profile.reportsTo],
      [
        'Launched by',
        adapter.type === 'process' ? `${adapter.launcher}, runner ${adapter.runner}` : undefined,
      ],
      ['Runs', runs.length > 0 ? runs.map(({ id }) => id).join(', ') : undefined],
      ['Last run', lastRun && `${lastRun.id} ended at ${lastRun.at}: ${lastRun.end}`],
      ['Runs that came to nothing', agent.runsWithoutProgress > 0 ? agent.runsWithoutProgress : undefined],
      ['Runs for other agents alone', agent.runsAmongAgents ? agent.runsAmongAgents : undefined],
      ['Spent this month', spending && `${spentInWords(spentIn(agent, now))}${share ?? ''}`],
      ['Wakes', wakes.length > 0 ? wakes.length : undefined],
      ['Next', next && `at ${next.at}, ${NEXT[next.what]}`],
      ['Ignored message', unreadable],
    ],
    [...shown, ...more],
  );
}

function inWords({ reasons, taskId, approvalId, count, at }: Wake): string {
  const about = approvalId === undefined ? taskId && `task ${taskId}` : `approval ${approvalId}`;
  const times = count > 1 ? `, ${count} times` : '';
  return `**${reasons.join(', ')}**${about ? ` about ${about}` : ''}, since ${at}${times}`;
}
