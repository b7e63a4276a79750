/** Temporal's own log lines go the way of ours, with workflow ids under the names the API uses. */
import { DefaultLogger, Runtime } from '@temporalio/worker';
import type { LogLevel } from '@temporalio/worker';
import type { Logger } from '../api/logger.ts';

const LEVELS: Record<LogLevel, 'debug' | 'info' | 'warn' | 'error'> = {
  TRACE: 'debug',
  DEBUG: 'debug',
  INFO: 'info',
  WARN: 'warn',
  ERROR: 'error',
};

/** Memos of more than 2 KB are warned of, and are what Baton keeps its records in. */
const FILTER = 'WARN,temporalio_common::payload_limits=ERROR';

/** Installs Temporal's runtime of this process, which stops its worker on SIGTERM and SIGINT. */
export function routeLogs(logger: Logger): void {
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
