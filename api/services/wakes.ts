/** The wakes of agents: how one is woken by hand, asks for those that wait for it, and says that it has seen to one. */
import { setTimeout as pause } from 'node:timers/promises';
import type { WorkflowExecutionDescription } from '@temporalio/client';
import type { AgentRecord, Wake, WakeReason } from '../../workflows/agent-record.ts';
import { standingOf } from '../../workflows/agent-state.ts';
import { TaskHolderKey, TaskStatusKey } from '../../workflows/search-attributes.ts';
import { isTerminal } from '../../workflows/task-state.ts';
import type { TaskStatus } from '../../workflows/task-state.ts';
import type { Principal } from '../auth.ts';
import { Problem, namedAt } from '../problems.ts';
import { abreast } from './abreast.ts';
import type { Agents } from './agents.ts';
import { NotOpen } from './engine.ts';
import type { Engine } from './engine.ts';
import type { KnownTasks } from './known-tasks.ts';
import type { Request } from './messages.ts';

interface Deps {
  engine: Pick<Engine, 'describe'>;
  known: Pick<KnownTasks, 'describeFor'>;
  agents: Pick<Agents, 'findNow' | 'open' | 'change' | 'managesAnyOf'>;
  closing: AbortSignal;
}

interface Asked {
  waitSeconds: number;
  hungUp: AbortSignal;
}

/** How often it is looked for wakes while somebody waits. */
const LOOK_MS = 500;
/** So many tasks are looked at side by side. */
const ABREAST = 10;

export function createWakes({ engine, known, agents, closing }: Deps) {
  /** Wakes an agent by hand, in general or for a task. Answers it after that. */
  async function wake(request: Request, agentId: string, taskId: string | undefined): Promise<AgentRecord> {
    const { principal } = request;
    if (principal.role !== 'operator' && !(await agents.managesAnyOf(principal, [agentId]))) {
      const detail = 'Only operators, and those that an agent answers to, wake it by hand.';
      throw new Problem('forbidden', { detail, hint: 'Call it in a comment on a task.' });
    }
    if (taskId !== undefined) await expectOpen(principal, taskId);
    return await agents.change(request, agentId, 'call', { ...(taskId !== undefined && { taskId }) });
  }

  /** Nobody is woken for a task that has ended. */
  async function expectOpen(principal: Principal, taskId: string): Promise<void> {
    const described = await known
      .describeFor(principal, taskId)
      .catch(namedAt('/task', 'is no task of your company'));
    if (!hasEnded(described)) return;
    const detail = 'This task has ended, so there is nothing to wake anybody for.';
    throw new Problem('transition_not_allowed', { detail, hint: 'Create a new task.', retryable: false });
  }

  /** The wakes that wait for the caller, the oldest first; with a wait, once there is one. */
  async function waiting(request: Request, { waitSeconds, hungUp }: Asked): Promise<Wake[]> {
    const { principal } = request;
    const { id, company, role } = principal;
    const until = Date.now() + waitSeconds * 1000;
    // Whoever asks for wakes can be called from then on.
    if (!(await agents.findNow(company, id)))
      await agents.open(principal, { id, company, profile: { name: id, role }, registered: false });
    for (;;) {
      const wakes = await wakesOf(principal);
      if (wakes.length > 0 || Date.now() >= until || hungUp.aborted || closing.aborted) return wakes;
      await pause(Math.min(LOOK_MS, Math.max(0, until - Date.now())));
    }
  }

  /** Those that still ask for something. The others are handled. */
  async function wakesOf(principal: Principal): Promise<Wake[]> {
    const agent = await agents.findNow(principal.company, principal.id);
    if (!agent || ['paused', 'terminated'].includes(standingOf(agent, new Date().toISOString()).state))
      return [];
    const seen = await abreast(ABREAST, agent.wakes, async (wake) => ({
      wake,
      isMoot: await isMoot(wake, principal.id),
    }));
    const moot = seen.filter((each) => each.isMoot);
    await Promise.all(moot.map(({ wake }) => handled({ principal }, wake.id).catch(() => {})));
    return seen.filter((each) => !each.isMoot).map(({ wake }) => wake);
  }

  /** Whether the task of a wake has ended, or is at work already with the agent that it waited for. */
  async function isMoot({ taskId, approvalId, reasons }: Wake, agent: string): Promise<boolean> {
    if (taskId === undefined || approvalId !== undefined) return false;
    const described = await engine.describe(taskId).catch((error: unknown) => {
      if (error instanceof NotOpen) return undefined;
      throw error;
    });
    if (!described || hasEnded(described)) return true;
    const holder = described.typedSearchAttributes.get(TaskHolderKey);
    return holder === agent && reasons.every((reason) => ONCE_HELD.includes(reason));
  }

  /** The caller has seen to this wake. One that has gone, or has come again under another id, is none of it. */
  const handled = (request: Request, wakeId: string): Promise<unknown> =>
    agents.change(request, request.principal.id, 'handled', { wakeId }).catch((error: unknown) => {
      if (!(error instanceof Problem) || error.type !== 'not_found') throw error;
    });

  return { wake, waiting, handled };
}

/** Whether a task is at its end, though it may settle yet. */
function hasEnded({ status, typedSearchAttributes }: WorkflowExecutionDescription): boolean {
  const known = typedSearchAttributes.get(TaskStatusKey) as TaskStatus | undefined;
  return status.name !== 'RUNNING' || (known !== undefined && isTerminal(known));
}

/** What these ask for is done by holding the task. */
const ONCE_HELD: readonly WakeReason[] = ['assignment', 'changes_requested'];
