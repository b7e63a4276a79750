/**
 * Tests of the workflow on a real Temporal server. Every test runs on two workers, one that keeps workflows in memory
 * and one that replays them for each task; afterwards every history that the tests made is replayed.
 */
import { Client, Connection } from '@temporalio/client';
import type { WorkflowHandle } from '@temporalio/client';
import { temporal } from '@temporalio/proto';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createWorker, replayOptions } from '../../worker/create-worker.ts';
import type { Definition } from '../../workflows/definition.ts';
import type { task } from '../../workflows/index.ts';
import type { Actor } from '../../workflows/messages.ts';
import { newTask } from '../../workflows/task-record.ts';
import type { TaskInput } from '../../workflows/task-record.ts';
import { memoOf, startAttributes } from '../../workflows/visibility.ts';
import { RealTask } from './real-task.ts';
import { olga } from './task-fixture.ts';
import { temporalUnderTest } from './temporal.ts';

/** Histories of tests may be longer than the 4 MB that gRPC takes otherwise. */
const LONGEST_ANSWER = 64 * 1024 * 1024;

type History = temporal.api.history.v1.IHistory;
type Event = temporal.api.history.v1.IHistoryEvent;

// Tests make tasks fail on purpose; only what the worker itself calls an error is of interest.
Runtime.install({
  logger: new DefaultLogger('ERROR'),
  telemetryOptions: { logging: { forward: {}, filter: 'ERROR' } },
});

const WORKERS = [
  ['an ordinary worker', undefined],
  ['a worker that keeps no workflow in memory', 0],
] as const;

/** A group of tests, once for each kind of worker; side by side unless they stop and start it. */
export function describeOnWorkers(
  name: string,
  define: (baton: TestWorker) => void,
  { sideBySide = true } = {},
): void {
  describe.each(WORKERS)(`${name}, on %s`, (_kind, maxCachedWorkflows) => {
    const baton = new TestWorker(maxCachedWorkflows);
    beforeAll(() => baton.connect());
    afterAll(() => baton.close());
    describe('one by one', { concurrent: sideBySide }, () => {
      define(baton);
    });
    test('and every history made here replays, without a failed workflow task in it', async () => {
      expect(await baton.replay()).toEqual([]);
    });
  });
}

/** A worker on a task queue of its own, and what tests do with the tasks it hosts. */
export class TestWorker {
  readonly #maxCachedWorkflows: number | undefined;
  readonly #taskQueue = `test-${crypto.randomUUID()}`;
  readonly #workflowIds: string[] = [];
  #connections: { client: Connection; worker: NativeConnection } | undefined;
  #running: { worker: Worker; end: Promise<void> } | undefined;

  constructor(maxCachedWorkflows: number | undefined) {
    this.#maxCachedWorkflows = maxCachedWorkflows;
  }

  get keepsWorkflows(): boolean {
    return this.#maxCachedWorkflows !== 0;
  }

  get client(): Client {
    return new Client({ connection: this.#connected.client, namespace: temporalUnderTest().namespace });
  }

  get #connected() {
    if (!this.#connections) throw new Error('The worker is not connected yet.');
    return this.#connections;
  }

  async connect(): Promise<void> {
    const { address } = temporalUnderTest();
    const [client, worker] = await Promise.all([
      Connection.connect({ address, channelArgs: { 'grpc.max_receive_message_length': LONGEST_ANSWER } }),
      NativeConnection.connect({ address }),
    ]);
    this.#connections = { client, worker };
    await this.startWorking();
  }

  async startWorking(): Promise<void> {
    const { namespace, workflowBundlePath } = temporalUnderTest();
    const worker = await createWorker({
      connection: this.#connected.worker,
      namespace,
      taskQueue: this.#taskQueue,
      workflowBundle: { codePath: workflowBundlePath },
      maxCachedWorkflows: this.#maxCachedWorkflows,
    });
    this.#running = { worker, end: worker.run() };
  }

  async stopWorking(): Promise<void> {
    this.#running?.worker.shutdown();
    await this.#running?.end;
    this.#running = undefined;
  }

  async restart(): Promise<void> {
    await this.stopWorking();
    await this.startWorking();
  }

  async close(): Promise<void> {
    await this.stopWorking();
    await Promise.all([this.#connected.client.close(), this.#connected.worker.close()]);
  }

  /** Creates a task the way the API does. */
  async create(definition: Partial<Definition> = {}, createdBy: Actor = olga): Promise<RealTask> {
    const input: TaskInput = {
      definition: { title: 'Count the beans', ...definition },
      company: 'acme',
      createdBy,
    };
    const workflowId = crypto.randomUUID();
    const asNew = newTask(workflowId, input, new Date().toISOString());
    const handle = await this.client.workflow.start<typeof task>('task', {
      workflowId,
      taskQueue: this.#taskQueue,
      args: [input],
      typedSearchAttributes: startAttributes(asNew),
      memo: { ...memoOf(asNew) },
      staticSummary: asNew.definition.title,
    });
    return this.#adopt(handle);
  }

  /** Starts a task as a foreign client may, with whatever arguments. */
  async startRaw(payloads: temporal.api.common.v1.IPayload[]): Promise<RealTask> {
    const workflowId = crypto.randomUUID();
    await this.#connected.client.workflowService.startWorkflowExecution({
      namespace: temporalUnderTest().namespace,
      workflowId,
      workflowType: { name: 'task' },
      taskQueue: { name: this.#taskQueue },
      input: { payloads },
      requestId: crypto.randomUUID(),
    });
    return this.#adopt(this.client.workflow.getHandle<typeof task>(workflowId));
  }

  /** A task that another task has started. */
  open(workflowId: string): RealTask {
    return new RealTask(this.client.workflow.getHandle<typeof task>(workflowId));
  }

  #adopt(handle: WorkflowHandle<typeof task>): RealTask {
    this.#workflowIds.push(handle.workflowId);
    return new RealTask(handle);
  }

  /** Replays all histories made here, continued and following ones too, and answers what is wrong with any. */
  async replay(): Promise<unknown[]> {
    const { workflowBundlePath } = temporalUnderTest();
    const problems: unknown[] = [];
    const histories = this.#histories(problems);
    const options = { ...replayOptions, workflowBundle: { codePath: workflowBundlePath } };
    for await (const { workflowId, error } of Worker.runReplayHistories(options, histories)) {
      if (error) problems.push({ workflowId, error });
    }
    return problems;
  }

  async *#histories(problems: unknown[]): AsyncGenerator<{ workflowId: string; history: History }> {
    const ids = [...this.#workflowIds];
    // Tasks that follow others are found, and added, on the way.
    for (const workflowId of ids) {
      let runId: string | undefined = (await this.client.workflow.getHandle(workflowId).describe()).raw
        .workflowExecutionInfo!.firstRunId!;
      while (runId) {
        const history: History = await this.client.workflow.getHandle(workflowId, runId).fetchHistory();
        const events: Event[] = history.events ?? [];
        problems.push(...events.filter(isWedge));
        ids.push(...events.flatMap(startedChild));
        runId = events.at(-1)?.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId ?? undefined;
        yield { workflowId, history };
      }
    }
  }
}

/** Temporal asks for a workflow task again when a message arrived meanwhile; any other failure is ours. */
const isWedge = ({ workflowTaskFailedEventAttributes: failed }: Event): boolean =>
  failed !== undefined && failed !== null && failed.cause !== UNHANDLED_COMMAND;
const UNHANDLED_COMMAND =
  temporal.api.enums.v1.WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_UNHANDLED_COMMAND;

const startedChild = ({ childWorkflowExecutionStartedEventAttributes: started }: Event): string[] =>
  started?.workflowExecution?.workflowId ? [started.workflowExecution.workflowId] : [];
