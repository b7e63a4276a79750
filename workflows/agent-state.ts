/**
 * In which of its six states an agent is, and why. Nothing keeps the state: it follows from the record, and the first of
 * these that is true is it.
 *
 * - `terminated`: somebody ended it for good; nothing wakes it any more.
 * - `paused`: wakes wait for it, and none is answered until it is taken up again.
 * - `running`: a run of its that Baton launched is on.
 * - `error`: its last run did not end by its own doing; it is still launched.
 * - `active`: wakes wait for it, which it is about to answer.
 * - `idle`: nothing is on, and nothing waits for it.
 */
import type { AgentRecord, AgentRun } from './agent-record.ts';
import { monthUsed, nextMonth, spentIn, spentInWords } from './rules/agents/budget.ts';

export const AGENT_STATES = ['active', 'idle', 'running', 'paused', 'error', 'terminated'] as const;
export type AgentState = (typeof AGENT_STATES)[number];

/** The ends of a run that are not its agent's own doing. */
const ERRORS: readonly string[] = ['crashed', 'stalled', 'agent_exited', 'never_started'];

export interface Standing {
  state: AgentState;
  /** One sentence. */
  why: string;
  /** What it waits for is a person, or the next month, rather than its turn. */
  pausedBy?: 'by_hand' | 'no_progress' | 'budget_exhausted';
}

export function standingOf(agent: AgentRecord, now: string): Standing {
  const { terminated, paused, runs, lastRun, wakes } = agent;
  if (terminated) return { state: 'terminated', why: sentence(`Terminated by ${terminated.by}`, terminated) };
  if (paused) {
    const why =
      paused.why === 'by_hand'
        ? sentence(`Paused by ${paused.by}`, paused)
        : `${sentence('Paused by the loop breaker', paused)} Nothing is launched for it until an operator has looked into that, and resumes it: POST /v1/agents/${encodeURIComponent(agent.id)}/resume.`;
    return { state: 'paused', why, pausedBy: paused.why };
  }
  if (monthUsed(agent, now) >= 1) {
    const spent = spentInWords(spentIn(agent, now), agent.profile.budget);
    const why = `It has spent its budget of this month: ${spent}. It goes on at ${nextMonth(now)}.`;
    return { state: 'paused', why, pausedBy: 'budget_exhausted' };
  }
  if (runs.length > 0) return { state: 'running', why: runs.map(inWords).join(' ') };
  if (lastRun && ERRORS.includes(lastRun.end)) {
    return { state: 'error', why: `Its last run, ${lastRun.id}, ended as ${lastRun.end}.` };
  }
  if (wakes.length > 0) return { state: 'active', why: `Wakes that wait for it: ${wakes.length}.` };
  return { state: 'idle', why: 'Nothing waits for it.' };
}

const sentence = (what: string, { note }: { note?: string }): string =>
  note === undefined ? `${what}.` : `${what}: ${note}`;

function inWords({ id, taskId, phase, wake, stopping }: AgentRun): string {
  const about = taskId === undefined ? '' : ` about task ${taskId}`;
  const reason = wake.reasons.at(-1);
  if (stopping) return `Its run ${id}${about} is being stopped: ${stopping}.`;
  if (phase === 'launching') return `A run${about} is about to begin, woken by ${reason}.`;
  return `Its run ${id}${about} is on, woken by ${reason}.`;
}
