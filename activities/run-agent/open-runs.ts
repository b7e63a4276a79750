/**
 * The runs whose notes are still to be collected, on disk beside their workspaces: so that a runner which was killed
 * collects them when it starts again. Workspaces of runs that are over are kept for a while, for people to look at.
 */
import { readFile, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { isAlive } from './processes.ts';

const OpenRun = z.object({
  runId: z.string(),
  agentId: z.string(),
  company: z.string(),
  /** The task that the run holds, with what was remembered of it at the start. */
  held: z
    .object({ taskId: z.string(), memory: z.object({ text: z.string(), version: z.number() }) })
    .optional(),
});
export type OpenRun = z.infer<typeof OpenRun>;

/** `runner` is the process id of the runner that has it. */
const OpenRunFile = OpenRun.extend({ runner: z.number() });
type OpenRunFile = z.infer<typeof OpenRunFile>;

const SUFFIX = '.open.json';

export type OpenRuns = ReturnType<typeof createOpenRuns>;

/** `folder` has the workspaces. */
export function createOpenRuns(folder: string) {
  const workspaceOf = (runId: string) => join(folder, runId);
  const fileOf = (runId: string) => workspaceOf(runId) + SUFFIX;
  const namesHere = () => readdir(folder).catch(() => []);

  async function read(name: string): Promise<OpenRunFile | undefined> {
    const text = await readFile(join(folder, name), 'utf8').catch(() => '');
    try {
      return OpenRunFile.safeParse(JSON.parse(text)).data;
    } catch {
      return undefined;
    }
  }

  return {
    workspaceOf,

    /** Its workspace is there. */
    async open(run: OpenRun): Promise<void> {
      const record: OpenRunFile = { ...run, runner: process.pid };
      await writeFile(fileOf(run.runId), JSON.stringify(record), { mode: 0o600 });
    },

    /** Nothing is to be collected any more. From now on counts how long its workspace is kept. */
    async close(runId: string): Promise<void> {
      const now = new Date();
      await utimes(workspaceOf(runId), now, now).catch(() => {});
      await rm(fileOf(runId), { force: true });
    },

    /** The runs that another runner had, which is gone: the one before on these data. */
    async leftBehind(): Promise<OpenRun[]> {
      const names = (await namesHere()).filter((name) => name.endsWith(SUFFIX));
      const runs = await Promise.all(names.map(read));
      return runs.filter(
        (run) => run !== undefined && (run.runner === process.pid || !isAlive(run.runner)),
      ) as OpenRun[];
    },

    /** Removes the workspaces of runs that have been over for so long. */
    async sweep(keptMs: number): Promise<void> {
      const names = new Set(await namesHere());
      for (const name of names) {
        if (name.endsWith(SUFFIX) || names.has(name + SUFFIX)) continue;
        const { mtimeMs } = await stat(join(folder, name)).catch(() => ({ mtimeMs: Infinity }));
        if (mtimeMs + keptMs < Date.now()) await rm(join(folder, name), { recursive: true, force: true });
      }
    },
  };
}
