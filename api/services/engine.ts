/**
 * Temporal, as the services see it: one connection, a light client per actor (so that the Temporal UI shows who sent
 * what), a deadline on every call, and gRPC failures turned into problems. Nothing else in the API knows of gRPC.
 */
import {
  Client,
  ServiceError,
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
  defaultPayloadConverter,
} from '@temporalio/client';
import type {
  Connection,
  UpdateDefinition,
  WithWorkflowArgs,
  WorkflowExecutionDescription,
} from '@temporalio/client';
import type { WorkflowStartOptions } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { CALLER_GONE, SIGNALS, taskQuery } from '../../workflows/messages.ts';
import type { Arguments, SignalName, TaskView } from '../../workflows/messages.ts';
import type { Refusal } from '../../workflows/refusals.ts';
import type { task as taskWorkflow } from '../../workflows/task.ts';
import { Problem } from '../problems.ts';

export interface EngineDeps {
  connection: Connection;
  namespace: string;
  taskQueue: string;
  /** How long a call may take, in milliseconds. */
  timeoutMs: number;
}

/** What a heartbeat learned: the run goes on, it is to stop, or its lease is gone. */
export type Beat = 'live' | 'stop' | 'gone';

/** A workflow that was asked for does not exist, or is closed and takes no messages. */
export class NotOpen extends Error {}
/** Temporal makes no sense of what it was asked; to ask again does not help. */
export class NotUnderstood extends Error {}
/** No worker answered in time; what was sent may still be handled later. */
export class NoAnswer extends Error {}

const GRPC = {
  CANCELLED: 1,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  FAILED_PRECONDITION: 9,
} as const;
const CLIENTS_KEPT = 1_000;
const RETRY_AFTER_SECONDS = 2;
const PING_MS = 1_000;

const codeOf = (error: unknown): number | undefined => {
  const cause = error instanceof ServiceError ? error.cause : error;
  return (cause as { code?: number } | undefined)?.code;
};

/** The failure of a call, as the services understand it. Only updates and queries wait for a worker. */
function failureOf(error: unknown, waitsForWorker: boolean): Error {
  if (error instanceof WorkflowNotFoundError || codeOf(error) === GRPC.NOT_FOUND) {
    return new NotOpen('not open', { cause: error });
  }
  if (error instanceof WorkflowUpdateFailedError && error.cause instanceof ApplicationFailure) {
    // It waited for a worker, and an earlier try of the same request had given up on it.
    if (error.cause.type === CALLER_GONE) return new NoAnswer('no answer', { cause: error });
    const refusal = error.cause.details?.[0] as Refusal | undefined;
    if (refusal?.type) return Problem.of(refusal);
  }
  if (codeOf(error) === GRPC.INVALID_ARGUMENT) return new NotUnderstood('not understood', { cause: error });
  if (waitsForWorker && isSilence(error)) return new NoAnswer('no answer', { cause: error });
  return unavailable(error);
}

const unavailable = (cause: unknown): Problem =>
  new Problem('engine_unavailable', { retryable: true, retryAfterSeconds: RETRY_AFTER_SECONDS }, { cause });

const SILENCE: readonly (number | undefined)[] = [
  GRPC.DEADLINE_EXCEEDED,
  GRPC.FAILED_PRECONDITION,
  GRPC.CANCELLED,
];

const isSilence = (error: unknown): boolean =>
  error instanceof WorkflowUpdateRPCTimeoutOrCancelledError || SILENCE.includes(codeOf(error));

export type Engine = ReturnType<typeof createEngine>;

export function createEngine({ connection, namespace, taskQueue, timeoutMs }: EngineDeps) {
  const clients = new Map<string, Client>();
  const clientFor = (actorId: string): Client => {
    const known = clients.get(actorId);
    if (known) return known;
    if (clients.size >= CLIENTS_KEPT) clients.clear();
    const client = new Client({ connection, namespace, identity: actorId });
    clients.set(actorId, client);
    return client;
  };
  const reader = clientFor('baton-api');
  const service = connection.workflowService;

  const call = async <T>(fn: () => Promise<T>, waitsForWorker = false): Promise<T> => {
    try {
      return await connection.withDeadline(Date.now() + timeoutMs, fn);
    } catch (error) {
      const failure = failureOf(error, waitsForWorker);
      // Silence may be the worker's or Temporal's own.
      throw failure instanceof NoAnswer && !(await isReachable()) ? unavailable(error) : failure;
    }
  };
  const isReachable = async (): Promise<boolean> => {
    const asked = connection.withDeadline(Date.now() + PING_MS, () => service.getSystemInfo({}));
    return await asked.then(
      () => true,
      () => false,
    );
  };

  return {
    /** Starts a task under its id; answers false when that id is taken. */
    async start(
      actorId: string,
      options: Omit<
        WithWorkflowArgs<typeof taskWorkflow, WorkflowStartOptions<typeof taskWorkflow>>,
        'taskQueue'
      >,
    ): Promise<boolean> {
      const start = () =>
        clientFor(actorId).workflow.start<typeof taskWorkflow>('task', {
          ...options,
          taskQueue,
          workflowIdReusePolicy: 'REJECT_DUPLICATE',
          workflowIdConflictPolicy: 'FAIL',
        });
      return await call(async () => {
        try {
          await start();
          return true;
        } catch (error) {
          if (error instanceof WorkflowExecutionAlreadyStartedError) return false;
          throw error;
        }
      });
    },

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
      return call(() => handle.executeUpdate<R, [A]>(update, { updateId, args: [bounded] }), true);
    },

    /** Sends a signal; it is durable once this resolves. */
    signal: <N extends SignalName>(actorId: string, taskId: string, name: N, args: Arguments<N>) =>
      call(() => clientFor(actorId).workflow.getHandle(taskId).signal<[unknown]>(SIGNALS[name].name, args)),

    /** The task, and what became of these messages, once all that was sent before has been handled. */
    view: (taskId: string, messageIds: string[]): Promise<TaskView> =>
      call(() => reader.workflow.getHandle(taskId).query(taskQuery, { messageIds }), true),

    describe: (taskId: string): Promise<WorkflowExecutionDescription> =>
      call(() => reader.workflow.getHandle(taskId).describe()),

    cancel: (actorId: string, taskId: string) =>
      call(async () => {
        await clientFor(actorId).workflow.getHandle(taskId).cancel();
      }),

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

    /** Closes the lease of a run that is over. That it is gone already is fine. */
    async endLease(actorId: string, taskId: string, runId: string): Promise<void> {
      const request = { namespace, workflowId: taskId, activityId: runId, identity: actorId };
      await call(() => service.respondActivityTaskCompletedById(request)).catch((error: unknown) => {
        if (!(error instanceof NotOpen)) throw error;
      });
    },

    /** One page of a visibility query, newest first. */
    list: (query: string, pageSize: number, nextPageToken: Uint8Array) =>
      call(() => service.listWorkflowExecutions({ namespace, query, pageSize, nextPageToken })),

    /** One page of the history of one execution; with `closing` only its last event. */
    history: (taskId: string, executionRunId: string, nextPageToken: Uint8Array, closing = false) =>
      call(() =>
        service.getWorkflowExecutionHistory({
          namespace,
          execution: { workflowId: taskId, runId: executionRunId },
          nextPageToken,
          ...(closing && { historyEventFilterType: 2 }),
        }),
      ),

    /** Whether Temporal answers within `ms`, and whether a worker listens. */
    health: async (ms: number): Promise<{ temporal: boolean; worker: boolean }> => {
      const queue = { namespace, taskQueue: { name: taskQueue }, taskQueueType: 1 };
      const described = connection.withDeadline(Date.now() + ms, () => service.describeTaskQueue(queue));
      return await described.then(
        ({ pollers }) => ({ temporal: true, worker: (pollers ?? []).length > 0 }),
        () => ({ temporal: false, worker: false }),
      );
    },
  };
}
