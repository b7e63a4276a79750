/** What an agent does with its run once it has it: heartbeat, report, and the ends it may come to. */
import type { AgentRecord, Spending } from '../../workflows/agent-record.ts';
import type { Arguments, Message, SignalName } from '../../workflows/messages.ts';
import { BUDGET_WARNING } from '../../workflows/rules/agents/budget.ts';
import { subjectOf } from '../../workflows/promotions.ts';
import { budgetUsed } from '../../workflows/rules/budget.ts';
import type { Task } from '../../workflows/task-record.ts';
import { Problem, RETRY_SOON, invalidRequest } from '../problems.ts';
import type { Agents } from './agents.ts';
import type { Fence } from './fence.ts';
import type { KnownTasks } from './known-tasks.ts';
import type { LeaseState, Leases } from './leases.ts';
import { envelope, refusalOf } from './messages.ts';
import type { Messenger, Request } from './messages.ts';
import type { OutputSchemas } from './output-schemas.ts';
import type { Reader } from './reading.ts';
import { budgetWarnings, isCounted } from './spending.ts';

/** What an agent sends as the holder of a task. */
export type RunMessage = Extract<
  SignalName,
  'report_progress' | 'mark_complete' | 'mark_failed' | 'release' | 'hand_off'
>;
export type Content<N extends RunMessage> = Omit<
  Arguments<N>,
  'messageId' | 'contentHash' | 'actor' | 'runId'
>;

export type RunService = ReturnType<typeof createRunService>;

export interface RunAnswer {
  leaseExpiresAt: string;
  /** Not null: wind down, and end the run within the grace period. */
  stop: { reason: string; graceSeconds: number } | null;
  warnings: string[];
}

interface Deps {
  known: KnownTasks;
  agents: Pick<Agents, 'find' | 'lastSeen'>;
  fence: Fence;
  leases: Leases;
  reader: Reader;
  messenger: Messenger;
  outputSchemas: OutputSchemas;
}

export function createRunService(deps: Deps) {
  const { known, agents, fence, leases, reader, messenger, outputSchemas } = deps;

  /** Renews the lease, and tells the run whether to go on. Throws how the run ended when it is over. */
  async function heartbeat(taskId: string, runId: string, request: Request): Promise<RunAnswer> {
    const { lease, task } = await fence(taskId, runId, request);
    if (lease.beat === 'gone') {
      const detail = 'No worker has taken up the lease of this run yet, so there is nothing to renew.';
      throw new Problem('no_worker', { detail, ...RETRY_SOON });
    }
    const { company, id } = request.principal;
    // Heartbeats are many: what was seen when it last reported a cost will do.
    return warned(answer(lease, runId, task), await agents.lastSeen(company, id), taskId);
  }

  /** A look at the task by its holder is a sign of life; that the run is just over is told by what is read. */
  async function keepAlive({ id, run }: Task, request: Request): Promise<void> {
    if (run?.agent === request.principal.id) await heartbeat(id, run.id, request).catch(() => {});
  }

  /** Records a checkpoint. Its answer may tell the run to stop, as when it spent the budget. */
  async function report(
    taskId: string,
    runId: string,
    request: Request,
    progress: Content<'report_progress'>,
  ) {
    const { cost } = progress;
    const { company, id } = request.principal;
    // The report stands, whatever is known of its agent.
    const agent = await (cost
      ? agents.find(company, id).catch(() => undefined)
      : agents.lastSeen(company, id));
    const counted = cost && agent && isCounted(agent);
    const content = { ...progress, ...(counted && { counted }) };
    const { task, lease } = await speak(taskId, runId, 'report_progress', request, content);
    const told = answer(lease, runId, task);
    const { usd = 0, inputTokens = 0, outputTokens = 0 } = cost ?? {};
    return warned(told, agent, taskId, { usd, tokens: inputTokens + outputTokens });
  }

  /** Sends one of these messages, most of which end the run; answers the task after it. */
  async function say<N extends RunMessage>(
    taskId: string,
    runId: string,
    name: N,
    request: Request,
    content: Content<N>,
  ): Promise<Task> {
    if (name === 'mark_complete')
      return await complete(taskId, runId, request, content as Content<'mark_complete'>);
    return (await speak(taskId, runId, name, request, content)).task;
  }

  /**
   * Hands the work in. Throws `output_invalid`, and the run goes on, when it does not fit the task's schema; so it does
   * on `invalid_request`, when something is to be remembered of a project or client that the task does not have.
   */
  async function complete(
    taskId: string,
    runId: string,
    request: Request,
    work: Content<'mark_complete'>,
  ): Promise<Task> {
    const content = { ...work, outputChecked: true };
    const { task } = await speak(taskId, runId, 'mark_complete', request, content, async (message) => {
      const read = () => reader.task(request.principal, taskId, message.messageId);
      const schema = await known.outputSchemaOf(taskId, async () => (await read()).definition);
      try {
        if (schema !== undefined) await outputSchemas.mustFit(request.principal, schema, work.output);
        if (mayMiss(work)) mustHavePlaces(work, await reader.lastKnown(request.principal, taskId));
      } catch (error) {
        // A key that came with other work before is what the caller has to hear of first.
        throw refusalOf(await read(), message) ?? error;
      }
    });
    return task;
  }

  /** Fence, check, signal, confirm; and once the run is over, its lease is closed at once. */
  async function speak<N extends RunMessage>(
    taskId: string,
    runId: string,
    name: N,
    request: Request,
    content: Content<N>,
    check: (message: Message) => Promise<void> = async () => {},
  ): Promise<{ lease: LeaseState; task: Task }> {
    const whole = { ...content, runId } as Omit<Arguments<N>, 'messageId' | 'contentHash' | 'actor'>;
    const message = { name, ...envelope(name, taskId, request, whole), ...whole } as unknown as Message;
    const passed = await fence(taskId, runId, request, message);
    if (passed.repeated) return { lease: passed.lease, task: passed.task! };
    await check(message);
    const { messageId } = message;
    const task = await messenger.send(taskId, name, { ...request, messageId }, whole);
    if (task.run?.id !== runId) await leases.close(request.principal.id, taskId, runId);
    return { lease: passed.lease, task };
  }

  return { heartbeat, keepAlive, report, say };
}

type Work = Content<'mark_complete'>;

/** Every task has a memory of its own, and so has every agent. */
const mayMiss = ({ memoryPromotions = [] }: Work): boolean =>
  memoryPromotions.some(({ scope }) => scope !== 'task' && scope !== 'agent');

/** What is to be remembered must have a place; told now, its agent can still choose another. */
function mustHavePlaces({ memoryPromotions = [] }: Work, task: Task): void {
  const mistakes = memoryPromotions.flatMap(({ scope }, i) =>
    subjectOf(task, scope, task.run?.agent ?? '') === undefined
      ? [{ pointer: `/memoryPromotions/${i}/scope`, detail: `the task has no ${scope}` }]
      : [],
  );
  if (mistakes.length > 0) throw invalidRequest(mistakes);
}

function answer(lease: LeaseState, runId: string, task: Task | undefined): RunAnswer {
  const leaseExpiresAt = lease.expiresAt;
  if (!task) return { leaseExpiresAt, stop: null, warnings: [] };
  return { leaseExpiresAt, stop: stopOf(task, runId), warnings: warningsOf(task) };
}

/** The answer with what its agent should know of its own budget. */
const warned = (
  told: RunAnswer,
  agent: AgentRecord | undefined,
  taskId: string,
  cost?: Spending,
): RunAnswer =>
  agent ? { ...told, warnings: [...told.warnings, ...budgetWarnings(agent, taskId, cost)] } : told;

/** Whether this run is to wind down, and by when. */
export function stopOf(task: Task, runId: string): RunAnswer['stop'] {
  if (task.run?.id !== runId) {
    return { reason: task.endedRuns.findLast((run) => run.id === runId)?.end ?? 'ended', graceSeconds: 0 };
  }
  if (!task.cancel) return null;
  const left = Math.ceil((Date.parse(task.cancel.graceUntil) - Date.now()) / 1000);
  return { reason: 'cancelled', graceSeconds: Math.max(0, left) };
}

/** What whoever works on the task should know of its limits. */
export function warningsOf(task: Task): string[] {
  const { deadline } = task.definition;
  const used = budgetUsed(task, new Date().toISOString());
  return [
    ...(deadline && Date.parse(deadline) < Date.now()
      ? [`The deadline of this task passed at ${deadline}.`]
      : []),
    ...(used >= BUDGET_WARNING && used < 1 ? [`${Math.floor(used * 100)} % of the budget is used.`] : []),
  ];
}
