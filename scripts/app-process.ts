/**
 * One process of the app (worker or API) as `npm start` sees it: it loads while Temporal starts, begins when it may,
 * says when it serves, logs into a file, and is stopped in good order.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { lastWords } from './last-words.ts';
import { SetupError } from './setup-error.ts';

/** What a `main.ts` sends by `process.send` once it serves. `url` is where, as port 0 leaves that open. */
export type ReadyMessage = { readonly ready: true; readonly url?: string };

export type AppProcessOptions = {
  readonly name: string;
  /** The URL of the module to run. */
  readonly main: string;
  /** The URL of a module that pulls in everything heavy and has no effect; it is loaded before `begin`. */
  readonly preload: string;
  readonly env: NodeJS.ProcessEnv;
  readonly logFile: string;
  /** Shows the log on the terminal too. */
  readonly verbose: boolean;
};

export type AppProcess = {
  readonly name: string;
  readonly pid: number | undefined;
  /**
   * Lets the main module run, once its surroundings are ready, and waits for its ready message. Throws a
   * `SetupError` when the process ends before, or takes longer than a minute.
   */
  begin(): Promise<ReadyMessage>;
  /** Resolves, with one line for the user, when the process has ended for whatever reason. */
  readonly ended: Promise<string>;
  /** The end of its log, for the user to read. */
  lastWords(): string;
  /** SIGTERM, and SIGKILL when that has not ended it within 20 s. Never throws. */
  stop(): Promise<void>;
};

const READY_WITHIN_MS = 60_000;
const STOPS_WITHIN_MS = 20_000;
const ENTRY = fileURLToPath(new URL('./app-entry.ts', import.meta.url));
const TSX = import.meta.resolve('tsx');

/** Starts the process. Its log goes on where that of the one before ended. */
export function startAppProcess(options: AppProcessOptions): AppProcess {
  const { name, logFile } = options;
  const log = createWriteStream(logFile, { flags: 'a' });
  const child = spawn(process.execPath, ['--import', TSX, ENTRY, options.main, options.preload], {
    env: options.env,
    // A group of its own: a terminal's Ctrl-C goes to all of ours, and the order of stopping is ours to choose.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  for (const stream of [child.stdout, child.stderr]) {
    stream?.pipe(log, { end: false });
    if (options.verbose) stream?.pipe(process.stderr, { end: false });
  }
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(`The ${name} process could not be started: ${error.message}`));
    child.once('close', (code, signal) => {
      log.end(() => resolve(`The ${name} process ended (${signal ?? `exit code ${code}`}).`));
    });
  });
  const words = () => `Its last lines, from ${logFile}:\n${lastWords(logFile)}`;
  return {
    name,
    pid: child.pid,
    begin: () => {
      if (child.connected) child.send('begin');
      return untilReady(name, child, ended, words);
    },
    ended,
    lastWords: words,
    stop: async () => {
      child.kill('SIGTERM');
      const force = setTimeout(() => child.kill('SIGKILL'), STOPS_WITHIN_MS);
      await ended;
      clearTimeout(force);
    },
  };
}

function untilReady(
  name: string,
  child: ChildProcess,
  ended: Promise<string>,
  words: () => string,
): Promise<ReadyMessage> {
  return new Promise((resolve, reject) => {
    const tooLate = `The ${name} process was not ready within ${READY_WITHIN_MS / 1000} s.`;
    const late = setTimeout(() => reject(new SetupError(tooLate)), READY_WITHIN_MS);
    child.on('message', (message) => {
      if (!isReady(message)) return;
      clearTimeout(late);
      resolve(message);
    });
    void ended.then((why) => {
      clearTimeout(late);
      reject(new SetupError(`${why}\n${words()}`));
    });
  });
}

function isReady(message: unknown): message is ReadyMessage {
  return typeof message === 'object' && message !== null && 'ready' in message && message.ready === true;
}
