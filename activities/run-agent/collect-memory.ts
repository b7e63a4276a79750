/**
 * What a run wrote into `memory/task.md` is kept for the next run of its task, however it ended. Who holds the task writes
 * the whole text anew; what others write beside it is added.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Memories } from '../memories.ts';
import type { OpenRun } from './open-runs.ts';
import { TASK_MEMORY } from './workspace-files.ts';
import { readLeft } from './workspace.ts';

export type NoteKeeper = Pick<Memories, 'find' | 'writeTask' | 'addToTask'>;

/** Far more than is remembered of a task, which is cut to its latest part. */
const MOST_BYTES = 1024 * 1024;
/** The run that follows reads it once a worker has taken it in, which is given so much time. */
const TAKEN_IN_WITHIN_MS = 5_000;
const PAUSE_MS = 50;

/**
 * Collects it once nothing of the run is left. Long after the run's end another run may have written since: then, with
 * `unlessNewer`, what is there stays.
 */
export async function collectMemory(
  { runId, agentId, company, about }: OpenRun,
  workspace: string,
  { find, writeTask, addToTask }: NoteKeeper,
  { unlessNewer = false } = {},
): Promise<void> {
  if (!about) return;
  const { taskId, isHeld, memory: before } = about;
  const text = await readLeft(workspace, TASK_MEMORY, MOST_BYTES);
  if (text === undefined || text === before.text) return;
  if (!isHeld) {
    const added = (text.startsWith(before.text) ? text.slice(before.text.length) : text).trim();
    if (added !== '') await addToTask(company, taskId, added, { agent: agentId, run: runId });
    return;
  }
  const isNewer = async () => ((await find(company, 'task', taskId))?.version ?? 0) > before.version;
  if (unlessNewer && (await isNewer())) return;
  await writeTask(company, taskId, text, { agent: agentId, run: runId, readVersion: before.version });
  const until = Date.now() + TAKEN_IN_WITHIN_MS;
  while (!(await isNewer()) && Date.now() < until) await sleep(PAUSE_MS);
}
