/** What a message makes of an agent. Pure. */
import type { Agent } from '../../agent-record.ts';
import type { AgentMessage, AgentMessageOf } from '../../agent-messages.ts';
import { LIMITS } from '../../limits.ts';
import type { Refusal } from '../../refusals.ts';
import { monthUsed, nextMonth } from './budget.ts';
import { charge, runEnded, stop } from './runs.ts';
import type { Moment } from './runs.ts';
import { addWake, dropWake, wakeOf } from './wakes.ts';

type Verdict = { agent: Agent } | { refusal: Refusal };

/** Applies a message, once: the same one again changes nothing. */
export function receive(agent: Agent, message: AgentMessage, moment: Moment): Verdict {
  const { messageId: id } = message;
  const hash = 'contentHash' in message ? message.contentHash : undefined;
  const before = agent.remembered.find((each) => each.id === id);
  if (before && before.hash !== hash) {
    const detail = 'This id came with another request before.';
    return { refusal: { type: 'idempotency_key_reused', detail } };
  }
  if (before) return { agent };
  const verdict = apply(agent, message, moment);
  if ('refusal' in verdict) return verdict;
  const remembered = [...agent.remembered, { id, ...(hash !== undefined && { hash }) }];
  return { agent: { ...verdict.agent, remembered: remembered.slice(-LIMITS.rememberedMessages) } };
}

function apply(agent: Agent, message: AgentMessage, moment: Moment): Verdict {
  const { now } = moment;
  switch (message.name) {
    case 'put_profile':
      return put(agent, message, now);
    case 'pause':
      return agent.terminated ? ended(agent) : { agent: agent.paused ? agent : pause(agent, message, now) };
    case 'resume':
      return resume(agent, now);
    case 'terminate':
      return { agent: agent.terminated ? agent : terminate(agent, message, now) };
    case 'call': {
      const { taskId, actor } = message;
      if (agent.terminated) return ended(agent);
      const byPerson = actor.role !== 'agent' && { byPerson: true };
      const cause = { reason: 'manual' as const, ...byPerson, ...(taskId !== undefined && { taskId }) };
      // Not the id of the message: a caller may wake two agents under one key, and runs have the ids of their wakes.
      return { agent: addWake(agent, wakeOf(moment.mintId(), cause, now)) };
    }
    case 'handled':
      return { agent: dropWake(agent, message.wakeId) };
    case 'wake': {
      const { name: _name, messageId, ...cause } = message;
      return { agent: addWake(agent, wakeOf(messageId, cause, now)) };
    }
    case 'run_ended':
      return { agent: runEnded(agent, message, moment) };
    case 'spent': {
      const { taskId, usd, tokens } = message;
      return { agent: charge(agent, taskId, { usd, tokens }, now) };
    }
  }
}

const ended = ({ id }: Agent): Verdict => ({
  refusal: {
    type: 'transition_not_allowed',
    detail: `${id} was terminated.`,
    hint: 'Use another agent.',
    retryable: false,
  },
});

function put(agent: Agent, { profile, actor }: AgentMessageOf<'put_profile'>, now: string): Verdict {
  if (agent.terminated) return ended(agent);
  return { agent: { ...agent, profile, registered: true, updatedBy: actor, updatedAt: now } };
}

const pause = (agent: Agent, { actor, note }: AgentMessageOf<'pause'>, now: string): Agent => ({
  ...agent,
  paused: { why: 'by_hand', by: actor.id, at: now, ...(note !== undefined && { note }) },
});

/** What led to the pause is forgotten, so that it does not lead there again at once. */
function resume(agent: Agent, now: string): Verdict {
  if (agent.terminated) return ended(agent);
  if (!agent.paused && monthUsed(agent, now) >= 1) {
    return {
      refusal: {
        type: 'budget_exhausted',
        detail: `${agent.id} has spent its budget of this month.`,
        hint: `Raise its budget, or wait until ${nextMonth(now)}.`,
        retryable: false,
      },
    };
  }
  const { paused: _paused, unanswered: _unanswered, lastRun: _lastRun, ...rest } = agent;
  return { agent: { ...rest, runsWithoutProgress: 0, runsAmongAgents: 0 } };
}

/** For good: its runs are stopped, and nothing wakes it any more. */
const terminate = (agent: Agent, { actor, note }: AgentMessageOf<'terminate'>, now: string): Agent =>
  stop(
    {
      ...agent,
      wakes: [],
      terminated: { by: actor.id, at: now, ...(note !== undefined && { note }) },
    },
    'terminated',
  );
