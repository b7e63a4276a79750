/** Makes the worker that hosts Baton's workflows and activities on one task queue. */
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { Client } from '@temporalio/client';
import { Runtime, Worker, bundleWorkflowCode } from '@temporalio/worker';
import type { Logger, NativeConnection, WorkerOptions } from '@temporalio/worker';
import { createActivities } from '../activities/index.ts';
import { agentWorkflowId } from '../api/entity-ids.ts';

const require = createRequire(import.meta.url);
export const payloadConverterPath = require.resolve('./payload-converter.cjs');
// Run from source these files end in .ts, built they end in .js.
const extension = import.meta.url.slice(import.meta.url.lastIndexOf('.'));
const pathOf = (module: string) =>
  fileURLToPath(new URL(`../workflows/${module}${extension}`, import.meta.url));
const workflowsPath = pathOf('index');
const workflowInterceptorModules = [pathOf('interceptors')];

export interface WorkerDeps {
  connection: NativeConnection;
  namespace: string;
  taskQueue: string;
  /** A bundle made earlier; without one the workflows are bundled now, which takes about two seconds. */
  workflowBundle?: WorkerOptions['workflowBundle'];
  /** Workflows kept in memory; the SDK's own default when absent. */
  maxCachedWorkflows?: number | undefined;
}

/** Makes the worker; `run()` starts it. Rejects when the namespace does not exist. */
export async function createWorker(deps: WorkerDeps): Promise<Worker> {
  const { maxCachedWorkflows } = deps;
  return await Worker.create({
    connection: deps.connection,
    namespace: deps.namespace,
    taskQueue: deps.taskQueue,
    workflowBundle: deps.workflowBundle ?? (await bundleWorkflows(Runtime.instance().logger)),
    dataConverter: { payloadConverterPath },
    activities: createActivities({
      client: new Client({ connection: deps.connection, namespace: deps.namespace }),
      agentWorkflowId,
      taskQueue: deps.taskQueue,
    }),
    ...(maxCachedWorkflows !== undefined && { maxCachedWorkflows }),
    shutdownGraceTime: '5s',
    // After a worker's crash its tasks wait this long for it. Shorter than callers wait, or they would get no answer.
    stickyQueueScheduleToStartTimeout: '5s',
  });
}

/** Bundles the workflow code as a worker or a replay wants it. */
export const bundleWorkflows = (logger?: Logger) =>
  bundleWorkflowCode({
    workflowsPath,
    workflowInterceptorModules,
    payloadConverterPath,
    ...(logger && { logger }),
  });

/** The options under which a recorded history is replayed. */
export const replayOptions = { dataConverter: { payloadConverterPath } } as const;
