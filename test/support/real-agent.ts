/** An agent on a real server: what a test sends, and what it then sees in the memo. */
import { WorkflowNotFoundError } from '@temporalio/client';
import type { WorkflowHandle } from '@temporalio/client';
import { agentUpdate } from '../../workflows/agent-messages.ts';
import type { AgentMessageOf, AgentSignal, AgentUpdate } from '../../workflows/agent-messages.ts';
import type { AgentRecord } from '../../workflows/agent-record.ts';
import { patiently } from './patience.ts';
import { olga } from './task-fixture.ts';

/** gRPC's number. */
const FAILED_PRECONDITION = 9;

export class RealAgent {
  readonly handle: WorkflowHandle;

  constructor(handle: WorkflowHandle) {
    this.handle = handle;
  }

  /** What its memo has; undefined before its first workflow task. */
  async record(): Promise<AgentRecord | undefined> {
    return (await this.handle.describe()).memo?.['record'] as AgentRecord | undefined;
  }

  /** Waits until the record looks like this, however long it takes a slow machine. */
  async until(looksLikeThis: (record: AgentRecord) => boolean): Promise<AgentRecord> {
    let seen: AgentRecord | undefined;
    const look = async () => {
      seen = await this.record();
      return seen && looksLikeThis(seen) && seen;
    };
    return await patiently(look, () => `Still not: ${JSON.stringify(seen)}`);
  }

  async untilStarted(): Promise<void> {
    const described = () =>
      this.handle.describe().catch((error: unknown) => {
        if (error instanceof WorkflowNotFoundError) return undefined;
        throw error;
      });
    await patiently(described, 'The agent never started.');
  }

  /** Tells it something, as workflows do. */
  async signal<N extends AgentSignal>(
    name: N,
    content: Omit<AgentMessageOf<N>, 'name' | 'messageId'>,
    messageId: string = crypto.randomUUID(),
  ): Promise<void> {
    await this.handle.signal<[object]>(name, { messageId, ...content });
  }

  /** Asks it for something, as the API does; answers the agent after it. */
  async update<N extends AgentUpdate>(name: N, content: object = {}): Promise<AgentRecord> {
    const args = { messageId: crypto.randomUUID(), actor: olga, ...content };
    for (;;) {
      try {
        return await this.handle.executeUpdate(agentUpdate(name), { args: [args as never] });
      } catch (error) {
        // It came while the agent continued as new, and is sent again, as the API does.
        if ((error as { cause?: { code?: number } }).cause?.code !== FAILED_PRECONDITION) throw error;
      }
    }
  }

  /** The page about it in the Temporal UI, without escapes. */
  async page(): Promise<string> {
    const metadata = await this.handle.query<{ currentDetails: string }>('__temporal_workflow_metadata');
    return metadata.currentDetails.replaceAll('\\', '');
  }

  async hasContinued(): Promise<boolean> {
    const { runId, raw } = await this.handle.describe();
    return runId !== raw.workflowExecutionInfo?.firstRunId;
  }
}
