/** A task on a real server, with the same words as `PureTask`: what a test sends, and what it then sees. */
import { WorkflowFailedError, WorkflowUpdateFailedError } from '@temporalio/client';
import type { Client, WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure, CancelledFailure, defaultPayloadConverter } from '@temporalio/common';
import type { temporal } from '@temporalio/proto';
import type { task } from '../../workflows/index.ts';
import { SIGNALS, claimUpdate, editUpdate, taskQuery } from '../../workflows/messages.ts';
import type { Actor, Arguments, MessageName, Outcome, SignalName } from '../../workflows/messages.ts';
import type { Refusal } from '../../workflows/refusals.ts';
import type { Run, Task } from '../../workflows/task-record.ts';
import { REQUIRED } from './task-fixture.ts';
import type { Args } from './task-fixture.ts';
import { temporalUnderTest } from './temporal.ts';

type Events = temporal.api.history.v1.IHistoryEvent[];

const DETAILS = { payloads: [defaultPayloadConverter.toPayload('alive')] };
const NOT_FOUND = 5;
const PAUSE_MS = 50;
const PATIENCE_MS = 45_000;

const pause = (ms = PAUSE_MS) => new Promise((resolve) => setTimeout(resolve, ms));

export class RealTask {
  readonly handle: WorkflowHandle<typeof task>;
  readonly #runs = new Map<string, string>();

  constructor(handle: WorkflowHandle<typeof task>) {
    this.handle = handle;
  }

  get id(): string {
    return this.handle.workflowId;
  }

  get #service() {
    return (this.handle.client as unknown as Client['workflow']).connection.workflowService;
  }

  /** Claims and waits until the lease is live, as the API does. */
  async claim(actor: Actor, args: Partial<Args<'claim'>> = {}): Promise<Run> {
    const outcome = await this.send('claim', actor, args);
    if (outcome !== 'accepted') throw new Error(`The claim was refused: ${outcome.detail}`);
    const { run } = await this.view();
    if (!run) throw new Error('The run was over at once.');
    while (!(await this.beat(run.id))) await pause(10);
    return run;
  }

  /** Sends a message by its name with what it needs at least, and `args`; answers what became of it. */
  async send<N extends MessageName>(name: N, actor: Actor, args: Partial<Args<N>> = {}): Promise<Outcome> {
    const messageId = args.messageId ?? crypto.randomUUID();
    const runId = name === 'claim' ? crypto.randomUUID() : this.#ownRun(name, actor);
    const message = { messageId, actor, ...(runId && { runId }), ...REQUIRED[name], ...args };
    if (name === 'claim') {
      this.#runs.set(actor.id, message.runId!);
      return await outcomeOf(
        this.handle.executeUpdate(claimUpdate, { args: [message as Arguments<'claim'>] }),
      );
    }
    if (name === 'edit') {
      return await outcomeOf(this.handle.executeUpdate(editUpdate, { args: [message as Arguments<'edit'>] }));
    }
    await this.handle.signal(SIGNALS[name as SignalName], message as never);
    const { outcomes } = await this.handle.query(taskQuery, { messageIds: [messageId] });
    return outcomes[messageId] ?? { type: 'malformed_message', detail: 'It left no outcome.' };
  }

  /** `send` of a message that must be accepted. */
  async do<N extends MessageName>(name: N, actor: Actor, args: Partial<Args<N>> = {}): Promise<void> {
    const outcome = await this.send(name, actor, args);
    if (outcome !== 'accepted') throw new Error(`${name} was refused: ${outcome.detail}`);
  }

  #ownRun(name: MessageName, actor: Actor): string | undefined {
    const fromARun = ['report_progress', 'mark_complete', 'mark_failed', 'release', 'hand_off'];
    return fromARun.includes(name) ? this.#runs.get(actor.id) : undefined;
  }

  async view(): Promise<Task> {
    return (await this.handle.query(taskQuery)).task;
  }

  /** Waits for the end, and answers the task as it was then, wherever the workflow left it. */
  async final(): Promise<Task> {
    try {
      return await this.handle.result();
    } catch (error) {
      const cause = error instanceof WorkflowFailedError ? error.cause : error;
      if (cause instanceof ApplicationFailure) return cause.details?.[0] as Task;
      if (!(cause instanceof CancelledFailure)) throw error;
      return (await this.handle.describe()).memo?.final as Task;
    }
  }

  /** Waits until the task looks like this, however long it takes a slow machine. */
  async until(looksLikeThis: (task: Task) => boolean): Promise<Task> {
    const patience = Date.now() + PATIENCE_MS;
    for (;;) {
      const seen = await this.view();
      if (looksLikeThis(seen)) return seen;
      if (Date.now() > patience) throw new Error(`Still not: ${JSON.stringify(seen)}`);
      await pause();
    }
  }

  /** One heartbeat of a run's lease; undefined when Temporal knows no such lease. */
  async beat(runId: string) {
    try {
      return await this.#service.recordActivityTaskHeartbeatById({
        ...this.#lease(runId),
        details: DETAILS,
      });
    } catch (error) {
      if ((error as { code?: number }).code === NOT_FOUND) return undefined;
      throw error;
    }
  }

  /** Heartbeats until told to stop. */
  keepBeating(runId: string): { stop: () => void } {
    const beats = setInterval(() => void this.beat(runId).catch(() => {}), 500);
    return { stop: () => clearInterval(beats) };
  }

  /** Closes the lease of a run that is over, as the API does. */
  async completeLease(runId: string): Promise<void> {
    await this.#service.respondActivityTaskCompletedById(this.#lease(runId));
  }

  #lease(runId: string) {
    return { namespace: temporalUnderTest().namespace, workflowId: this.id, activityId: runId };
  }

  /** The history of the execution that is the latest now. */
  async events(): Promise<Events> {
    const { runId } = await this.handle.describe();
    const latest = this.handle.client.getHandle(this.id, runId);
    return (await latest.fetchHistory()).events ?? [];
  }
}

async function outcomeOf(update: Promise<unknown>): Promise<Outcome> {
  try {
    await update;
    return 'accepted';
  } catch (error) {
    const cause = error instanceof WorkflowUpdateFailedError ? error.cause : undefined;
    const refusal = cause instanceof ApplicationFailure ? cause.details?.[0] : undefined;
    if (!refusal) throw error;
    return refusal as Refusal;
  }
}
