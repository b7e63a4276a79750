/** Makes the worker that hosts Baton's workflows and activities on one task queue. */
import { Client } from '@temporalio/client';
import { Runtime, Worker } from '@temporalio/worker';
import type { NativeConnection, WorkerOptions } from '@temporalio/worker';
import { createActivities } from '../activities/index.ts';
import { agentWorkflowId } from '../api/entity-ids.ts';
import { bundleWorkflows, payloadConverterPath } from './workflow-bundle.ts';

export interface WorkerDeps {
  connection: NativeConnection;
  namespace: string;
  taskQueue: string;
  /** A bundle made earlier; without one it is made, or found, now. */
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

/** The options under which a recorded history is replayed. */
export const replayOptions = { dataConverter: { payloadConverterPath } } as const;
