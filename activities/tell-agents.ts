/** Tells agents what happened. One that has no workflow yet gets one by it, so that nothing is said to nobody. */
import { Context } from '@temporalio/activity';
import { WorkflowNotFoundError } from '@temporalio/client';
import type { Client } from '@temporalio/client';
import type { AgentRecord } from '../workflows/agent-record.ts';
import type { agent } from '../workflows/agent.ts';
import type { TellAgents, ToldAgent } from '../workflows/tell-agents.ts';

/** The workflow of an agent, by its company and its id. */
export type AgentWorkflowId = (company: string, agentId: string) => string;

/** Resolves once all of it is durable. Whoever has no manager escalates to nobody. */
export const createTellAgents = (client: Client, workflowIdOf: AgentWorkflowId) =>
  async function tell_agents({ company, told }: TellAgents): Promise<void> {
    const { taskQueue } = Context.current().info;
    for (const { to, name, content, messageId } of told) {
      const id = await addresseeOf(company, to);
      if (id === undefined) continue;
      await client.workflow.signalWithStart<typeof agent, [object]>('agent', {
        workflowId: workflowIdOf(company, id),
        taskQueue,
        args: [{ id, company }],
        // As for one that somebody registers: after it was ended in the Temporal UI, there is a new one.
        workflowIdReusePolicy: 'ALLOW_DUPLICATE',
        staticSummary: `Agent ${id}`,
        signal: name,
        signalArgs: [{ messageId, ...content }],
      });
    }

    async function addresseeOf(company: string, to: ToldAgent['to']): Promise<string | undefined> {
      if ('agent' in to) return to.agent;
      const handle = client.workflow.getHandle(workflowIdOf(company, to.managerOf));
      const described = await handle.describe().catch((error: unknown) => {
        if (error instanceof WorkflowNotFoundError) return undefined;
        throw error;
      });
      if (described?.status.name !== 'RUNNING') return undefined;
      return (described.memo?.['record'] as AgentRecord | undefined)?.profile.reportsTo;
    }
  };
