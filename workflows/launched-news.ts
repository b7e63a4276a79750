/** What an agent is told of its runs of a task: how a launched one ended, and what they cost. Pure. */
import type { Message } from './messages.ts';
import type { Task } from './task-record.ts';
import type { ToldAgent } from './tell-agents.ts';

/** What a change of a task, and the message that caused it, are to the agent that held it. */
export const newsOfRun = (before: Task, after: Task, message?: Message): ToldAgent[] => [
  ...costOf(before, message),
  ...endOf(before, after),
];

/** Only who has a budget, or is launched, has anybody count what it spends. */
function costOf({ id, run }: Task, message: Message | undefined): ToldAgent[] {
  if (message?.name !== 'report_progress' || !message.cost || !run) return [];
  if (!run.launch && !message.counted) return [];
  const { usd = 0, inputTokens = 0, outputTokens = 0 } = message.cost;
  const content = { runId: run.id, taskId: id, usd, tokens: inputTokens + outputTokens };
  return [{ to: { agent: run.agent }, name: 'spent', content }];
}

function endOf({ run, cost }: Task, after: Task): ToldAgent[] {
  if (!run?.launch || after.run?.id === run.id) return [];
  const ended = after.endedRuns.findLast(({ id }) => id === run.id);
  const end = ended?.reasonCode ?? ended?.end ?? 'ended';
  const came = run.reported === true || OWN_ENDS.includes(end);
  const progressed = came || !NO_FAULT.includes(end) ? { progressed: came } : {};
  const wallSeconds = (after.cost.wallSeconds ?? 0) - (cost.wallSeconds ?? 0);
  const content = { runId: run.id, end, ...progressed, wallSeconds };
  return [{ to: { agent: run.agent }, name: 'run_ended', content }];
}

/**
 * Its runner died, or was out of reach, and took the program along; or somebody cancelled the task: nobody knows what that
 * would have come to.
 */
const NO_FAULT: readonly string[] = ['crashed', 'cancelled'];

/** By these an agent has said how far it came. */
const OWN_ENDS: readonly string[] = ['completed', 'handed_off'];
