/** A work queue as those see it who poll it: they take offers the way the API does on an agent's behalf. */
import type { Client } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import type { temporal } from '@temporalio/proto';
import type { Actor } from '../../workflows/actor.ts';
import type { Offered } from '../../workflows/offer.ts';
import { inbox, workQueue } from '../../workflows/offer.ts';
import type { Args } from './task-fixture.ts';

type Payloads = temporal.api.common.v1.IPayload[];

/** Temporal answers an empty poll this long before its deadline. */
const TAIL_MS = 1_000;
const PATIENCE_MS = 20_000;
const PAUSE_MS = 50;
/** The shortest poll that Temporal takes. */
const GLANCE_MS = 1_100;
const NOT_FOUND = 5;
/** The protocol's number for task queues of activities. */
const ACTIVITIES = 2;

export class WorkQueue {
  /** What a task names to wait here. */
  readonly id: string;
  readonly #client: Client;
  readonly #taskQueue: string;

  constructor(client: Client, id: string, taskQueue = workQueue(id)) {
    this.id = id;
    this.#client = client;
    this.#taskQueue = taskQueue;
  }

  /** The inbox of an agent; `id` is the agent's. */
  static inboxOf(client: Client, agent: string, company = 'acme'): WorkQueue {
    return new WorkQueue(client, agent, inbox(company, agent));
  }

  /** The next offer, for which it waits. */
  async next(agent: Actor): Promise<HeldOffer> {
    const held = await this.#poll(agent, PATIENCE_MS);
    if (!held) throw new Error(`Nothing was offered in ${this.#taskQueue}.`);
    return held;
  }

  /** An offer if there is one. */
  async glance(agent: Actor): Promise<HeldOffer | undefined> {
    return await this.#poll(agent, GLANCE_MS);
  }

  /** Waits until so many offers wait: a task is in its queue only a moment after it was created. */
  async untilWaiting(count: number): Promise<void> {
    for (const patience = Date.now() + PATIENCE_MS; (await this.#waiting()) !== count;) {
      if (Date.now() > patience) throw new Error(`${await this.#waiting()} wait in ${this.#taskQueue}.`);
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }

  async #waiting(): Promise<number> {
    const { connection, options } = this.#client;
    const { stats } = await connection.workflowService.describeTaskQueue({
      namespace: options.namespace,
      taskQueue: { name: this.#taskQueue },
      taskQueueType: ACTIVITIES,
      reportStats: true,
    });
    return Number(stats?.approximateBacklogCount ?? 0);
  }

  async #poll(agent: Actor, ms: number): Promise<HeldOffer | undefined> {
    const { connection, options } = this.#client;
    const { namespace } = options;
    const request = { namespace, taskQueue: { name: this.#taskQueue }, identity: agent.id };
    const polled = await connection.withDeadline(Date.now() + ms + TAIL_MS, () =>
      connection.workflowService.pollActivityTaskQueue(request),
    );
    if (!polled.taskToken?.length) return undefined;
    return new HeldOffer(this.#client, agent, polled);
  }
}

/** An offer that was handed to an agent, who may take it, give it back, or vanish. */
export class HeldOffer {
  readonly offered: Offered;
  readonly attempt: number;
  readonly #client: Client;
  readonly #agent: Actor;
  readonly #token: { namespace: string; identity: string; taskToken: Uint8Array };

  constructor(
    client: Client,
    agent: Actor,
    polled: temporal.api.workflowservice.v1.IPollActivityTaskQueueResponse,
  ) {
    this.#client = client;
    this.#agent = agent;
    this.attempt = polled.attempt ?? 0;
    this.offered = defaultPayloadConverter.fromPayload(polled.input!.payloads![0]!);
    const { namespace } = client.options;
    this.#token = { namespace, identity: agent.id, taskToken: polled.taskToken! };
  }

  /** The task that is offered. */
  get id(): string {
    return this.offered.id;
  }

  /** Answers with a claim, and what `args` say of it; tells the run's id, or undefined if the offer stood no longer. */
  async claim(args: Partial<Args<'claim'>> = {}): Promise<string | undefined> {
    const runId = args.runId ?? crypto.randomUUID();
    const claim = { messageId: runId, actor: this.#agent, leaseSeconds: 60, ...args, runId };
    const stood = await this.answer([defaultPayloadConverter.toPayload(claim)]);
    return stood ? runId : undefined;
  }

  /** Answers with whatever, or with nothing; false if the offer stood no longer. */
  async answer(payloads?: Payloads): Promise<boolean> {
    const result = payloads && { payloads };
    return await stands(
      this.#service.respondActivityTaskCompleted({ ...this.#token, ...(result && { result }) }),
    );
  }

  /** Gives it back; for good if it is never to be tried again, which is not what the API does. */
  async giveBack({ forGood = false } = {}): Promise<void> {
    const failure = { message: 'given back', applicationFailureInfo: { nonRetryable: forGood } };
    await this.#service.respondActivityTaskFailed({ ...this.#token, failure });
  }

  get #service() {
    return this.#client.connection.workflowService;
  }
}

async function stands(answered: Promise<unknown>): Promise<boolean> {
  try {
    await answered;
    return true;
  } catch (error) {
    if ((error as { code?: number }).code === NOT_FOUND) return false;
    throw error;
  }
}
