/** What a change of an agent means for others: what is launched, held, stopped and looked for, and who hears of it. Pure. */
import type { AgentMessage } from '../../agent-messages.ts';
import type { Agent, AgentRun } from '../../agent-record.ts';
import { isSpent } from './budget.ts';

export type AgentErrand =
  /** To ask for the task of a new run. */
  | { do: 'launch'; run: AgentRun }
  /** The workflow of the agent is to hold this run itself. */
  | { do: 'hold'; run: AgentRun }
  | { do: 'stop'; run: Pick<AgentRun, 'id' | 'taskId' | 'phase'>; why: NonNullable<AgentRun['stopping']> }
  | { do: 'look'; runs: AgentRun[] }
  /** Its manager should know that it is launched no more. */
  | { do: 'escalate'; to: string; taskId: string | undefined };

export function errandsOf(before: Agent, after: Agent, now: string, message?: AgentMessage): AgentErrand[] {
  const errands = after.runs.flatMap((run) => errandsFor(run, runIn(before, run.id)));
  const looked = after.runs.filter(({ id, lookAt }) => {
    const last = runIn(before, id)?.lookAt;
    return last !== undefined && last !== lookAt;
  });
  if (looked.length > 0) errands.push({ do: 'look', runs: looked });
  const { reportsTo: to } = after.profile;
  if (after.paused?.why === 'no_progress' && !before.paused && to !== undefined) {
    errands.push({ do: 'escalate', to, taskId: after.lastRun?.taskId });
  }
  // An agent that nobody launches is known to have a run only by its costs.
  if (message?.name === 'spent' && !runIn(after, message.runId) && isSpent(after, message.taskId, now)) {
    const { runId: id, taskId } = message;
    errands.push({ do: 'stop', run: { id, taskId, phase: 'claimed' }, why: 'budget_exhausted' });
  }
  return errands;
}

const runIn = ({ runs }: Agent, runId: string): AgentRun | undefined => runs.find(({ id }) => id === runId);

function errandsFor(run: AgentRun, was: AgentRun | undefined): AgentErrand[] {
  const isAsking = run.phase === 'launching' && run.choice?.[0] !== was?.choice?.[0];
  if (!was || isAsking) return [{ do: 'launch', run }];
  const hasBegun = run.phase !== 'launching';
  const begins = hasBegun && was.phase === 'launching';
  const errands: AgentErrand[] = begins && run.phase === 'held' ? [{ do: 'hold', run }] : [];
  // One that was to be stopped before it had begun is stopped when it has.
  if (run.stopping && hasBegun && (begins || !was.stopping)) {
    errands.push({ do: 'stop', run, why: run.stopping });
  }
  return errands;
}
