/**
 * How every call to Temporal is made: over one connection, by a light client per actor (so that the Temporal UI shows
 * who sent what), with a deadline, and with gRPC failures turned into problems. Nothing else in the API knows of gRPC.
 */
import {
  Client,
  ServiceError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import type { Connection } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { CALLER_GONE } from '../../workflows/messages.ts';
import type { Refusal } from '../../workflows/refusals.ts';
import { Problem, RETRY_SOON } from '../problems.ts';

export interface CallDeps {
  connection: Connection;
  namespace: string;
  /** How long a call may take, in milliseconds. */
  timeoutMs: number;
}

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

const unavailable = (cause: unknown): Problem => new Problem('engine_unavailable', RETRY_SOON, { cause });

const SILENCE: readonly (number | undefined)[] = [
  GRPC.DEADLINE_EXCEEDED,
  GRPC.FAILED_PRECONDITION,
  GRPC.CANCELLED,
];

const isSilence = (error: unknown): boolean =>
  error instanceof WorkflowUpdateRPCTimeoutOrCancelledError || SILENCE.includes(codeOf(error));

export type Calls = ReturnType<typeof createCalls>;

interface CallOptions {
  /** Updates and queries do; silence then means that no worker answers. */
  waitsForWorker?: boolean;
  /** How long it may take, where that differs from other calls. */
  ms?: number;
}

export function createCalls({ connection, namespace, timeoutMs }: CallDeps) {
  const service = connection.workflowService;
  const clients = new Map<string, Client>();

  function clientFor(actorId: string): Client {
    const known = clients.get(actorId);
    if (known) return known;
    if (clients.size >= CLIENTS_KEPT) clients.clear();
    const client = new Client({ connection, namespace, identity: actorId });
    clients.set(actorId, client);
    return client;
  }

  /** Makes one call. Throws `NotOpen`, `NotUnderstood`, `NoAnswer`, the refusal of an update, or `engine_unavailable`. */
  async function call<T>(
    fn: () => Promise<T>,
    { waitsForWorker = false, ms = timeoutMs }: CallOptions = {},
  ): Promise<T> {
    try {
      return await connection.withDeadline(Date.now() + ms, fn);
    } catch (error) {
      const failure = failureOf(error, waitsForWorker);
      // Silence may be the worker's or Temporal's own.
      throw failure instanceof NoAnswer && !(await isReachable()) ? unavailable(error) : failure;
    }
  }

  async function isReachable(): Promise<boolean> {
    const asked = connection.withDeadline(Date.now() + PING_MS, () => service.getSystemInfo({}));
    return await asked.then(
      () => true,
      () => false,
    );
  }

  return { service, namespace, timeoutMs, clientFor, call };
}
