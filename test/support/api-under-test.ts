/**
 * The API in this process, as its users meet it: listening on a port of its own, with a worker on a task queue of its
 * own. Tests talk to it with plain fetch, as people and agents whose tokens are signed here.
 */
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Client, Connection } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import { SignJWT } from 'jose';
import { afterAll, beforeAll } from 'vitest';
import { createAuthenticate } from '../../api/auth.ts';
import { createApp } from '../../api/create-app.ts';
import { createLogger } from '../../api/logger.ts';
import { createServices } from '../../api/services/index.ts';
import { channelArgs } from '../../api/temporal-connection.ts';
import { createWorker, replayOptions } from '../../worker/create-worker.ts';
import { Caller, request } from './caller.ts';
import type { Answer } from './caller.ts';
import './runtime.ts';
import { temporalUnderTest } from './temporal.ts';

export const AUTH = {
  secret: 'a secret of more than thirty-two characters',
  issuer: 'baton-test',
  audience: 'baton-api',
};

interface Options {
  /** How long a call to Temporal may take, in milliseconds. */
  timeoutMs?: number;
  rateLimitPerMinute?: number;
  /** Where the API finds Temporal, when that is not the shared server itself. */
  temporalAddress?: () => string;
  /** Given each connection to Temporal that an API makes, before it is used. */
  connected?: (connection: Connection) => void;
}

/** An API for the tests of one file; up before the first of them, gone after the last. */
export function useApi(options: Options = {}): ApiUnderTest {
  const api = new ApiUnderTest(options);
  beforeAll(() => api.start());
  afterAll(() => api.stop());
  return api;
}

export class ApiUnderTest {
  readonly #options: Options;
  readonly #taskQueue = `http-${crypto.randomUUID()}`;
  readonly #callers = new Map<string, Caller>();
  #server: Server | undefined;
  #connection: Connection | undefined;
  #worker: { worker: Worker; end: Promise<void>; connection: NativeConnection } | undefined;
  #closing = new AbortController();
  shuttingDown = false;

  constructor(options: Options) {
    this.#options = options;
  }

  async start(): Promise<void> {
    await Promise.all([this.#startApp(), this.startWorker()]);
  }

  async stop(): Promise<void> {
    await Promise.all([this.#stopApp(), this.stopWorker()]);
  }

  /** A fresh API process, as far as callers can tell: nothing is remembered but what Temporal has. */
  async restartApp(): Promise<void> {
    await this.#stopApp();
    await this.#startApp();
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server!.address() as AddressInfo).port}`;
  }

  /** A Temporal client beside the API, for what an operator or a foreign program may do. */
  get temporal(): Client {
    return new Client({ connection: this.#connection!, namespace: temporalUnderTest().namespace });
  }

  get alice(): Caller {
    return this.as('alice', 'agent');
  }
  get bob(): Caller {
    return this.as('bob', 'agent');
  }
  get rita(): Caller {
    return this.as('rita', 'reviewer');
  }
  get olga(): Caller {
    return this.as('olga', 'operator');
  }

  /** Somebody with a good token. */
  as(sub: string, role: string, company?: string): Caller {
    const who = JSON.stringify([sub, role, company]);
    const caller =
      this.#callers.get(who) ??
      new Caller(() => this.url, sub, tokenOf({ sub, role, ...(company && { company }) }));
    this.#callers.set(who, caller);
    return caller;
  }

  /** One request without anything that its test does not give. */
  fetch(path: string, init: RequestInit = {}): Promise<Answer> {
    return request(`${this.url}${path}`, init);
  }

  /** Without activities it takes up no lease. */
  async startWorker({ activities = true } = {}): Promise<void> {
    const { address, namespace, workflowBundlePath } = temporalUnderTest();
    const connection = await NativeConnection.connect({ address });
    const deps = {
      connection,
      namespace,
      taskQueue: this.#taskQueue,
      workflowBundle: { codePath: workflowBundlePath },
    };
    const worker = activities ? await createWorker(deps) : await Worker.create({ ...deps, ...replayOptions });
    this.#worker = { worker, end: worker.run(), connection };
  }

  async stopWorker(): Promise<void> {
    const running = this.#worker;
    this.#worker = undefined;
    running?.worker.shutdown();
    await running?.end;
    await running?.connection.close();
  }

  /** Stops the worker for as long as something is tried without. */
  async withoutWorker(during: () => Promise<void>): Promise<void> {
    await this.stopWorker();
    try {
      await during();
    } finally {
      await this.startWorker();
    }
  }

  async #startApp(): Promise<void> {
    const { address, namespace } = temporalUnderTest();
    const { temporalAddress, timeoutMs = 20_000, rateLimitPerMinute = 100_000 } = this.#options;
    this.#closing = new AbortController();
    this.#connection = await Connection.connect({ address: temporalAddress?.() ?? address, channelArgs });
    this.#options.connected?.(this.#connection);
    const services = createServices({
      connection: this.#connection,
      namespace,
      taskQueue: this.#taskQueue,
      timeoutMs,
      closing: this.#closing.signal,
    });
    const app = createApp({
      services,
      authenticate: createAuthenticate(AUTH, services.isLaunched),
      logger: createLogger('api', 'silent'),
      temporalUiUrl: 'http://ui.example',
      namespace,
      rateLimitPerMinute,
      version: '0.0.0-test',
      isShuttingDown: () => this.shuttingDown,
    });
    this.#server = await new Promise<Server>((resolve, reject) => {
      const server = app.listen(0, '127.0.0.1', (error?: Error) => (error ? reject(error) : resolve(server)));
    });
  }

  async #stopApp(): Promise<void> {
    const server = this.#server;
    this.#closing.abort();
    server?.closeAllConnections();
    await new Promise((resolve) => (server ? server.close(resolve) : resolve(undefined)));
    await this.#connection?.close();
  }
}

/** A token signed as the API wants it, unless `also` has it otherwise. */
export async function tokenOf(
  claims: Record<string, unknown>,
  also: { alg?: string; secret?: string; issuer?: string; audience?: string; expires?: string } = {},
): Promise<string> {
  const { alg = 'HS256', expires = '1h' } = also;
  return await new SignJWT(claims)
    .setProtectedHeader({ alg })
    .setIssuer(also.issuer ?? AUTH.issuer)
    .setAudience(also.audience ?? AUTH.audience)
    .setIssuedAt()
    .setExpirationTime(expires)
    .sign(new TextEncoder().encode(also.secret ?? AUTH.secret));
}
