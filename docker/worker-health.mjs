// The health check of the worker and, with the argument `runner`, of the runner: succeeds while Temporal lists a poller
// of this container that was seen lately. A worker that lost Temporal, or hangs, drops out of that list although its
// process lives.
import { readdirSync } from 'node:fs';
import { hostname } from 'node:os';
import { Connection } from '@temporalio/client';
import { readConfig } from '../dist/api/config.js';

// A poll lasts a minute at most, so a worker that works has begun one since.
const RECENT_MS = 90_000;

const { temporal, taskQueue, runner } = readConfig();
const isRunner = process.argv[2] === 'runner';
// In the protocol, 1 is the queue's workflows and 2 its activities, of which a runner has nothing else.
const [name, taskQueueType] = isRunner ? [`runner/${runner.name}`, 2] : [taskQueue, 1];

const connection = await Connection.connect({ address: temporal.address, connectTimeout: 5_000 });
const { pollers } = await connection.workflowService.describeTaskQueue({
  namespace: temporal.namespace,
  taskQueue: { name },
  taskQueueType,
});
const polls = pollers?.some(
  ({ identity, lastAccessTime }) =>
    identity?.endsWith(`@${hostname()}`) && Date.now() - Number(lastAccessTime?.seconds) * 1000 < RECENT_MS,
);
await connection.close();
if (!polls && !(isRunner && isFull())) throw new Error(`Nobody of this container polls ${name}.`);

// A runner that has all the runs it may have asks for no more.
function isFull() {
  const open = readdirSync(runner.workspacesDir).filter((entry) => entry.endsWith('.open.json'));
  return open.length >= runner.runsAtOnce;
}
