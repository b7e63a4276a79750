/**
 * An agent as it lives in its workflow: the record, and what each change of it means in Temporal's terms. Its memo, the
 * page in the Temporal UI, one timer, and its runs.
 *
 * As in a task, every command is issued synchronously where its cause arrives.
 */
import {
  CancellationScope,
  patched,
  setCurrentDetails,
  upsertMemo,
  upsertSearchAttributes,
  uuid4,
} from '@temporalio/workflow';
import { agentDetails } from './agent-details.ts';
import { AGENT_MESSAGES, AGENT_SIGNALS } from './agent-messages.ts';
import type { AgentMessage, AgentSignal } from './agent-messages.ts';
import type { Agent, AgentRecord } from './agent-record.ts';
import { RECORD_MEMO } from './entity.ts';
import { LiveAgentRuns } from './live-agent-runs.ts';
import { parse } from './parse.ts';
import { elapse, nextDue } from './rules/agents/due.ts';
import { errandsOf } from './rules/agents/errands.ts';
import type { AgentErrand } from './rules/agents/errands.ts';
import { receive } from './rules/agents/receive.ts';
import { launchNext } from './rules/agents/runs.ts';
import { TaskCompanyKey } from './search-attributes.ts';
import { AgentTeller } from './tell-agents.ts';
import { WakeTimer } from './wake-timer.ts';

const now = () => new Date().toISOString();
const moment = () => ({ now: now(), mintId: uuid4 });

/** What the memo has of an agent. */
function recordOf({ remembered: _remembered, ...record }: Agent): AgentRecord {
  return record;
}

export class LiveAgent {
  #agent: Agent;
  /** What came last that could not be read, so that whoever sent it finds out why nothing happened. */
  #unreadable: string | undefined;
  readonly #teller = new AgentTeller();
  /** Nothing here is cancelled along with the workflow: that closes at once, and what it held finds out by that. */
  readonly #shield = new CancellationScope({ cancellable: false });
  readonly #runs = new LiveAgentRuns(
    () => this.#agent,
    (change) => this.#become(change(this.#agent, moment())),
  );
  readonly #timer = new WakeTimer(() => this.#become(elapse(this.#agent, moment())));

  constructor(agent: Agent) {
    this.#agent = agent;
  }

  get agent(): Agent {
    return this.#agent;
  }

  /** Whether this is a moment at which the record, and nothing else, needs to be carried over. */
  get canMoveOn(): boolean {
    return !this.#runs.isBusy && !this.#teller.isBusy;
  }

  /** The first commands of this execution; always at least one. */
  begin(): void {
    this.#publish();
    this.#become(this.#agent);
  }

  /** What an update would come to. Nothing may be minted here: validators do not run again in a replay. */
  after(message: AgentMessage): ReturnType<typeof receive> {
    return receive(this.#agent, message, { now: now(), mintId: () => '' });
  }

  /** Takes an update that was accepted; answers the agent after it. */
  accept(message: AgentMessage): AgentRecord {
    this.#take(message);
    return recordOf(this.#agent);
  }

  /** Takes a signal. What can't be read is shown, and otherwise ignored. */
  take(name: string, args: unknown): void {
    const isKnown = (AGENT_SIGNALS as readonly string[]).includes(name);
    const parsed = isKnown
      ? parse<object>(AGENT_MESSAGES[name as AgentSignal], args)
      : { ok: false as const, fault: 'is no message of an agent' };
    if (!parsed.ok) {
      this.#unreadable = `${name} at ${now()}: ${parsed.fault}`;
      return this.#showPage();
    }
    this.#take({ name, ...parsed.value } as AgentMessage);
  }

  #take(message: AgentMessage): void {
    const verdict = receive(this.#agent, message, moment());
    if ('agent' in verdict) this.#become(verdict.agent, message);
  }

  /** Makes `after` the agent, and issues what follows from the change, and from the message that caused it. */
  #become(after: Agent, message?: AgentMessage): void {
    const before = this.#agent;
    this.#agent = this.#runs.mayBegin ? launchNext(after, now()) : after;
    if (message?.name === 'put_profile') this.#publish();
    else if (!isSame(recordOf(before), recordOf(this.#agent))) this.#show();
    this.#issue(() => {
      for (const errand of errandsOf(before, this.#agent, now(), message)) this.#run(errand);
      const due = nextDue(this.#agent, now());
      // Agents that are there for long may have limits from when Baton only showed them.
      if (due && patched('wakes')) this.#timer.arm(due);
    });
    this.#showPage();
  }

  #issue(commands: () => void): void {
    // `run` calls its function before it returns, so the commands are issued here and now.
    void this.#shield.run(async () => commands());
  }

  #show(): void {
    upsertMemo({ [RECORD_MEMO]: recordOf(this.#agent) });
  }

  #publish(): void {
    this.#show();
    upsertSearchAttributes([{ key: TaskCompanyKey, value: this.#agent.company }]);
  }

  #showPage(): void {
    setCurrentDetails(agentDetails(this.#agent, now(), this.#unreadable));
  }

  #run(errand: AgentErrand): void {
    if (errand.do !== 'escalate') return this.#runs.do(errand);
    const { to, taskId } = errand;
    const content = { reason: 'escalation' as const, ...(taskId !== undefined && { taskId }) };
    this.#teller.tell(this.#agent.company, [{ to: { agent: to }, name: 'wake', content }]);
  }
}

const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
