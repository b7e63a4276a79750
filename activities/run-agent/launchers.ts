/**
 * What a runner may launch: the launchers of its own configuration file, by name. A profile or a request names one of
 * them and never a command. The file is read for each launch, so that a new launcher needs no restart.
 */
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { DEFAULT_COMPANY } from '../../workflows/actor.ts';
import { launchFailure } from './failures.ts';

const variable = z.string().regex(/^[A-Za-z_]\w*$/, 'is no name of a variable');

const Launcher = z.strictObject({
  /** A program of the PATH, or a file; one that begins with "." is looked for from where the launchers file is. */
  command: z.string().min(1),
  args: z.array(z.string()).default([]),
  /** Whose agents may be launched by it: what it can do, whoever writes their tasks can have done. */
  companies: z.array(z.string().min(1)).default([DEFAULT_COMPANY]),
  /** Variables beyond those that every agent has. */
  env: z.record(variable, z.string()).default({}),
  /** The folder that it runs in, relative to the file; the run's workspace when absent. */
  cwd: z.string().min(1).optional(),
});
export type Launcher = z.infer<typeof Launcher>;

const LaunchersFile = z.strictObject({ launchers: z.record(z.string().min(1), Launcher) });

/** The launchers file is wrong, or not there; the message names it and what to correct. */
export class LaunchersFault extends Error {
  /** There is no such file. */
  get isMissing(): boolean {
    return (this.cause as NodeJS.ErrnoException | undefined)?.code === 'ENOENT';
  }
}

/** Reads the file. Throws a `LaunchersFault` with a line for each thing that is wrong. */
export async function readLaunchers(path: string): Promise<Map<string, Launcher>> {
  const text = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new LaunchersFault(`${path} can't be read (${cause.code}).`, { cause });
  });
  const { data, error } = LaunchersFile.safeParse(parsed(path, text));
  if (!data) {
    const faults = error.issues.map((issue) => `${path}: ${issue.path.join('.') || 'it'}: ${issue.message}`);
    throw new LaunchersFault(faults.join('\n'));
  }
  const folder = dirname(resolve(path));
  return new Map(
    Object.entries(data.launchers).map(([name, launcher]) => [
      name,
      {
        ...launcher,
        ...(launcher.command.startsWith('.') && { command: resolve(folder, launcher.command) }),
        ...(launcher.cwd !== undefined && { cwd: resolve(folder, launcher.cwd) }),
      },
    ]),
  );
}

function parsed(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new LaunchersFault(`${path} is no JSON: ${(cause as Error).message}`, { cause });
  }
}

/**
 * The launcher of this name, if agents of the company may be launched by it. Throws `unknown_launcher`, which tells
 * nothing of those that are there for others, or `launchers_unreadable`.
 */
export type FindLauncher = (name: string, company: string) => Promise<Launcher>;

/** Makes that. A file that somebody has spoilt holds nobody up: what it said before goes on to count, and `onFault` hears of it. */
export function createFindLauncher(path: string, onFault: (fault: LaunchersFault) => void): FindLauncher {
  let known: Map<string, Launcher> | undefined;
  return async (name, company) => {
    known = await readLaunchers(path).catch((error: unknown) => {
      if (!(error instanceof LaunchersFault)) throw error;
      if (!known || error.isMissing) throw launchFailure('launchers_unreadable', error.message, error);
      onFault(error);
      return known;
    });
    const launcher = known.get(name);
    if (launcher?.companies.includes(company)) return launcher;
    throw launchFailure(
      'unknown_launcher',
      `This runner has no launcher "${name}" for company "${company}". Add it to its launchers file, or the company to its "companies" there.`,
    );
  };
}
