/**
 * How workflows tell agents of something: by an activity, which starts the workflow of an agent that has none yet. A
 * workflow that tells somebody must neither close nor continue as new meanwhile.
 */
import { CancellationScope, scheduleActivity, uuid4 } from '@temporalio/workflow';
import type { AgentMessageOf, AgentSignal } from './agent-messages.ts';
import { BEATS_WITHIN } from './limits.ts';

/** The activity type, which the worker registers. */
const TELL_AGENTS = 'tell_agents';

type Content<N extends AgentSignal> = Omit<AgentMessageOf<N>, 'name' | 'messageId'>;

/** Something that an agent, or the manager of one if it has any, is to hear. */
export type ToldAgent = {
  [N in AgentSignal]: { to: { agent: string } | { managerOf: string }; name: N; content: Content<N> };
}[AgentSignal];

/** The input of the activity. The ids are given here, so that a message that is sent again is known as one. */
export interface TellAgents {
  company: string;
  told: (ToldAgent & { messageId: string })[];
}

export class AgentTeller {
  #underWay = 0;

  get isBusy(): boolean {
    return this.#underWay > 0;
  }

  /** Sees to it that they hear of it, however long that takes. */
  tell(company: string, told: readonly ToldAgent[]): void {
    const input: TellAgents = { company, told: told.map((each) => ({ ...each, messageId: uuid4() })) };
    this.#underWay += 1;
    const heard = CancellationScope.nonCancellable(() =>
      scheduleActivity(TELL_AGENTS, [input], {
        startToCloseTimeout: '30s',
        heartbeatTimeout: BEATS_WITHIN,
        summary: summaryOf(told),
      }),
    );
    const end = () => void (this.#underWay -= 1);
    heard.then(end, end);
  }
}

const LONGEST_SUMMARY = 200;

function summaryOf(told: readonly ToldAgent[]): string {
  const each = told.map(({ to, name, content }) => {
    const whom = 'agent' in to ? to.agent : `the manager of ${to.managerOf}`;
    return `${whom}: ${'reason' in content ? content.reason : name}`;
  });
  return each.join(', ').slice(0, LONGEST_SUMMARY).toWellFormed();
}
