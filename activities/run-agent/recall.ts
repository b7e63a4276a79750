/** What is remembered for a run: of its task, its agent, and the project and client that the task is for. */
import { markdownOf } from '../../workflows/memory-record.ts';
import type { MemoryScope } from '../../workflows/memory-record.ts';
import type { RunAgentInput } from '../../workflows/launch.ts';
import type { Task } from '../../workflows/task-record.ts';
import type { Memories } from '../memories.ts';

export interface Recalled {
  /** Markdown; empty when nothing is remembered yet. */
  text: string;
  /** Of the memory, so that what others add later is not lost. */
  version: number;
}

/** All of it, by scope. A scope that the run has no part in is left out. */
export async function recall(
  { find }: Pick<Memories, 'find'>,
  { agentId, company, taskId }: Pick<RunAgentInput, 'agentId' | 'company' | 'taskId'>,
  task: Task | undefined,
): Promise<Partial<Record<MemoryScope, Recalled>>> {
  const { project, client } = task?.definition ?? {};
  const scopes: [MemoryScope, string | undefined][] = [
    ['task', taskId],
    ['agent', agentId],
    ['project', project],
    ['client', client],
  ];
  const known = scopes.filter((scope): scope is [MemoryScope, string] => scope[1] !== undefined);
  const recalled = known.map(async ([scope, id]) => {
    const record = await find(company, scope, id);
    return [scope, { text: record ? markdownOf(record) : '', version: record?.version ?? 0 }] as const;
  });
  return Object.fromEntries(await Promise.all(recalled));
}
