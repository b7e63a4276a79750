/** How queues and tasks look to agents that speak of work queues. */
import type { Task } from '../../../workflows/task-record.ts';
import { isTerminal } from '../../../workflows/task-state.ts';
import type { Answer } from '../../route.ts';
import type { Counts } from '../../services/counts.ts';
import type { Queue } from '../../services/queues.ts';
import { countsByWord, queueId, taskId, turned, wordFor } from './words.ts';

export const presentQueue = ({ id, name, team, createdAt }: Queue, counts: Partial<Counts> = {}) => ({
  id: queueId(id),
  name,
  teamId: team ?? null,
  counts: countsByWord(counts),
  createdAt,
});

export function presentTask(task: Task) {
  const { definition, failure } = task;
  const status = wordFor(task.status);
  const isOpen = status === 'pending' || status === 'assigned';
  return {
    id: taskId(task.id),
    queueId: definition.queue === undefined ? null : queueId(definition.queue),
    name: definition.title,
    priority: turned(definition.priority),
    payload: definition.payload ?? null,
    deadline: definition.deadline ?? null,
    ...(definition.deadline !== undefined && { overdue: isOverdue(task, definition.deadline) }),
    status,
    assignedTo: assignedTo(task) ?? null,
    // What was handed in and sent back is no result yet.
    result: isOpen ? null : (task.submission?.output ?? null),
    error: failure?.message ?? null,
    ...(failure && { failureReason: failure.reasonCode }),
    attempts: task.attempts,
    createdAt: task.createdAt,
    updatedAt: task.updatedAt,
  };
}

/** Whether the deadline passed before the task came to its end; one that has ended does not change any more. */
const isOverdue = ({ status, updatedAt }: Task, deadline: string): boolean =>
  Date.parse(deadline) < (isTerminal(status) ? Date.parse(updatedAt) : Date.now());

/** Whoever works on it, or did last; of one that waits, the only agent that may take it. */
const assignedTo = ({ status, definition, run, submission, endedRuns }: Task): string | undefined =>
  status === 'queued' ? definition.assignee : (run?.agent ?? submission?.agent ?? endedRuns.at(-1)?.agent);

/** One page of a list, which is a bare array; the header `Link` says how to get what is after it. */
export function pageAnswer(items: object[], next: string | null, path: string, query: Query): Answer {
  if (next === null) return { status: 200, body: items };
  const params = new URLSearchParams({ cursor: next });
  for (const [name, value] of Object.entries(query)) if (value !== undefined) params.set(name, String(value));
  return { status: 200, body: items, headers: { link: `<${path}?${params.toString()}>; rel="next"` } };
}

type Query = Record<string, string | number | undefined>;
