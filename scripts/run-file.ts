/** `.baton/run.json`: where a running Baton is to be found, for the demo, the benchmarks, and a second `npm start`. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { answers } from './ports.ts';

const RunInfo = z.object({
  apiUrl: z.string(),
  temporalAddress: z.string(),
  temporalUiUrl: z.string(),
  /** Process ids; `temporal` only when `npm start` runs the server itself. */
  pids: z.object({
    start: z.number(),
    worker: z.number().optional(),
    api: z.number().optional(),
    temporal: z.number().optional(),
  }),
});

export type RunInfo = z.infer<typeof RunInfo>;

const fileIn = (dataDir: string) => join(dataDir, 'run.json');

/** Tells others where this run is to be found. */
export function writeRunInfo(dataDir: string, info: RunInfo): void {
  writeFileSync(fileIn(dataDir), `${JSON.stringify(info, null, 2)}\n`);
}

/** Forgets this run; nothing happens when there is none. */
export function removeRunInfo(dataDir: string): void {
  rmSync(fileIn(dataDir), { force: true });
}

/** The Baton that runs on this data now, or undefined: a file left behind by a crash is no run. */
export async function findRun(dataDir: string): Promise<RunInfo | undefined> {
  const file = fileIn(dataDir);
  if (!existsSync(file)) return undefined;
  const { data: info } = RunInfo.safeParse(parseJson(readFileSync(file, 'utf8')));
  if (!info) return undefined;
  if (!isAlive(info.pids.start)) return undefined;
  // A process id may have been given to someone else since, and so may a port; hardly both.
  const ownServer = info.pids.temporal !== undefined;
  const port = Number(info.temporalAddress.split(':').at(-1));
  return ownServer && !(await answers(port)) ? undefined : info;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
