/** The system under measurement: a Temporal server, worker and API of its own, as `npm start` runs them, in a folder of its own. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Connection } from '@temporalio/client';
import { readConfig, type Config } from '../api/config.ts';
import { startAppProcess, type AppProcess } from '../scripts/app-process.ts';
import { freePort } from '../scripts/ports.ts';
import { prepareNamespace } from '../scripts/prepare-namespace.ts';
import { environmentWith, withoutTemporalProfile } from '../scripts/settings.ts';
import { startTemporalServer } from '../scripts/temporal-server.ts';
import { signToken } from '../scripts/token.ts';

export type Synchronous = 'FULL' | 'NORMAL';

export interface Stack {
  apiUrl: string;
  connection: Connection;
  namespace: string;
  taskQueue: string;
  serverVersion: string;
  pids: Record<'server' | 'worker' | 'API', number>;
  /** Where all of it has its files. */
  folder: string;
  token(role: 'agent' | 'reviewer' | 'operator', sub: string): Promise<string>;
  /** Starts a runner that may launch these. It is stopped along with the rest, if not before. */
  startRunner(launchers: object): Promise<RunnerProcess>;
  stop(): Promise<void>;
}

export interface RunnerProcess {
  pid: number;
  /** The process that watches over its agents. */
  guard(): number;
  stop(): Promise<void>;
}

const SECRET = 'a secret of the benchmark, which nobody else can reach';

/** Starts it all. What was started is stopped again when a later part fails. */
export async function startStack(
  binary: string,
  folder: string,
  synchronous: Synchronous,
  verbose: boolean,
): Promise<Stack> {
  mkdirSync(folder, { recursive: true });
  const port = await freePort();
  const env = environmentWith({
    ...withoutTemporalProfile(folder),
    TEMPORAL_ADDRESS: `127.0.0.1:${port}`,
    TEMPORAL_NAMESPACE: 'baton',
    BATON_DATA_DIR: folder,
    BATON_HOST: '127.0.0.1',
    BATON_PORT: '0',
    BATON_JWT_SECRET: SECRET,
    BATON_JWKS_URL: undefined,
    // One agent at full speed makes more calls in a minute than any real one.
    BATON_RATE_LIMIT: '1000000',
  });
  const config = readConfig(env);
  const started: (() => Promise<void>)[] = [];
  const stop = async () => {
    for (const stopOne of started.splice(0).toReversed()) await stopOne();
  };
  try {
    const databaseFile = join(folder, 'temporal.db');
    const logFile = join(folder, 'temporal.log');
    const uiPort = await freePort();
    const server = await startTemporalServer({ binary, port, uiPort, databaseFile, synchronous, logFile });
    started.push(() => server.stop());
    const connection = await Connection.connect({ address: server.address });
    started.push(() => connection.close());
    await prepareNamespace(connection, config.temporal);
    const worker = launch('worker', 'worker/main.ts', 'worker/create-worker.ts', env, folder, verbose);
    const api = launch('api', 'api/main.ts', 'api/create-app.ts', env, folder, verbose);
    started.push(
      () => worker.stop(),
      () => api.stop(),
    );
    const [{ url: apiUrl = '' }] = await Promise.all([api.begin(), worker.begin()]);
    const { serverVersion } = await connection.workflowService.getSystemInfo({});
    return {
      apiUrl,
      connection,
      namespace: config.temporal.namespace,
      taskQueue: config.taskQueue,
      serverVersion,
      pids: { server: server.process.pid!, worker: worker.pid!, API: api.pid! },
      folder,
      token: (role, sub) => tokenOf(config, role, sub),
      async startRunner(launchers) {
        writeFileSync(join(folder, 'launchers.json'), JSON.stringify({ launchers }));
        const here = { ...env, BATON_API_URL: apiUrl };
        const runner = launch('runner', 'worker/runner.ts', 'worker/create-runner.ts', here, folder, verbose);
        started.push(() => runner.stop());
        await runner.begin();
        return { pid: runner.pid!, guard: () => guardOf(runner.pid!), stop: () => runner.stop() };
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function launch(
  name: 'worker' | 'api' | 'runner',
  program: string,
  heavy: string,
  env: NodeJS.ProcessEnv,
  folder: string,
  verbose: boolean,
): AppProcess {
  const main = new URL(`../${program}`, import.meta.url).href;
  const preload = new URL(`../${heavy}`, import.meta.url).href;
  return startAppProcess({ name, main, preload, env, logFile: join(folder, `${name}.log`), verbose });
}

/** Of the children of a runner the one that is no agent. */
function guardOf(runner: number): number {
  const children = readFileSync(`/proc/${runner}/task/${runner}/children`, 'utf8').trim().split(' ');
  const isGuard = (pid: string) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('guard-process');
  return Number(children.find(isGuard));
}

const tokenOf = (config: Config, role: string, sub: string) =>
  signToken(config, { role, sub, expires: '12h' });
