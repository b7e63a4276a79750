/**
 * The wakes of an agent: how they come together, wait, and are handled. Pure. None is lost: what finds no room of its own
 * joins the wake that is about nothing in particular, at which the agent looks at all that it has.
 */
import { limitsOf } from '../../agent-record.ts';
import type { Agent, Wake, Occasion } from '../../agent-record.ts';
import { LIMITS } from '../../limits.ts';
import { later } from '../rule.ts';

export const wakeOf = (id: string, { reason, ...about }: Occasion, now: string): Wake => ({
  id,
  reasons: [reason],
  ...about,
  at: now,
  count: 1,
});

/** What a wake is about. All that are about the same are one. */
const topicOf = ({ taskId, approvalId }: Wake): string | undefined =>
  approvalId === undefined ? taskId : `approval ${approvalId}`;

/** The wake waits, too. Nothing wakes an agent that was terminated. */
export function addWake(agent: Agent, wake: Wake): Agent {
  if (agent.terminated) return agent;
  const wakes = joined(agent.wakes, wake);
  if (!agent.givenBack?.includes(wake.taskId ?? '')) return { ...agent, wakes };
  return { ...agent, wakes, givenBack: agent.givenBack.filter((id) => id !== wake.taskId) };
}

function joined(wakes: readonly Wake[], wake: Wake): Wake[] {
  const topic = topicOf(wake);
  if (wakes.some((each) => topicOf(each) === topic))
    return wakes.map((each) => (topicOf(each) === topic ? merged(each, wake) : each));
  if (topic === undefined || wakes.length < LIMITS.wakes) return [...wakes, wake];
  const { id, reasons, byPerson, at, count } = wake;
  return joined(wakes, { id, reasons, ...(byPerson && { byPerson }), at, count });
}

const merged = ({ tries: triesBefore = 0, ...before }: Wake, { tries = 0, ...added }: Wake): Wake => ({
  ...before,
  ...added,
  // For what is new it has not been tried at all.
  ...(Math.min(tries, triesBefore) > 0 && { tries: Math.min(tries, triesBefore) }),
  reasons: [...before.reasons.filter((reason) => !added.reasons.includes(reason)), ...added.reasons],
  at: before.at < added.at ? before.at : added.at,
  count: before.count + added.count,
});

/** Somebody has handled the wake. One that was added to it meanwhile has given it another id, and still waits. */
export const dropWake = (agent: Agent, wakeId: string): Agent => ({
  ...agent,
  wakes: agent.wakes.filter(({ id }) => id !== wakeId),
});

/** When the clock wakes the agent next; not before it has answered the time before. */
export function nextTimer({ profile, paused, terminated, wakes, ...agent }: Agent): string | undefined {
  const { heartbeatSeconds } = limitsOf(profile);
  const since = agent.timerAt ?? agent.updatedAt;
  if (heartbeatSeconds === undefined || since === undefined || paused || terminated) return undefined;
  if (wakes.some(({ reasons }) => reasons.includes('timer'))) return undefined;
  return later(since, heartbeatSeconds);
}

export const wakeByClock = (agent: Agent, wakeId: string, now: string): Agent => ({
  ...addWake(agent, wakeOf(wakeId, { reason: 'timer' }, now)),
  timerAt: now,
});
