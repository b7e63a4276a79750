/**
 * The loop breaker: an agent whose runs come to nothing again and again is launched no more until a person has looked; and so
 * is one that only ever answers other agents, for nobody can tell what comes of a run without a task.
 */
import { LOOP_BREAKER } from '../../actor.ts';
import { limitsOf } from '../../agent-record.ts';
import type { Agent, AgentRun } from '../../agent-record.ts';
import { DEFAULTS } from '../../limits.ts';

interface Ended extends Pick<AgentRun, 'phase' | 'wake'> {
  end: string;
  progressed: boolean | undefined;
}

/** The agent with a run counted that was its last. */
export function counted(agent: Agent, { phase, wake, end, progressed }: Ended, now: string): Agent {
  if (progressed === true) return { ...agent, runsWithoutProgress: 0, runsAmongAgents: 0 };
  if (progressed === false) {
    const runsWithoutProgress = agent.runsWithoutProgress + 1;
    const what = `${runsWithoutProgress} runs in a row came to nothing`;
    return brokenOff({ ...agent, runsWithoutProgress }, 'runsWithoutProgress', what, now);
  }
  if (phase !== 'held' || end !== EXITED_WELL) return agent;
  if (wake.byPerson) return { ...agent, runsAmongAgents: 0 };
  const runsAmongAgents = (agent.runsAmongAgents ?? 0) + 1;
  const what = `${runsAmongAgents} runs in a row only answered other agents, without a task of its own or a word of a person`;
  return brokenOff({ ...agent, runsAmongAgents }, 'runsAmongAgents', what, now);
}

/** The end of a run that the agent's workflow held, whose program ended as it should. */
const EXITED_WELL = 'exited';

function brokenOff(
  agent: Agent,
  count: 'runsWithoutProgress' | 'runsAmongAgents',
  what: string,
  now: string,
): Agent {
  const most = limitsOf(agent.profile)[count] ?? DEFAULTS[count];
  if ((agent[count] ?? 0) < most || agent.paused) return agent;
  const { id, taskId, end } = agent.lastRun!;
  const note = `${what}; the last, ${id}${taskId ? ` on task ${taskId}` : ''}, ended as ${end}.`;
  return { ...agent, paused: { why: 'no_progress', by: LOOP_BREAKER.id, at: now, note } };
}
