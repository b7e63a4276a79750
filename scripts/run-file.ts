/**
 * `.baton/run.json`: where a running Baton is to be found, and how tokens for it are signed, for the commands that are
 * given in a second terminal. Only its owner may read it, and it goes when Baton stops.
 */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Config } from '../api/config.ts';
import { answers } from './ports.ts';

const RunInfo = z.object({
  apiUrl: z.string(),
  temporalAddress: z.string(),
  temporalUiUrl: z.string(),
  /** How it checks tokens, which may come from variables that other terminals do not have. */
  jwt: z.object({
    secret: z.string().optional(),
    jwksUrl: z.string().optional(),
    issuer: z.string(),
    audience: z.string(),
  }),
  /** Process ids; `temporal` only when `npm start` runs the server itself. */
  pids: z.object({
    start: z.number(),
    worker: z.number().optional(),
    api: z.number().optional(),
    runner: z.number().optional(),
    temporal: z.number().optional(),
  }),
});

export type RunInfo = z.infer<typeof RunInfo>;

const fileIn = (dataDir: string) => join(dataDir, 'run.json');

/** Tells others where this run is to be found. */
export function writeRunInfo(dataDir: string, info: RunInfo): void {
  // A file that is there keeps its mode when it is written.
  removeRunInfo(dataDir);
  writeFileSync(fileIn(dataDir), `${JSON.stringify(info, null, 2)}\n`, { mode: 0o600 });
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

/** This configuration, with the keys of the Baton that runs on its data unless it names keys itself. */
export async function withKeysOfRun(config: Config): Promise<Config> {
  if (config.jwt.secret || config.jwt.jwksUrl) return config;
  const run = await findRun(config.dataDir);
  return run ? { ...config, jwt: { secret: undefined, jwksUrl: undefined, ...run.jwt } } : config;
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
