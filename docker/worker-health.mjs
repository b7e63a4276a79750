// The worker's health check: succeeds while Temporal lists a poller of this container that was seen lately.
// A worker that lost Temporal, or hangs, drops out of that list although its process lives.
import { hostname } from 'node:os';
import { Connection } from '@temporalio/client';
import { readConfig } from '../dist/api/config.js';

// A poll lasts a minute at most, so a worker that works has begun one since.
const RECENT_MS = 90_000;

const { temporal, taskQueue } = readConfig();
const connection = await Connection.connect({ address: temporal.address, connectTimeout: 5_000 });
const { pollers } = await connection.workflowService.describeTaskQueue({
  namespace: temporal.namespace,
  taskQueue: { name: taskQueue },
  taskQueueType: 1,
});
const polls = pollers?.some(
  ({ identity, lastAccessTime }) =>
    identity?.endsWith(`@${hostname()}`) && Date.now() - Number(lastAccessTime?.seconds) * 1000 < RECENT_MS,
);
await connection.close();
if (!polls) throw new Error(`No worker of this container polls ${taskQueue}.`);
