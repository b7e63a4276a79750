/** The worker process: reads the configuration, hosts workflows and activities, and finishes its tasks when stopped. */
import { NativeConnection } from '@temporalio/worker';
import { runConfigured } from '../api/config.ts';
import type { Config } from '../api/config.ts';
import { createLogger } from '../api/logger.ts';
import { connectionOptions, nobodyAt } from '../api/temporal-connection.ts';
import { createWorker } from './create-worker.ts';
import { routeLogs } from './route-logs.ts';

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

await runConfigured(work);
