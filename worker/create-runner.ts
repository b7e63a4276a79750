/** Makes a runner: a worker that launches agents, and nothing else, on the task queue of its machine. */
import { Client, WorkflowNotFoundError } from '@temporalio/client';
import { Worker } from '@temporalio/worker';
import type { NativeConnection } from '@temporalio/worker';
import { createMemories } from '../activities/memories.ts';
import { createRunAgent } from '../activities/run-agent.ts';
import { createGuard } from '../activities/run-agent/guard.ts';
import { createFindLauncher } from '../activities/run-agent/launchers.ts';
import { createOpenRuns } from '../activities/run-agent/open-runs.ts';
import { recover } from '../activities/run-agent/recover.ts';
import type { MintToken } from '../activities/run-agent/run-token.ts';
import type { Config } from '../api/config.ts';
import type { Logger } from '../api/logger.ts';
import { runnerQueue } from '../workflows/launch.ts';
import { taskQuery } from '../workflows/messages.ts';
import type { Task } from '../workflows/task-record.ts';
import { payloadConverterPath } from './workflow-bundle.ts';

export interface RunnerDeps {
  connection: NativeConnection;
  namespace: string;
  /** Of the workers. */
  taskQueue: string;
  settings: Config['runner'];
  mintToken: MintToken;
  logger: Logger;
}

export interface Runner {
  /** Works until it is told to stop; then no agent of it is left. */
  run(): Promise<void>;
  /** Tells it to stop. */
  shutdown(): void;
}

/** A task is read by its worker, which may have to come back first. */
const READ_WITHIN_MS = 30_000;
const FETCH = { bytes: 1024 * 1024, milliseconds: 10_000 } as const;
const SWEEP_MS = 3_600_000;
const STAY_ALIVE_MS = 30_000;
/** How long the log of a run, and a wish to stop it, may lag behind. */
const BEAT_INTERVAL = '2s';

/** Makes the runner; `run()` starts it. Rejects when the namespace does not exist. */
export async function createRunner(deps: RunnerDeps): Promise<Runner> {
  const { connection, namespace, settings, mintToken, logger } = deps;
  const client = new Client({ connection, namespace });
  const memories = createMemories(client, deps.taskQueue);
  const openRuns = createOpenRuns(settings.workspacesDir);
  const guard = await createGuard();
  const run_agent = createRunAgent({
    findLauncher: createFindLauncher(settings.launchersFile, (fault) =>
      logger.error({ err: fault }, 'the launchers file is wrong, and what it said before goes on to count'),
    ),
    openRuns,
    readTask: createReadTask(client),
    readHistory: (taskId, execution) => client.workflow.getHandle(taskId, execution).fetchHistory(),
    memories,
    contextLimits: { ...FETCH, hosts: new Set(settings.contextHosts) },
    apiUrl: settings.apiUrl,
    baseEnvironment: settings.agentEnvironment,
    mintToken,
    guard,
    longestRunMs: settings.longestRunMs,
  });
  const worker = await Worker.create({
    connection,
    namespace,
    taskQueue: runnerQueue(settings.name),
    dataConverter: { payloadConverterPath },
    activities: { run_agent },
    maxConcurrentActivityTaskExecutions: settings.runsAtOnce,
    maxHeartbeatThrottleInterval: BEAT_INTERVAL,
  });
  async function sweep(): Promise<void> {
    await recover(openRuns, memories, ({ runId }, error) =>
      logger.error({ runId, err: error }, 'the notes of an earlier run were not collected'),
    );
    await openRuns
      .sweep(settings.workspaceKeptMs)
      .catch((error: unknown) => logger.error({ err: error }, 'old workspaces were not removed'));
  }
  return {
    async run() {
      await sweep();
      const sweeping = setInterval(() => void sweep(), SWEEP_MS);
      const staying = setInterval(() => void openRuns.stayAlive(), STAY_ALIVE_MS);
      try {
        await worker.run();
      } finally {
        clearInterval(sweeping);
        clearInterval(staying);
        guard.stop();
      }
    },
    shutdown: () => worker.shutdown(),
  };
}

function createReadTask(client: Client) {
  return async (taskId: string): Promise<Task | undefined> => {
    try {
      const handle = client.workflow.getHandle(taskId);
      const view = await client.withDeadline(Date.now() + READ_WITHIN_MS, () => handle.query(taskQuery));
      return view.task;
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return undefined;
      throw error;
    }
  };
}
