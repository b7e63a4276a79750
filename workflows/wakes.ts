/** Which agents are to be woken because of a change of a task, and why. Pure. Nobody is woken for a task that has ended. */
import type { WakeReason } from './agent-record.ts';
import type { Message } from './messages.ts';
import { offerOf } from './offer.ts';
import type { RunEnd } from './refusals.ts';
import type { Task } from './task-record.ts';
import { isTerminal } from './task-state.ts';
import type { ToldAgent } from './tell-agents.ts';

/** Agents that gave a task back, or left it to be continued, know that it waits for them. */
export const KNOWINGLY: readonly RunEnd[] = ['released', 'continued'];

/** Whom a new task wakes. */
export const firstWakes = (task: Task): ToldAgent[] =>
  assigned(undefined, task, task.follows?.changesRequested ? 'changes_requested' : 'assignment');

/** Whom a change of a task wakes, and the message that caused it. */
export function wakesOf(before: Task, after: Task, message?: Message): ToldAgent[] {
  if (isTerminal(after.status) || after.cancel) return [];
  return [
    ...(isWokenByDecision(before, after, message)
      ? []
      : assigned(before, after, before.status === 'review' ? 'changes_requested' : 'assignment')),
    ...mentioned(after, message),
    ...childrenFinished(before, after),
    ...escalated(after, message),
  ];
}

const wake = (task: Task, to: ToldAgent['to'], reason: WakeReason, also: object = {}): ToldAgent => ({
  to,
  name: 'wake',
  content: { reason, taskId: task.id, ...also },
});

/** The agent in whose inbox the task waits. */
const waitsFor = (task: Task): string | undefined => offerOf(task) && task.definition.assignee;

/** Whoever asked for an approval is woken by its decision, and need not be by the task that goes on with it. */
const isWokenByDecision = (before: Task, after: Task, message: Message | undefined): boolean =>
  message?.name === 'approval_decided' &&
  (before.approvals ?? []).some(
    ({ id, requestedBy: { id: asker, role } }) =>
      id === message.approvalId && role === 'agent' && asker === waitsFor(after),
  );

/** A task has begun to wait in somebody's inbox. */
function assigned(before: Task | undefined, after: Task, reason: WakeReason): ToldAgent[] {
  const agent = waitsFor(after);
  if (agent === undefined || (before && waitsFor(before) === agent)) return [];
  const last = before?.run && after.endedRuns.at(-1);
  if (last?.agent === agent && KNOWINGLY.includes(last.end)) return [];
  return [wake(after, { agent }, reason)];
}

function mentioned(task: Task, message: Message | undefined): ToldAgent[] {
  const { actor, messageId, mentions = [] } = message ?? {};
  const about = { commentId: messageId, ...(actor?.role !== 'agent' && { byPerson: true }) };
  return [...new Set(mentions)]
    .filter((agent) => agent !== actor?.id)
    .map((agent) => wake(task, { agent }, 'mention', about));
}

const areFinished = ({ children }: Task): boolean =>
  children.length > 0 && children.every(({ status }) => status !== 'open');

/** The last open sub-task of a task has ended, by whatever end. */
function childrenFinished(before: Task, after: Task): ToldAgent[] {
  if (!areFinished(after) || areFinished(before)) return [];
  const agent = after.run?.agent ?? after.definition.assignee ?? after.endedRuns.at(-1)?.agent;
  return agent === undefined ? [] : [wake(after, { agent }, 'children_finished')];
}

/** An agent says what is in its way. */
function escalated(task: Task, message: Message | undefined): ToldAgent[] {
  if (message?.name !== 'report_progress' || !message.blockers?.trim()) return [];
  return [wake(task, { managerOf: message.actor.id }, 'escalation')];
}
