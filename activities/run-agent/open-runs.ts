/**
 * The runs whose notes are still to be collected, on disk beside their workspaces: so that a runner which was killed
 * collects them when it starts again. Workspaces of runs that are over are kept for a while, for people to look at.
 */
import { readFileSync } from 'node:fs';
import { readFile, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { isAlive } from './processes.ts';

const OpenRun = z.object({
  runId: z.string(),
  agentId: z.string(),
  company: z.string(),
  /** The task that the run is about, whether it holds that, and what was remembered of it at the start. */
  about: z
    .object({
      taskId: z.string(),
      isHeld: z.boolean(),
      memory: z.object({ text: z.string(), version: z.number() }),
    })
    .optional(),
});
export type OpenRun = z.infer<typeof OpenRun>;

/** `runner` is the runner that has it: process ids mean nothing beyond the container, or the machine, that gave them. */
const OpenRunFile = OpenRun.extend({ runner: z.object({ host: z.string(), pid: z.number() }) });
type OpenRunFile = z.infer<typeof OpenRunFile>;

/** This container or machine, since it was started. */
export const HERE = `${hostname()} ${bootId()}`;
/** A runner elsewhere whose files have been left untouched for so long is gone. */
export const SILENT_MS = 300_000;

const SUFFIX = '.open.json';

export type OpenRuns = ReturnType<typeof createOpenRuns>;

/** `folder` has the workspaces. */
export function createOpenRuns(folder: string) {
  const workspaceOf = (runId: string) => join(folder, runId);
  const fileOf = (runId: string) => workspaceOf(runId) + SUFFIX;
  /** Those that were opened here, and are not closed. */
  const ours = new Set<string>();
  const namesHere = () => readdir(folder).catch(() => []);

  async function read(name: string): Promise<OpenRunFile | undefined> {
    const text = await readFile(join(folder, name), 'utf8').catch(() => '');
    try {
      return OpenRunFile.safeParse(JSON.parse(text)).data;
    } catch {
      return undefined;
    }
  }

  async function isLeftBehind({ runId, runner: { host, pid } }: OpenRunFile): Promise<boolean> {
    if (ours.has(runId)) return false;
    // Whoever had our process id before us is gone.
    if (host === HERE) return pid === process.pid || !isAlive(pid);
    const { mtimeMs } = await stat(fileOf(runId)).catch(() => ({ mtimeMs: Infinity }));
    return mtimeMs + SILENT_MS < Date.now();
  }

  async function touch(path: string): Promise<void> {
    const now = new Date();
    await utimes(path, now, now).catch(() => {});
  }

  return {
    workspaceOf,

    /** Its workspace is there. */
    async open(run: OpenRun): Promise<void> {
      const record: OpenRunFile = { ...run, runner: { host: HERE, pid: process.pid } };
      ours.add(run.runId);
      await writeFile(fileOf(run.runId), JSON.stringify(record), { mode: 0o600 });
    },

    /** Nothing is to be collected any more. From now on counts how long its workspace is kept. */
    async close(runId: string): Promise<void> {
      await touch(workspaceOf(runId));
      await rm(fileOf(runId), { force: true });
      ours.delete(runId);
    },

    /** Shows runners elsewhere that share the folder that this one lives; to be called far more often than they wait. */
    async stayAlive(): Promise<void> {
      await Promise.all([...ours].map((runId) => touch(fileOf(runId))));
    },

    /** The runs that another runner had, which is gone. */
    async leftBehind(): Promise<OpenRun[]> {
      const names = (await namesHere()).filter((name) => name.endsWith(SUFFIX));
      const runs = (await Promise.all(names.map(read))).filter((run) => run !== undefined);
      const areLeft = await Promise.all(runs.map(isLeftBehind));
      return runs.filter((_run, at) => areLeft[at]);
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

function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return '';
  }
}
