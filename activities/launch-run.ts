/** Asks for the task of a run that an agent is to be launched for, in the agent's name: the task decides. */
import { WorkflowNotFoundError, WorkflowUpdateFailedError } from '@temporalio/client';
import type { Client } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { Wake, WakeReason } from '../workflows/agent-record.ts';
import { LIMITS } from '../workflows/limits.ts';
import type { Launch } from '../workflows/launch.ts';
import type { Arguments } from '../workflows/messages.ts';
import type { Refusal } from '../workflows/refusals.ts';
import type { Asked } from '../workflows/rules/agents/runs.ts';
import {
  TaskAssigneeKey,
  TaskCompanyKey,
  TaskPriorityKey,
  TaskStatusKey,
} from '../workflows/search-attributes.ts';
import { isTerminal } from '../workflows/task-state.ts';
import type { TaskStatus } from '../workflows/task-state.ts';
import type { Run } from '../workflows/task-record.ts';

export interface LaunchRun {
  company: string;
  agent: string;
  runId: string;
  wake: Pick<Wake, 'reasons' | 'taskId' | 'approvalId' | 'linkedIssueIds'>;
  /**
   * The task to ask for, where the wake names none and there is a choice. Only ever one is asked for at a time, so that a
   * claim whose answer was lost is made again, and not another one besides.
   */
  chosen?: string;
  /** These are none of the choice. */
  except?: string[];
  /** So many of the others, from the first on, were asked for in vain. */
  passedOver?: number;
  launch: Launch;
}

/** A claim that no worker answers by then is made again. */
const ANSWERED_WITHIN_MS = 20_000;
const UNSAID_PRIORITY = 3;
/** Of the tasks that wait for the agent, so many are looked through. */
const LOOKED_THROUGH = 1_000;

/** These mean that the task is to be taken, whoever it is assigned to; by others only the agent's own is. */
const TO_BE_TAKEN: readonly WakeReason[] = [
  'assignment',
  'changes_requested',
  'children_finished',
  'manual',
  'timer',
];

export const createLaunchRun = (client: Client) =>
  async function launch_run({
    company,
    agent,
    runId,
    wake,
    chosen,
    launch,
    ...among
  }: LaunchRun): Promise<Asked> {
    const { taskId, approvalId, linkedIssueIds = [], reasons } = wake;
    if (chosen !== undefined) return await claim(chosen);
    if (approvalId !== undefined) return await itsOwnAmong(linkedIssueIds);
    if (taskId === undefined) {
      const { except = [], passedOver = 0 } = among;
      const others = (await waiting()).filter((id) => !except.includes(id));
      return { outcome: 'choice', taskIds: others.slice(passedOver, passedOver + LIMITS.choice) };
    }
    const task = await look(taskId);
    if (!task) return { outcome: 'gone' };
    if (task.assignee === agent || reasons.some((reason) => TO_BE_TAKEN.includes(reason))) {
      return await claim(taskId);
    }
    return { outcome: 'not_claimable', why: 'not its own', taskId };

    /** Those of these tasks that are open and the agent's. */
    async function itsOwnAmong(ids: readonly string[]): Promise<Asked> {
      const found = await Promise.all(ids.map(async (id) => ({ id, task: await look(id) })));
      const open = found.filter(({ task: each }) => each !== undefined);
      const own = open.filter(({ task: each }) => each?.assignee === agent).map(({ id }) => id);
      const about = open[0]?.id;
      return { outcome: 'choice', taskIds: own, ...(about !== undefined && { about }) };
    }

    /** What waits in the agent's inbox, the most urgent first, and of that the oldest. */
    async function waiting(): Promise<string[]> {
      const conditions = [
        `WorkflowType = 'task' AND ExecutionStatus = 'Running' AND ${TaskStatusKey.name} = 'queued'`,
        `${TaskCompanyKey.name} = ${quoted(company)} AND ${TaskAssigneeKey.name} = ${quoted(agent)}`,
      ];
      const found: { id: string; priority: number; since: Date }[] = [];
      const query = conditions.join(' AND ');
      for await (const task of client.workflow.list({ query, pageSize: LOOKED_THROUGH })) {
        const priority = task.typedSearchAttributes.get(TaskPriorityKey) ?? UNSAID_PRIORITY;
        found.push({ id: task.workflowId, priority, since: task.startTime });
        if (found.length === LOOKED_THROUGH) break;
      }
      found.sort((a, b) => a.priority - b.priority || a.since.getTime() - b.since.getTime());
      return found.map(({ id }) => id);
    }

    /** An open task of the company. */
    async function look(id: string): Promise<{ assignee: string | undefined } | undefined> {
      const described = await client.workflow
        .getHandle(id)
        .describe()
        .catch((error: unknown) => {
          if (error instanceof WorkflowNotFoundError) return undefined;
          throw error;
        });
      if (described?.status.name !== 'RUNNING' || described.memo?.['company'] !== company) return undefined;
      const attributes = described.typedSearchAttributes;
      const status = attributes.get(TaskStatusKey) as TaskStatus | undefined;
      return status && isTerminal(status) ? undefined : { assignee: attributes.get(TaskAssigneeKey) };
    }

    async function claim(id: string): Promise<Asked> {
      const message: Arguments<'claim'> = {
        messageId: runId,
        actor: { id: agent, role: 'agent' },
        runId,
        launch,
        answerBy: new Date(Date.now() + ANSWERED_WITHIN_MS).toISOString(),
      };
      const handle = client.workflow.getHandle(id);
      const send = () =>
        handle.executeUpdate<Run | null, [Arguments<'claim'>]>('claim', { updateId: runId, args: [message] });
      try {
        await client.connection.withDeadline(Date.now() + ANSWERED_WITHIN_MS, send);
        return { outcome: 'claimed', taskId: id };
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return { outcome: 'gone' };
        const cause = error instanceof WorkflowUpdateFailedError ? error.cause : undefined;
        const refusal = cause instanceof ApplicationFailure ? cause.details?.[0] : undefined;
        // No worker answered in time, or Temporal could not be reached: it is asked again.
        if (!refusal) throw error;
        return refused(id, refusal as Refusal);
      }
    }

    function refused(id: string, { type: why, status, holder }: Refusal): Asked {
      // It got the task when it asked before, and has ended since.
      if (why === 'run_not_active') return { outcome: 'claimed', taskId: id };
      if (status !== undefined && isTerminal(status as TaskStatus)) return { outcome: 'gone' };
      return { outcome: 'not_claimable', why, taskId: id, ...(holder === agent && { byItself: true }) };
    }
  };

const quoted = (value: string): string => `'${value.replace(/\\/g, '\\\\').replace(/'/g, "\\'")}'`;
