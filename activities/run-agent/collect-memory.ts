/** What a run wrote into `memory/task.md` is kept for the next run of its task, however it ended. */
import type { Memory } from './memory.ts';
import type { OpenRun } from './open-runs.ts';
import { TASK_MEMORY } from './workspace-files.ts';
import { readLeft } from './workspace.ts';

/** Far more than is remembered of a task, which is cut to its latest part. */
const MOST_BYTES = 1024 * 1024;

/**
 * Collects it once nothing of the run is left. Long after the run's end another run may have written since: then, with
 * `unlessNewer`, what is there stays.
 */
export async function collectMemory(
  { runId, agentId, company, held }: OpenRun,
  workspace: string,
  memory: Memory,
  { unlessNewer = false } = {},
): Promise<void> {
  if (!held) return;
  const { taskId, memory: before } = held;
  const text = await readLeft(workspace, TASK_MEMORY, MOST_BYTES);
  if (text === undefined || text === before.text) return;
  if (unlessNewer && (await memory.read('task', taskId, company)).version !== before.version) return;
  await memory.writeTask({ company, taskId, agentId, runId, text, since: before.version });
}
