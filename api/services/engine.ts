/**
 * Temporal, as the services see it: workflows are started, told, asked, cancelled and listed here. How calls are made,
 * and what their failures mean, is up to calls.ts; the offers of work queues have a file of their own.
 */
import { randomUUID } from 'node:crypto';
import { WorkflowExecutionAlreadyStartedError, defaultPayloadConverter } from '@temporalio/client';
import type { UpdateDefinition, WithWorkflowArgs, WorkflowExecutionDescription } from '@temporalio/client';
import type { Workflow, WorkflowStartOptions } from '@temporalio/client';
import { SIGNALS, taskQuery } from '../../workflows/messages.ts';
import type { Arguments, SignalName, TaskView } from '../../workflows/messages.ts';
import type { queue as queueWorkflow } from '../../workflows/queue.ts';
import type { task as taskWorkflow } from '../../workflows/task.ts';
import { NotOpen } from './calls.ts';
import type { Calls } from './calls.ts';

export { NoAnswer, NotOpen, NotUnderstood } from './calls.ts';

/** What a heartbeat learned: the run goes on, it is to stop, or its lease is gone. */
export type Beat = 'live' | 'stop' | 'gone';

type StartOptions<W extends Workflow> = Omit<WithWorkflowArgs<W, WorkflowStartOptions<W>>, 'taskQueue'>;

/** The workflows that stand for one thing each, and begin with its record. */
export type EntityType = 'agent' | 'approval' | 'memory';
type Entity = (record: object) => Promise<unknown>;

export type Engine = ReturnType<typeof createEngine>;

/** `taskQueue` is the one that Baton's own worker serves. */
export function createEngine({ service, namespace, timeoutMs, clientFor, call }: Calls, taskQueue: string) {
  const reader = clientFor('baton-api');
  let workerAnsweredAt = 0;

  async function start<W extends Workflow>(
    type: string,
    actorId: string,
    options: StartOptions<W>,
    workflowIdReusePolicy: 'REJECT_DUPLICATE' | 'ALLOW_DUPLICATE' = 'REJECT_DUPLICATE',
  ): Promise<boolean> {
    const withPolicies = {
      ...options,
      taskQueue,
      workflowIdReusePolicy,
      workflowIdConflictPolicy: 'FAIL',
    } as WithWorkflowArgs<W, WorkflowStartOptions<W>>;
    return await call(async () => {
      try {
        await clientFor(actorId).workflow.start<W>(type, withPolicies);
        return true;
      } catch (error) {
        if (error instanceof WorkflowExecutionAlreadyStartedError) return false;
        throw error;
      }
    });
  }

  return {
    /** Starts a task under its id; answers false when that id is taken. */
    start: (actorId: string, options: StartOptions<typeof taskWorkflow>) => start('task', actorId, options),

    /** Opens a queue under its id; answers false when that id is taken. */
    openQueue: (actorId: string, options: StartOptions<typeof queueWorkflow>) =>
      start('queue', actorId, options),

    /** Begins an agent, approval or memory under its id; answers false when there is one. */
    openEntity: (type: EntityType, actorId: string, options: StartOptions<Entity>) =>
      // What somebody ended can be begun anew; but a decision stands.
      start(type, actorId, options, type === 'approval' ? 'REJECT_DUPLICATE' : 'ALLOW_DUPLICATE'),

    /** Sends an update and waits for its answer. Throws its refusal, or `NoAnswer`: then it will not happen any more. */
    update: <R, A extends { messageId: string; contentHash?: string | undefined }>(
      actorId: string,
      taskId: string,
      update: UpdateDefinition<R, [A]>,
      args: A,
    ) => {
      // Temporal answers an update id that it knows without looking at the arguments, so they are part of it.
      const updateId = `${args.messageId} ${args.contentHash}`;
      const handle = clientFor(actorId).workflow.getHandle(taskId);
      // Temporal keeps an update whose caller has gone, and would hand it to the next worker.
      const bounded = { ...args, answerBy: new Date(Date.now() + timeoutMs).toISOString() };
      const send = () => handle.executeUpdate<R, [A]>(update, { updateId, args: [bounded] });
      return call(send, { waitsForWorker: true });
    },

    /** Sends a signal; it is durable once this resolves. */
    signal: <N extends SignalName>(actorId: string, taskId: string, name: N, args: Arguments<N>) =>
      call(() => clientFor(actorId).workflow.getHandle(taskId).signal<[unknown]>(SIGNALS[name].name, args)),

    /** The task, and what became of these messages, once all that was sent before has been handled. */
    async view(taskId: string, messageIds: string[], ms = timeoutMs): Promise<TaskView> {
      const ask = () => reader.workflow.getHandle(taskId).query(taskQuery, { messageIds });
      const view = await call(ask, { waitsForWorker: true, ms });
      workerAnsweredAt = Date.now();
      return view;
    },

    /** When a worker last answered a query. (Updates prove nothing: Temporal answers repeated ones from its record.) */
    workerAnsweredAt: () => workerAnsweredAt,

    describe: (taskId: string): Promise<WorkflowExecutionDescription> =>
      call(() => reader.workflow.getHandle(taskId).describe()),

    /** Asks for the cancellation of a task or queue; `reason` goes on record. That it is closed already is fine. */
    cancel: async (actorId: string, workflowId: string, reason?: string): Promise<void> => {
      const request = { namespace, workflowExecution: { workflowId }, identity: actorId, reason };
      const asked = call(() =>
        service.requestCancelWorkflowExecution({ ...request, requestId: randomUUID() }),
      );
      await asked.catch(unlessGone);
    },

    /** Renews the lease of a run, and learns whether it still stands. No history event, no worker. */
    async beat(actorId: string, taskId: string, runId: string, details: unknown): Promise<Beat> {
      const payloads = [defaultPayloadConverter.toPayload(details)];
      const request = {
        namespace,
        workflowId: taskId,
        activityId: runId,
        identity: actorId,
        details: { payloads },
      };
      try {
        const answer = await call(() => service.recordActivityTaskHeartbeatById(request));
        return answer.cancelRequested ? 'stop' : 'live';
      } catch (error) {
        if (error instanceof NotOpen) return 'gone';
        throw error;
      }
    },

    /** Learns whether a launched run still stands; its heartbeats come from its runner, and tell what it prints. */
    async lookAtLease(taskId: string, runId: string): Promise<Beat> {
      const described = await this.describe(taskId).catch(unlessGone);
      // A workflow that has closed still shows what it left pending.
      if (described?.status.name !== 'RUNNING') return 'gone';
      const lease = described.raw.pendingActivities?.find(({ activityId }) => activityId === runId);
      if (lease?.state === PENDING.cancelRequested) return 'stop';
      return lease?.state === PENDING.started ? 'live' : 'gone';
    },

    /** Closes the lease of a run that is over. That it is gone already is fine. */
    async endLease(actorId: string, taskId: string, runId: string): Promise<void> {
      const request = { namespace, workflowId: taskId, activityId: runId, identity: actorId };
      await call(() => service.respondActivityTaskCompletedById(request)).catch(unlessGone);
    },

    /** One page of a visibility query, newest first. */
    list: (query: string, pageSize: number, nextPageToken: Uint8Array) =>
      call(() => service.listWorkflowExecutions({ namespace, query, pageSize, nextPageToken })),

    /** How many executions a visibility query finds; with `GROUP BY`, also how many there are of each value. */
    async count(query: string): Promise<{ total: number; groups: ReadonlyMap<string, number> }> {
      const counted = await call(() => service.countWorkflowExecutions({ namespace, query }));
      const groups = (counted.groups ?? []).map(({ groupValues, count }): [string, number] => {
        const [value] = groupValues ?? [];
        return [value ? defaultPayloadConverter.fromPayload<string>(value) : '', Number(count ?? 0)];
      });
      return { total: Number(counted.count ?? 0), groups: new Map(groups) };
    },

    /** One page of the history of one execution, or only its first or last event. */
    history: (taskId: string, executionRunId: string, nextPageToken: Uint8Array, only?: 'first' | 'last') =>
      call(() =>
        service.getWorkflowExecutionHistory({
          namespace,
          execution: { workflowId: taskId, runId: executionRunId },
          nextPageToken,
          ...(only === 'first' && { maximumPageSize: 1 }),
          ...(only === 'last' && { historyEventFilterType: 2 }),
        }),
      ),

    /** Whether Temporal answers within `ms`, and whether a worker listens. */
    health: async (ms: number): Promise<{ temporal: boolean; worker: boolean }> => {
      const queue = { namespace, taskQueue: { name: taskQueue }, taskQueueType: 1 };
      return await call(() => service.describeTaskQueue(queue), { ms }).then(
        ({ pollers }) => ({ temporal: true, worker: (pollers ?? []).length > 0 }),
        () => ({ temporal: false, worker: false }),
      );
    },
  };
}

/** The protocol's numbers for how an activity stands. */
const PENDING = { started: 2, cancelRequested: 3 } as const;

function unlessGone(error: unknown): void {
  if (!(error instanceof NotOpen)) throw error;
}
