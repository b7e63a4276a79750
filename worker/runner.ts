/** The runner process: reads the configuration, launches agents on this machine, and ends them when it is stopped. */
import { NativeConnection } from '@temporalio/worker';
import { LaunchersFault, readLaunchers } from '../activities/run-agent/launchers.ts';
import { createMintToken } from '../activities/run-agent/run-token.ts';
import { ConfigError, localSecret, runConfigured } from '../api/config.ts';
import type { Config } from '../api/config.ts';
import { createLogger } from '../api/logger.ts';
import { connectionOptions, nobodyAt } from '../api/temporal-connection.ts';
import { createRunner } from './create-runner.ts';
import { routeLogs } from './route-logs.ts';

async function work(config: Config): Promise<void> {
  const logger = createLogger('runner', config.logLevel);
  const { jwt, taskQueue, runner: settings } = config;
  const secret = secretOf(config);
  const launchers = await namesOfLaunchers(settings);
  routeLogs(logger);
  const { address, namespace } = config.temporal;
  const connection = await NativeConnection.connect(connectionOptions(address)).catch(nobodyAt(address));
  const seconds = Math.ceil(settings.longestRunMs / 1000);
  const mintToken = createMintToken({ secret, issuer: jwt.issuer, audience: jwt.audience, seconds });
  const runner = await createRunner({ connection, namespace, taskQueue, settings, mintToken, logger });
  const running = runner.run();
  logger.info({ runner: settings.name, launchers, namespace }, 'working');
  process.send?.({ ready: true });
  await running;
  await connection.close();
}

/** Agents get tokens that we sign. */
function secretOf({ jwt, dataDir }: Config): string {
  const secret = jwt.secret ?? localSecret(dataDir);
  if (!secret)
    throw new ConfigError('There is no key to sign tokens with: run `npm start`, or set BATON_JWT_SECRET.');
  return secret;
}

/** Tells of a file that is wrong before anything is to be launched. Only one that somebody chose has to be there. */
async function namesOfLaunchers({ launchersFile, launchersRequired }: Config['runner']): Promise<string[]> {
  try {
    return [...(await readLaunchers(launchersFile)).keys()];
  } catch (error) {
    if (!(error instanceof LaunchersFault)) throw error;
    if (error.isMissing && !launchersRequired) return [];
    throw new ConfigError(`BATON_LAUNCHERS_FILE: ${error.message}`, { cause: error });
  }
}

await runConfigured(work);
