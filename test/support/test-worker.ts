/**
 * A worker of its own for tests, and what they do with the tasks it hosts. Knows nothing of vitest, so that histories
 * can be recorded with it too.
 */
import { Client, Connection } from '@temporalio/client';
import type { WorkflowHandle } from '@temporalio/client';
import proto from '@temporalio/proto';
import type { temporal } from '@temporalio/proto';
import { NativeConnection, Worker } from '@temporalio/worker';
import { createWorker, replayOptions } from '../../worker/create-worker.ts';
import { bundleWorkflows } from '../../worker/workflow-bundle.ts';
import type { Definition } from '../../workflows/definition.ts';
import type { task } from '../../workflows/index.ts';
import type { Actor } from '../../workflows/actor.ts';
import { newTask } from '../../workflows/task-record.ts';
import type { TaskInput } from '../../workflows/task-record.ts';
import { memoOf, startAttributes } from '../../workflows/visibility.ts';
import { agentWorkflowId } from '../../api/entity-ids.ts';
import type { AgentInput } from '../../workflows/agent-record.ts';
import { AGENT } from './entities.ts';
import { misfolded } from './folding.ts';
import { RealAgent } from './real-agent.ts';
import { RealTask } from './real-task.ts';
import { olga } from './task-fixture.ts';
import { WorkQueue } from './work-queue.ts';

/** Histories of tests may be longer than the 4 MB that gRPC takes otherwise. */
const LONGEST_ANSWER = 64 * 1024 * 1024;

type History = temporal.api.history.v1.IHistory;
type Event = temporal.api.history.v1.IHistoryEvent;

export interface ServerInUse {
  readonly address: string;
  readonly namespace: string;
  /** The workflow code, bundled; without one it is bundled for each worker. */
  readonly workflowBundlePath?: string;
}

/** A worker on a task queue of its own, and what tests do with the tasks it hosts. */
export class TestWorker {
  readonly #server: ServerInUse;
  readonly #maxCachedWorkflows: number | undefined;
  readonly taskQueue = `test-${crypto.randomUUID()}`;
  readonly #workflowIds: string[] = [];
  readonly #tasks = new Map<string, RealTask>();
  #connections: { client: Connection; worker: NativeConnection } | undefined;
  #running: { worker: Worker; end: Promise<void> } | undefined;

  constructor(server: ServerInUse, maxCachedWorkflows?: number) {
    this.#server = server;
    this.#maxCachedWorkflows = maxCachedWorkflows;
  }

  get keepsWorkflows(): boolean {
    return this.#maxCachedWorkflows !== 0;
  }

  get client(): Client {
    return new Client({ connection: this.#connected.client, namespace: this.#server.namespace });
  }

  get #connected() {
    if (!this.#connections) throw new Error('The worker is not connected yet.');
    return this.#connections;
  }

  async connect(): Promise<void> {
    const { address } = this.#server;
    const [client, worker] = await Promise.all([
      Connection.connect({ address, channelArgs: { 'grpc.max_receive_message_length': LONGEST_ANSWER } }),
      NativeConnection.connect({ address }),
    ]);
    this.#connections = { client, worker };
    await this.startWorking();
  }

  /** Works with the workflow code of today, unless it is to be another. */
  async startWorking(workflowBundlePath = this.#server.workflowBundlePath): Promise<void> {
    const worker = await createWorker({
      connection: this.#connected.worker,
      namespace: this.#server.namespace,
      taskQueue: this.taskQueue,
      workflowBundle: await bundleAt(workflowBundlePath),
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

  /** Creates a task the way the API does, and all that is to be below it. */
  async create(
    definition: Partial<Definition> = {},
    also: Partial<Omit<TaskInput, 'definition'>> = {},
  ): Promise<RealTask> {
    const input: TaskInput = {
      definition: { title: 'Count the beans', ...definition },
      company: 'acme',
      createdBy: olga,
      ...also,
    };
    const workflowId = crypto.randomUUID();
    const asNew = newTask(workflowId, input, new Date().toISOString());
    const handle = await this.client.workflow.start<typeof task>('task', {
      workflowId,
      taskQueue: this.taskQueue,
      args: [input],
      typedSearchAttributes: startAttributes(asNew),
      memo: { ...memoOf(asNew) },
      staticSummary: asNew.definition.title,
    });
    return this.#adopt(handle);
  }

  /** Starts a task, or another workflow, as a foreign client may, with whatever arguments. */
  async startRaw(payloads: temporal.api.common.v1.IPayload[], workflowType = 'task'): Promise<RealTask> {
    const workflowId = crypto.randomUUID();
    await this.#connected.client.workflowService.startWorkflowExecution({
      namespace: this.#server.namespace,
      workflowId,
      workflowType: { name: workflowType },
      taskQueue: { name: this.taskQueue },
      input: { payloads },
      requestId: crypto.randomUUID(),
    });
    return this.#adopt(this.client.workflow.getHandle<typeof task>(workflowId));
  }

  /** The workflow of an agent, once something has begun it. */
  async agentOf(company: string, id: string): Promise<RealAgent> {
    const handle = this.client.workflow.getHandle(agentWorkflowId(company, id));
    const agent = new RealAgent(handle);
    await agent.untilStarted();
    if (!this.#workflowIds.includes(handle.workflowId)) this.#workflowIds.push(handle.workflowId);
    return agent;
  }

  /** Begins an agent as the API does, of a company that no other test knows unless told otherwise. */
  async startAgent(also: Partial<AgentInput> = {}): Promise<RealAgent> {
    const input = { ...AGENT, company: `company-${crypto.randomUUID()}`, ...also };
    await this.client.workflow.start('agent', {
      workflowId: agentWorkflowId(input.company, input.id),
      taskQueue: this.taskQueue,
      args: [input],
    });
    return await this.agentOf(input.company, input.id);
  }

  /** A work queue that no other test knows. */
  workQueue(): WorkQueue {
    return new WorkQueue(this.client, crypto.randomUUID());
  }

  inboxOf(agent: Actor): WorkQueue {
    return WorkQueue.inboxOf(this.client, agent.id);
  }

  /** A task that another task has started, or will have in a moment. */
  open(workflowId: string): RealTask {
    const known = this.#tasks.get(workflowId);
    return known ?? this.#know(this.client.workflow.getHandle<typeof task>(workflowId));
  }

  #adopt(handle: WorkflowHandle<typeof task>): RealTask {
    this.#workflowIds.push(handle.workflowId);
    return this.#know(handle);
  }

  #know(handle: WorkflowHandle<typeof task>): RealTask {
    const known = new RealTask(handle);
    this.#tasks.set(handle.workflowId, known);
    return known;
  }

  /**
   * Replays all histories made here, those of sub-tasks and following tasks too, and answers what is wrong with any:
   * it must replay without a failed workflow task, and be read back as what the workflow itself came to.
   */
  async replay(): Promise<unknown[]> {
    const problems: unknown[] = [];
    const histories = this.#histories(problems);
    const options = { ...replayOptions, workflowBundle: await bundleAt(this.#server.workflowBundlePath) };
    for await (const { workflowId, error } of Worker.runReplayHistories(options, histories)) {
      if (error) problems.push({ workflowId, error });
    }
    return problems;
  }

  async *#histories(problems: unknown[]): AsyncGenerator<{ workflowId: string; history: History }> {
    const ids = [...this.#workflowIds];
    // Tasks that follow others are found, and added, on the way.
    for (const workflowId of ids) {
      const task = this.open(workflowId);
      problems.push(...(await misfolded(task)));
      for (const history of await task.histories()) {
        const events = history.events ?? [];
        problems.push(...events.filter(isWedge));
        ids.push(...events.flatMap(startedChild));
        yield { workflowId, history };
      }
    }
  }
}

const bundleAt = (codePath: string | undefined) =>
  codePath === undefined ? bundleWorkflows() : { codePath };

/**
 * Temporal asks for a workflow task again when a message arrived meanwhile, and ends one whose workflow is terminated;
 * any other failure is ours.
 */
const isWedge = ({ workflowTaskFailedEventAttributes: failed }: Event): boolean =>
  failed !== undefined &&
  failed !== null &&
  failed.cause !== UNHANDLED_COMMAND &&
  failed.cause !== TERMINATED;
const {
  WORKFLOW_TASK_FAILED_CAUSE_UNHANDLED_COMMAND: UNHANDLED_COMMAND,
  WORKFLOW_TASK_FAILED_CAUSE_FORCE_CLOSE_COMMAND: TERMINATED,
} = proto.temporal.api.enums.v1.WorkflowTaskFailedCause;

const startedChild = ({ childWorkflowExecutionStartedEventAttributes: started }: Event): string[] =>
  started?.workflowExecution?.workflowId ? [started.workflowExecution.workflowId] : [];
