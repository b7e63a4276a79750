/** Everything Baton does to the outside world, as one set of activities for a worker. */
import type { Client } from '@temporalio/client';
import { beating } from './beating.ts';
import { createLaunchRun } from './launch-run.ts';
import { lease } from './lease.ts';
import { createLookAtRuns } from './look-at-runs.ts';
import { createLookAtTasks } from './look-at-tasks.ts';
import { createMemories } from './memories.ts';
import { createRemember } from './remember.ts';
import { createTellAgents } from './tell-agents.ts';
import type { AgentWorkflowId } from './tell-agents.ts';

export interface ActivityDeps {
  /** For looking at tasks from outside, asking for them in the name of agents, and for what agents are told. */
  client: Client;
  /** The task queue that the worker serves. */
  taskQueue: string;
  agentWorkflowId: AgentWorkflowId;
}

export const createActivities = ({ client, taskQueue, agentWorkflowId }: ActivityDeps) => ({
  lease,
  launch_run: beating(createLaunchRun(client)),
  look_at_runs: createLookAtRuns(client),
  look_at_tasks: createLookAtTasks(client),
  remember: beating(createRemember(createMemories(client, taskQueue))),
  tell_agents: beating(createTellAgents(client, agentWorkflowId)),
});
