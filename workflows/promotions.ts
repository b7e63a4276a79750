/** What a run wants remembered, and in which memories it is put once its work is accepted. Pure. */
import { MEMORY_SCOPES } from './memory-record.ts';
import type { MemoryScope } from './memory-record.ts';
import type { Task } from './task-record.ts';
import { isTerminal } from './task-state.ts';

/** What the activity `remember` is asked to do. */
export interface Promoted {
  company: string;
  task: string;
  run: string;
  agent: string;
  memories: { scope: MemoryScope; id: string; entries: PromotedEntry[] }[];
}

export interface PromotedEntry {
  /** Its place among all that the run promoted, which tells it from the others. */
  index: number;
  text: string;
}

/** Of what the memory of this scope is for a task that `agent` works on; undefined when it has no such thing. */
export function subjectOf({ id, definition }: Task, scope: string, agent: string): string | undefined {
  switch (scope as MemoryScope) {
    case 'task':
      return id;
    case 'agent':
      return agent;
    case 'project':
    case 'client':
      return definition[scope as 'project' | 'client'];
    default:
      return undefined;
  }
}

/** The accepted promotions of a task that is done; undefined when there are none. */
export function promotedBy(task: Task): Promoted | undefined {
  const { id, company, submission, status } = task;
  if (status !== 'done' || !submission?.memoryPromotions) return undefined;
  const { run, agent, memoryPromotions } = submission;
  const placed = memoryPromotions.map(({ scope, text }, index) => ({ scope, entry: { index, text } }));
  const memories = MEMORY_SCOPES.flatMap((scope) => {
    const subject = subjectOf(task, scope, agent);
    // Nothing is nothing to remember.
    const here = placed.filter((each) => each.scope === scope && each.entry.text.trim() !== '');
    if (subject === undefined || here.length === 0) return [];
    return [{ scope, id: subject, entries: here.map(({ entry }) => entry) }];
  });
  return memories.length > 0 ? { company, task: id, run, agent, memories } : undefined;
}

/** The scopes to which a run promoted something although its task has none such: nobody will remember that. */
export function unplaced(task: Task): string[] {
  const { submission, status } = task;
  if (!submission?.memoryPromotions || (isTerminal(status) && status !== 'done')) return [];
  const scopes = new Set(submission.memoryPromotions.map(({ scope }) => scope));
  return [...scopes].filter((scope) => subjectOf(task, scope, submission.agent) === undefined);
}
