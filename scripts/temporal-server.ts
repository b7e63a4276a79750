/**
 * Runs Temporal's single-process server with its SQLite file. It gets a process group of its own, so that a
 * terminal's Ctrl-C does not reach it before the worker and the API are done; it ends when its parent vanishes.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { Connection } from '@temporalio/client';
import { answers, requirePort } from './ports.ts';
import { SERVER_SETTINGS } from './server-settings.ts';
import { SetupError } from './setup-error.ts';

const STARTS_WITHIN_MS = 30_000;
const STOPS_WITHIN_MS = 15_000;

// The shell becomes the server (same pid), and leaves a companion behind that waits for the pipe from us to close:
// without a farewell line the parent has died, and the server has to go too.
const DIE_WITH_PARENT = `
exec 3<&0
{ read -r farewell <&3 || kill $$; } >/dev/null 2>&1 &
exec 3<&-
exec "$@" </dev/null`;

export type TemporalServerOptions = {
  readonly binary: string;
  readonly port: number;
  /** Without one, there is no UI. */
  readonly uiPort?: number;
  /** Without one, the data is gone when the server ends. */
  readonly databaseFile?: string;
  /** FULL: an answered request survives a power cut. NORMAL: it survives a crash only. */
  readonly synchronous: 'FULL' | 'NORMAL';
  /** Dynamic configuration beyond what Baton wants. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Without one, its output is dropped. */
  readonly logFile?: string;
};

export type TemporalServer = {
  readonly address: string;
  readonly uiUrl: string | undefined;
  readonly process: ChildProcess;
  /** Ends the server in good order; by force when that takes longer than 15 s. Never throws. */
  stop(): Promise<void>;
  /** Ends the server as a crash would (SIGKILL). Never throws. */
  kill(): Promise<void>;
};

/** Starts a server and returns once it answers. Throws a `SetupError` when it ends before, or does not within 30 s. */
export async function startTemporalServer(options: TemporalServerOptions): Promise<TemporalServer> {
  await requirePort(options.port, 'BATON_TEMPORAL_PORT');
  if (options.uiPort !== undefined) await requirePort(options.uiPort, 'BATON_TEMPORAL_UI_PORT');
  const log = options.logFile === undefined ? 'ignore' : openSync(options.logFile, 'a');
  const child = spawn('sh', ['-c', DIE_WITH_PARENT, 'sh', options.binary, ...argumentsFor(options)], {
    detached: true,
    stdio: ['pipe', log, log],
  });
  if (typeof log === 'number') closeSync(log);
  const closed = new Promise<void>((resolve) => {
    child.once('error', () => resolve());
    child.once('exit', () => {
      child.stdin?.end('farewell\n');
      resolve();
    });
  });
  child.stdin?.on('error', () => {}); // The companion may have gone first.
  const end = async (signal: NodeJS.Signals) => {
    signalGroup(child, signal);
    const force = setTimeout(() => signalGroup(child, 'SIGKILL'), STOPS_WITHIN_MS);
    await closed;
    clearTimeout(force);
  };
  const server: TemporalServer = {
    address: `127.0.0.1:${options.port}`,
    uiUrl: options.uiPort === undefined ? undefined : `http://127.0.0.1:${options.uiPort}`,
    process: child,
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
  };
  try {
    await untilItAnswers(options, child);
  } catch (error) {
    await server.kill();
    throw error;
  }
  return server;
}

function argumentsFor(options: TemporalServerOptions): string[] {
  const settings = Object.entries({ ...SERVER_SETTINGS, ...options.settings }).flatMap(([key, value]) => [
    '--dynamic-config-value',
    `${key}=${JSON.stringify(value)}`,
  ]);
  const ui = options.uiPort === undefined ? ['--headless'] : ['--ui-port', `${options.uiPort}`];
  const database = options.databaseFile === undefined ? [] : ['--db-filename', options.databaseFile];
  const pragmas = [
    '--sqlite-pragma',
    'journal_mode=WAL',
    '--sqlite-pragma',
    `synchronous=${options.synchronous}`,
  ];
  const listen = ['--ip', '127.0.0.1', '--port', `${options.port}`];
  return [
    'server',
    'start-dev',
    ...listen,
    ...ui,
    ...database,
    ...(database.length ? pragmas : []),
    ...settings,
  ];
}

async function untilItAnswers({ port, logFile }: TemporalServerOptions, child: ChildProcess): Promise<void> {
  const seeLog = logFile === undefined ? '' : ` Its output is in ${logFile}.`;
  const address = `127.0.0.1:${port}`;
  const deadline = Date.now() + STARTS_WITHIN_MS;
  while (Date.now() < deadline) {
    if (child.exitCode !== null || child.signalCode !== null) {
      throw new SetupError(`The Temporal server ended while starting.${seeLog}`);
    }
    // A plain look at the port first: a refused gRPC channel waits a whole second before it tries again.
    if (await answers(port)) {
      const connection = await Connection.connect({ address, connectTimeout: '2s' }).catch(() => undefined);
      if (connection) return connection.close();
    }
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new SetupError(`The Temporal server did not answer within ${STARTS_WITHIN_MS / 1000} s.${seeLog}`);
}

/** The negative id addresses the server's whole group, the companion included. */
function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, signal);
  } catch {
    // It is gone already.
  }
}
