/** The system under measurement: a Temporal server, worker and API of its own, as `npm start` runs them, in a folder of its own. */
import { mkdirSync } from 'node:fs';
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
  token(role: 'agent' | 'reviewer', sub: string): Promise<string>;
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
    const worker = launch('worker', 'create-worker.ts', env, folder, verbose);
    const api = launch('api', 'create-app.ts', env, folder, verbose);
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
      token: (role, sub) => tokenOf(config, role, sub),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function launch(
  name: 'worker' | 'api',
  factory: string,
  env: NodeJS.ProcessEnv,
  folder: string,
  verbose: boolean,
): AppProcess {
  const main = new URL(`../${name}/main.ts`, import.meta.url).href;
  const preload = new URL(`../${name}/${factory}`, import.meta.url).href;
  return startAppProcess({ name, main, preload, env, logFile: join(folder, `${name}.log`), verbose });
}

const tokenOf = (config: Config, role: string, sub: string) =>
  signToken(config, { role, sub, expires: '12h' });
