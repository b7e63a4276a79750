/** A task on a real server, with the same words as `PureTask`: what a test sends, and what it then sees. */
import { WorkflowFailedError, WorkflowNotFoundError, WorkflowUpdateFailedError } from '@temporalio/client';
import type { Client, WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure, CancelledFailure, defaultPayloadConverter } from '@temporalio/common';
import proto from '@temporalio/proto';
import type { temporal } from '@temporalio/proto';
import type { task } from '../../workflows/index.ts';
import {
  SIGNALS,
  claimUpdate,
  createSubtaskUpdate,
  editUpdate,
  taskQuery,
} from '../../workflows/messages.ts';
import type { Actor } from '../../workflows/actor.ts';
import type { MessageName, Outcome, SignalName, TaskView } from '../../workflows/messages.ts';
import type { Refusal } from '../../workflows/refusals.ts';
import type { Run, Task } from '../../workflows/task-record.ts';
import { patiently } from './patience.ts';
import { REQUIRED } from './task-fixture.ts';
import type { Args } from './task-fixture.ts';

type Payloads = temporal.api.common.v1.IPayload[];
type History = temporal.api.history.v1.IHistory;
type Events = temporal.api.history.v1.IHistoryEvent[];

const DETAILS = { payloads: [defaultPayloadConverter.toPayload('alive')] };
const DEADLINE_EXCEEDED = 4;
const NOT_FOUND = 5;
const COMPLETED =
  proto.temporal.api.enums.v1.UpdateWorkflowExecutionLifecycleStage
    .UPDATE_WORKFLOW_EXECUTION_LIFECYCLE_STAGE_COMPLETED;
const UPDATES = [claimUpdate, editUpdate, createSubtaskUpdate];
const FROM_A_RUN: MessageName[] = ['report_progress', 'mark_complete', 'mark_failed', 'release', 'hand_off'];
const CANCEL_REQUESTED =
  proto.temporal.api.enums.v1.PendingActivityState.PENDING_ACTIVITY_STATE_CANCEL_REQUESTED;

export class RealTask {
  readonly handle: WorkflowHandle<typeof task>;
  readonly #runs = new Map<string, string>();

  constructor(handle: WorkflowHandle<typeof task>) {
    this.handle = handle;
  }

  get id(): string {
    return this.handle.workflowId;
  }

  get #client(): Client['workflow'] {
    return this.handle.client as Client['workflow'];
  }

  get #service() {
    return this.#client.connection.workflowService;
  }

  get #namespace(): string {
    return this.#client.options.namespace;
  }

  /** Claims and waits until the lease is live, as the API does. */
  async claim(actor: Actor, args: Partial<Args<'claim'>> = {}): Promise<Run> {
    const outcome = await this.send('claim', actor, args);
    if (outcome !== 'accepted') throw new Error(`The claim was refused: ${outcome.detail}`);
    const { run } = await this.view();
    if (!run) throw new Error('The run was over at once.');
    await this.untilAlive(run.id);
    return run;
  }

  /** Waits until the lease takes heartbeats: when it has just been started, that takes a moment. */
  async untilAlive(runId: string): Promise<void> {
    await patiently(() => this.beat(runId), 'The lease never took a heartbeat.');
  }

  /** Sends a message by its name with what it needs at least, and `args`; answers what became of it. */
  async send<N extends MessageName>(name: N, actor: Actor, args: Partial<Args<N>> = {}): Promise<Outcome> {
    const update = UPDATES.find((each) => each.name === name);
    if (!update) {
      const messageId = await this.signal(name as SignalName, actor, args as never);
      return await this.outcomeOf(messageId, args as { contentHash?: string });
    }
    const message = this.#message(name, actor, args);
    return await outcomeOf(
      this.handle.executeUpdate(update as typeof claimUpdate, { args: [message as never] }),
    );
  }

  /** What became of a signal; the task remembers the first with this id, which may not have been this one. */
  async outcomeOf(messageId: string, { contentHash }: { contentHash?: string } = {}): Promise<Outcome> {
    const { outcomes, hashes } = await this.#ask([messageId]);
    if (hashes[messageId] !== contentHash)
      return { type: 'idempotency_key_reused', detail: 'Its id came with other content before.' };
    return outcomes[messageId] ?? { type: 'malformed_message', detail: 'It left no outcome.' };
  }

  /** Sends a signal and leaves it at that; answers the id it goes by. */
  async signal<N extends SignalName>(name: N, actor: Actor, args: Partial<Args<N>> = {}): Promise<string> {
    const message = this.#message(name, actor, args);
    await this.handle.signal(SIGNALS[name], message as never);
    return message.messageId;
  }

  /** `send` of a message that must be accepted. */
  async do<N extends MessageName>(name: N, actor: Actor, args: Partial<Args<N>> = {}): Promise<void> {
    const outcome = await this.send(name, actor, args);
    if (outcome !== 'accepted') throw new Error(`${name} was refused: ${outcome.detail}`);
  }

  #message(name: MessageName, actor: Actor, args: object) {
    const runId = name === 'claim' ? crypto.randomUUID() : this.#ownRun(name, actor);
    const envelope = { messageId: crypto.randomUUID(), actor, ...(runId && { runId }) };
    const message = { ...envelope, ...REQUIRED[name], ...args };
    if (name === 'claim') this.#runs.set(actor.id, message.runId!);
    return message;
  }

  #ownRun(name: MessageName, actor: Actor): string | undefined {
    return FROM_A_RUN.includes(name) ? this.#runs.get(actor.id) : undefined;
  }

  /** Cancels, and waits until the task knows: of what arrives together, the workflow takes messages first. */
  async cancel(): Promise<void> {
    await this.handle.cancel();
    await this.view();
  }

  async view(): Promise<Task> {
    return (await this.#ask()).task;
  }

  /** Asks once more when Temporal lost the question, which happens when the workflow continues as new meanwhile. */
  async #ask(messageIds: string[] = []): Promise<TaskView> {
    return await this.handle
      .query(taskQuery, { messageIds })
      .catch((error: { cause?: { code?: number } }) => {
        if (error.cause?.code !== DEADLINE_EXCEEDED) throw error;
        return this.handle.query(taskQuery, { messageIds });
      });
  }

  /** The page about it in the Temporal UI, without escapes. */
  async page(): Promise<string> {
    const metadata = await this.handle.query<{ currentDetails: string }>('__temporal_workflow_metadata');
    return metadata.currentDetails.replaceAll('\\', '');
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
    let seen: Task | undefined;
    const look = async () => {
      seen = await this.view();
      return looksLikeThis(seen) && seen;
    };
    return await patiently(look, () => `Still not: ${JSON.stringify(seen)}`);
  }

  /** Waits until it is there: a sub-task starts a moment after its parent. */
  async untilStarted(): Promise<void> {
    const described = async () => {
      try {
        return await this.handle.describe();
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return undefined;
        throw error;
      }
    };
    await patiently(described, 'It never started.');
  }

  /** One heartbeat of a run's lease; undefined when Temporal knows no such lease. */
  async beat(runId: string) {
    const beat = { ...this.#lease(runId), details: DETAILS };
    return await unlessGone(this.#service.recordActivityTaskHeartbeatById(beat));
  }

  /** Its offer while it waits in a work queue, as Temporal has it once all that was sent has been handled. */
  async offer() {
    await this.view();
    const { pendingActivities } = (await this.handle.describe()).raw;
    const offers = pendingActivities?.filter((each) => each.activityType?.name === 'offer') ?? [];
    return offers.find((each) => each.state !== CANCEL_REQUESTED);
  }

  /** Heartbeats until one is told to stop: a query may know of a run's end a moment before its lease does. */
  async untilStopped(runId: string): Promise<void> {
    await patiently(async () => (await this.beat(runId))?.cancelRequested, 'No heartbeat was told to stop.');
  }

  /** Heartbeats, whatever they are told, until the test stops them. */
  keepBeating(runId: string): { stop: () => void } {
    const beats = setInterval(() => void this.beat(runId).catch(() => {}), 500);
    return { stop: () => clearInterval(beats) };
  }

  /** Closes the lease of a run that is over, as the API does; it may be gone already. */
  async completeLease(runId: string): Promise<void> {
    await unlessGone(this.#service.respondActivityTaskCompletedById(this.#lease(runId)));
  }

  #lease(runId: string) {
    return { namespace: this.#namespace, workflowId: this.id, activityId: runId };
  }

  /** A signal as a foreign client may send it. */
  async signalRaw(signalName: string, payloads: Payloads): Promise<void> {
    await this.#service.signalWorkflowExecution({
      namespace: this.#namespace,
      workflowExecution: { workflowId: this.id },
      signalName,
      input: { payloads },
      requestId: crypto.randomUUID(),
    });
  }

  /** An update as a foreign client may send it; answers the failure it gets. */
  async updateRaw(name: string, payloads: Payloads) {
    const { outcome } = await this.#service.updateWorkflowExecution({
      namespace: this.#namespace,
      workflowExecution: { workflowId: this.id },
      request: { meta: { updateId: crypto.randomUUID() }, input: { name, args: { payloads } } },
      waitPolicy: { lifecycleStage: COMPLETED },
    });
    return outcome?.failure;
  }

  /** Waits until the history has such an event; needs no worker. */
  async untilEvent(isIt: (event: Events[number]) => boolean): Promise<void> {
    await patiently(async () => (await this.events()).some(isIt), 'No such event.');
  }

  /** The history of the execution that is the latest now. */
  async events(): Promise<Events> {
    return (await this.#historyOf((await this.handle.describe()).runId)).events ?? [];
  }

  /** The histories of all executions, from the first, each continued as the next. */
  async histories(): Promise<History[]> {
    const { raw } = await this.handle.describe();
    const histories: History[] = [];
    let runId = raw.workflowExecutionInfo?.firstRunId;
    while (runId) {
      const history = await this.#historyOf(runId);
      histories.push(history);
      runId = history.events?.at(-1)?.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId;
    }
    return histories;
  }

  async #historyOf(runId: string): Promise<History> {
    return await this.#client.getHandle(this.id, runId).fetchHistory();
  }
}

/** The answer about a lease, or undefined when there is no such lease. */
async function unlessGone<T>(answer: Promise<T>): Promise<T | undefined> {
  return await answer.catch((error: { code?: number }) => {
    if (error.code === NOT_FOUND) return undefined;
    throw error;
  });
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
