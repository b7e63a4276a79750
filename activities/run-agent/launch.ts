/** Launches a command as the leader of a process group and session of its own. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import type { Exit } from '../../workflows/launch.ts';
import { launchFailure } from './failures.ts';

export interface Command {
  command: string;
  args: readonly string[];
  env: NodeJS.ProcessEnv;
  /** The folder that it runs in. */
  cwd: string;
}

export type CommandExit = Pick<Exit, 'exitCode' | 'signal'>;

export interface LaunchedCommand {
  pid: number;
  /** Resolves when the command itself has ended; others of its group may live on, and hold its output open. */
  exited: Promise<CommandExit>;
  /** Resolves when its output has been read to the end, which is not waited for longer than a moment. */
  drained(): Promise<void>;
}

/** A command that floods its output waits for us rather than keep us busy: about 10 MB a second from each stream. */
const GULP_BYTES = 256 * 1024;
const PAUSE_MS = 25;
const DRAINED_WITHIN_MS = 2_000;

/** Launches it and hands its output to `take`. Throws `command_not_found` when there is no such program or folder. */
export async function launch(
  { command, args, env, cwd }: Command,
  take: (chunk: Buffer) => void,
): Promise<LaunchedCommand> {
  const folder = await stat(cwd).catch(() => undefined);
  if (!folder?.isDirectory())
    throw launchFailure('command_not_found', `The launcher's folder ${cwd} does not exist.`);
  const child = spawn(command, args, { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  const exited = new Promise<CommandExit>((resolve) => {
    child.once('exit', (exitCode, signal) => resolve({ exitCode, signal }));
  });
  const closed = once(child, 'close');
  closed.catch(() => {});
  await once(child, 'spawn').catch((error: NodeJS.ErrnoException) => {
    throw NO_PROGRAM.has(error.code ?? '') ? notFound(command, error) : error;
  });
  for (const stream of [child.stdout, child.stderr]) readInGulps(stream, take);
  return {
    pid: child.pid!,
    exited,
    async drained() {
      const late = setTimeout(() => {
        for (const stream of [child.stdout, child.stderr]) stream.destroy();
      }, DRAINED_WITHIN_MS);
      await closed;
      clearTimeout(late);
    },
  };
}

const NO_PROGRAM = new Set(['ENOENT', 'EACCES', 'ENOTDIR', 'ENOEXEC']);

const notFound = (command: string, error: NodeJS.ErrnoException) =>
  launchFailure(
    'command_not_found',
    `The launcher's command ${command} can't be run on this machine (${error.code}): install it, or correct the launcher.`,
    error,
  );

function readInGulps(stream: Readable, take: (chunk: Buffer) => void): void {
  let gulp = 0;
  stream.on('error', () => {});
  stream.on('data', (chunk: Buffer) => {
    take(chunk);
    gulp += chunk.length;
    if (gulp < GULP_BYTES) return;
    gulp = 0;
    stream.pause();
    setTimeout(() => stream.resume(), PAUSE_MS);
  });
}
