/** Temporal's runtime as all tests of a process share it. Tests make tasks fail on purpose, so that only errors are of interest. */
import { DefaultLogger, Runtime } from '@temporalio/worker';

Runtime.install({
  logger: new DefaultLogger('ERROR'),
  telemetryOptions: { logging: { forward: {}, filter: 'ERROR' } },
});
