/** Which files a workspace begins with, all below `.company-agents/`. Pure. */
import type { MemoryScope } from '../../workflows/memory-record.ts';
import type { Task } from '../../workflows/task-record.ts';
import { BRIEF } from './context-files.ts';
import type { ContextFile } from './context-files.ts';
import type { WakeCause } from '../../workflows/launch.ts';
import type { PastRun } from './past-runs.ts';
import type { Recalled } from './recall.ts';
import { briefOf, previousRunsOf, recordOf } from './task-files.ts';

/** Where a workspace has all that Baton puts there. */
const FOLDER = '.company-agents';
/** What the agent writes down for the next run of its task. */
export const TASK_MEMORY = `${FOLDER}/memory/task.md`;
const EXAMPLES = `${FOLDER}/context/examples`;

export interface WorkspaceContents {
  task?: Task | undefined;
  /** What the runs before this one said. */
  past?: ReadonlyMap<string, PastRun> | undefined;
  parent?: Task | undefined;
  /** The task that this one follows, whose reviewer wanted changes. */
  previous?: Task | undefined;
  context: readonly ContextFile[];
  memory: Partial<Record<MemoryScope, Recalled>>;
  wake: WakeCause;
  /** Whether it is the task's own run, and not one beside it. */
  holdsTask: boolean;
}

export interface WorkspaceFiles {
  folders: string[];
  files: Map<string, string | Uint8Array>;
}

export function workspaceFiles({
  task,
  past,
  parent,
  previous,
  context,
  memory,
  wake,
  holdsTask,
}: WorkspaceContents): WorkspaceFiles {
  const files = new Map<string, string | Uint8Array>();
  const put = (path: string, content: string | Uint8Array) => files.set(`${FOLDER}/${path}`, content);
  const putRecord = (path: string, of: object) => put(path, `${JSON.stringify(of, null, 2)}\n`);

  if (task) {
    putRecord('task.json', recordOf(task));
    putRecord('previous-runs.json', previousRunsOf(task, past));
    put(`context/${BRIEF}`, briefOf(task, wake, holdsTask));
  }
  if (parent) putRecord('parent.json', recordOf(parent));
  if (previous) putRecord('previous-task.json', recordOf(previous));
  // A task may bring a brief of its own.
  for (const { path, content } of context) put(`context/${path}`, content);
  for (const [scope, { text }] of Object.entries(memory)) put(`memory/${scope}.md`, text);
  return { folders: files.has(EXAMPLES) ? [] : [EXAMPLES], files };
}
