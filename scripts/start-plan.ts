/** What `npm start` is going to start and with which settings, decided and checked before anything runs. */
import { mkdirSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { reachable, type Config } from '../api/config.ts';
import { ensureLocalSecret } from './local-secret.ts';
import { freePort, requirePort } from './ports.ts';
import { findRun } from './run-file.ts';
import { environmentWith, withoutTemporalProfile, type Settings } from './settings.ts';
import { SetupError } from './setup-error.ts';
import type { TemporalServerOptions } from './temporal-server.ts';

export type StartPlan = {
  readonly dataDir: string;
  readonly logsDir: string;
  /** The server to run here; undefined when TEMPORAL_ADDRESS names one that runs already. */
  readonly server: Omit<TemporalServerOptions, 'binary'> | undefined;
  readonly temporalAddress: string;
  readonly temporalUiUrl: string;
  /** Where this machine finds the API. */
  readonly apiUrl: string;
  readonly jwt: Config['jwt'];
  /** The environment of the worker, the API and the runner. */
  readonly env: NodeJS.ProcessEnv;
};

/**
 * Makes the data folder and its secret where they are missing, and settles all ports and addresses. Throws a
 * `SetupError` when a port is taken or Baton runs on this data already.
 */
export async function planStart(config: Config, settings: Settings): Promise<StartPlan> {
  const dataDir = resolve(config.dataDir);
  const logsDir = join(dataDir, 'logs');
  // The database and the secret are nobody else's.
  mkdirSync(logsDir, { recursive: true, mode: 0o700 });
  await refuseSecondStart(dataDir);
  const port = config.port || (await freePort());
  await requirePort(port, 'BATON_PORT', config.host);
  const server =
    settings.temporalAddress === undefined ? await planServer(settings, dataDir, logsDir) : undefined;
  const temporalAddress = settings.temporalAddress ?? `127.0.0.1:${server?.port}`;
  const ownUi = server && `http://127.0.0.1:${server.uiPort}`;
  const temporalUiUrl = settings.temporalUiUrl ?? ownUi ?? config.temporalUiUrl;
  const secret = config.jwt.secret ?? ensureLocalSecret(dataDir);
  return {
    dataDir,
    logsDir,
    server,
    temporalAddress,
    temporalUiUrl,
    apiUrl: `http://${reachable(config.host)}:${port}`,
    jwt: { ...config.jwt, secret },
    env: environmentWith({
      ...(server && withoutTemporalProfile(dataDir)),
      TEMPORAL_ADDRESS: temporalAddress,
      BATON_TEMPORAL_UI_URL: temporalUiUrl,
      BATON_DATA_DIR: dataDir,
      // A port that was free now stays, also when the API is started again.
      BATON_PORT: `${port}`,
      BATON_JWT_SECRET: secret,
    }),
  };
}

async function planServer(settings: Settings, dataDir: string, logsDir: string) {
  const port = settings.temporalPort || (await freePort());
  const uiPort = settings.temporalUiPort || (await freePort());
  await requirePort(port, 'BATON_TEMPORAL_PORT');
  await requirePort(uiPort, 'BATON_TEMPORAL_UI_PORT');
  return {
    port,
    uiPort,
    databaseFile: join(dataDir, 'temporal.db'),
    synchronous: settings.sqliteSynchronous,
    logFile: join(logsDir, 'temporal.log'),
  };
}

async function refuseSecondStart(dataDir: string): Promise<void> {
  const run = await findRun(dataDir);
  if (!run) return;
  throw new SetupError(
    `Baton runs on ${relative('.', dataDir)} already, at ${run.apiUrl}. Stop it with Ctrl-C where it was started, or ` +
      `with \`kill ${run.pids.start}\`; to run a second one, set BATON_DATA_DIR and the ports.`,
  );
}
