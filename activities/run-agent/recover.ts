/** Takes up what a runner left behind that was killed: processes, if any are left, and the notes of its runs. */
import { collectMemory } from './collect-memory.ts';
import type { NoteKeeper } from './collect-memory.ts';
import { killRun } from './end-run.ts';
import type { OpenRun, OpenRuns } from './open-runs.ts';

/** Tells `failed` of each run of which it did not succeed; those are tried again the next time. */
export async function recover(
  openRuns: OpenRuns,
  memories: NoteKeeper,
  failed: (run: OpenRun, error: unknown) => void,
): Promise<void> {
  const recoverOne = async (run: OpenRun) => {
    await killRun({ runId: run.runId });
    await collectMemory(run, openRuns.workspaceOf(run.runId), memories, { unlessNewer: true });
    await openRuns.close(run.runId);
  };
  const runs = await openRuns.leftBehind();
  await Promise.all(runs.map((run) => recoverOne(run).catch((error: unknown) => failed(run, error))));
}
