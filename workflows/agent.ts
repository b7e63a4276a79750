/**
 * The agent workflow: who an agent is to its company, what waits for it, and what it is at. Whoever asks for any of that
 * reads its memo. It lives until it is cancelled, and is started by the first that has something for it to hear.
 */
import { allHandlersFinished, condition, setDefaultSignalHandler, workflowInfo } from '@temporalio/workflow';
import { AGENT_MESSAGES, AGENT_UPDATES, agentUpdate } from './agent-messages.ts';
import type { AgentMessage } from './agent-messages.ts';
import { AgentInput, newAgent } from './agent-record.ts';
import type { Agent, AgentRecord } from './agent-record.ts';
import { continueAsNew } from './continue-as-new.ts';
import { beginning, takeUpdate } from './entity.ts';
import { LiveAgent } from './live-agent.ts';

/** Ends only as cancelled, once that is asked for. Fails when it is started with something that is no agent. */
export async function agent(input: AgentInput | Agent): Promise<void> {
  const live = new LiveAgent(first(input));
  live.begin();
  takeMessages(live);
  const mayMoveOn = () => workflowInfo().continueAsNewSuggested && live.canMoveOn;
  do {
    await condition(() => mayMoveOn() && allHandlersFinished());
    // What arrived along with the last message may have begun something that moving on now would lose.
  } while (!mayMoveOn());
  return await continueAsNew<typeof agent>(live.agent);
}

/** A new agent, or the one carried over, which only a former execution can hand in; it may be of an older kind. */
function first(input: AgentInput | Agent): Agent {
  const known = newAgent(beginning(AgentInput, input));
  return workflowInfo().continuedFromExecutionRunId ? { ...known, ...input } : known;
}

function takeMessages(live: LiveAgent): void {
  setDefaultSignalHandler((name, args) => live.take(name, args));
  for (const name of AGENT_UPDATES) {
    takeUpdate<AgentRecord, object, { agent: Agent }>(agentUpdate(name), AGENT_MESSAGES[name], {
      after: (content) => live.after({ name, ...content } as AgentMessage),
      become: (_after, content) => live.accept({ name, ...content } as AgentMessage),
    });
  }
}
