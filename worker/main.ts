/** The worker process: reads the configuration, hosts workflows and activities, and finishes its tasks when stopped. */
import { DefaultLogger, NativeConnection, Runtime } from '@temporalio/worker';
import type { LogLevel } from '@temporalio/worker';
import { ConfigError, readConfig } from '../api/config.ts';
import type { Config } from '../api/config.ts';
import { createLogger } from '../api/logger.ts';
import type { Logger } from '../api/logger.ts';
import { connectionOptions, nobodyAt } from '../api/temporal-connection.ts';
import { createWorker } from './create-worker.ts';

const LEVELS: Record<LogLevel, 'debug' | 'info' | 'warn' | 'error'> = {
  TRACE: 'debug',
  DEBUG: 'debug',
  INFO: 'info',
  WARN: 'warn',
  ERROR: 'error',
};

/** Memos of more than 2 KB are warned of, and are what Baton keeps its records in. */
const FILTER = 'WARN,temporalio_common::payload_limits=ERROR';

/** Temporal's own log lines go the way of ours, with workflow ids under the names the API uses. */
function routeLogs(logger: Logger): void {
  const temporal = new DefaultLogger('INFO', ({ level, message, meta }) => {
    const { workflowId, ...rest } = (meta ?? {}) as { workflowId?: string };
    logger[LEVELS[level]]({ ...(workflowId && { taskId: workflowId }), ...rest }, message);
  });
  Runtime.install({
    logger: temporal,
    telemetryOptions: { logging: { forward: {}, filter: FILTER } },
    // The worker stops itself on these signals, and finishes what it has in hand.
    shutdownSignals: ['SIGTERM', 'SIGINT'],
  });
}

async function work(config: Config): Promise<void> {
  const logger = createLogger('worker', config.logLevel);
  routeLogs(logger);
  const { address, namespace } = config.temporal;
  const connection = await NativeConnection.connect(connectionOptions(address)).catch(nobodyAt(address));
  const { taskQueue, maxCachedWorkflows } = config;
  const worker = await createWorker({ connection, namespace, taskQueue, maxCachedWorkflows });
  const running = worker.run();
  logger.info({ taskQueue, namespace }, 'working');
  process.send?.({ ready: true });
  await running;
  await connection.close();
}

try {
  await work(readConfig());
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
}
