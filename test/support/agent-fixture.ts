/** An agent without Temporal: the pure rules, and a clock that the test moves. */
import { AGENT_MESSAGES } from '../../workflows/agent-messages.ts';
import { newAgent } from '../../workflows/agent-record.ts';
import type { Agent, AgentProfile, AgentRun } from '../../workflows/agent-record.ts';
import type { AgentMessage, AgentMessageName, AgentMessageOf } from '../../workflows/agent-messages.ts';
import { standingOf } from '../../workflows/agent-state.ts';
import { parse } from '../../workflows/parse.ts';
import type { Refusal } from '../../workflows/refusals.ts';
import { elapse, nextDue } from '../../workflows/rules/agents/due.ts';
import { errandsOf } from '../../workflows/rules/agents/errands.ts';
import type { AgentErrand } from '../../workflows/rules/agents/errands.ts';
import { receive } from '../../workflows/rules/agents/receive.ts';
import { launchNext, launched } from '../../workflows/rules/agents/runs.ts';
import type { Asked } from '../../workflows/rules/agents/runs.ts';
import { at, olga } from './task-fixture.ts';

export const PROCESS = { adapter: { type: 'process', launcher: 'claude' } };

type Args<N extends AgentMessageName> = Partial<Omit<AgentMessageOf<N>, 'name'>>;

export class PureAgent {
  agent: Agent;
  clock: string;
  /** All that it was to do for others. */
  readonly errands: AgentErrand[] = [];
  #minted = 0;

  constructor(profile: Partial<AgentProfile> = {}, clock = at(0), id = 'ada') {
    this.clock = clock;
    const whole = { name: 'Ada', role: 'engineer', ...profile };
    this.agent = newAgent({ id, company: 'acme', profile: whole, updatedBy: olga, updatedAt: clock });
  }

  get state(): string {
    return standingOf(this.agent, this.clock).state;
  }

  get why(): string {
    return standingOf(this.agent, this.clock).why;
  }

  /** Sends a message with what it needs at least, and `args`; answers why it was refused, if it was. */
  send<N extends AgentMessageName>(name: N, args: Args<N> = {}): Refusal | undefined {
    const parsed = parse<object>(AGENT_MESSAGES[name], {
      messageId: this.#mint('message'),
      actor: olga,
      ...args,
    });
    if (!parsed.ok) throw new Error(`${name} can not be read: ${parsed.fault}`);
    const message = { name, ...parsed.value } as AgentMessage;
    const verdict = receive(this.agent, message, this.#moment());
    if ('refusal' in verdict) return verdict.refusal;
    this.#become(verdict.agent, message);
    return undefined;
  }

  /** `send` of a message that must be accepted. */
  do<N extends AgentMessageName>(name: N, args: Args<N> = {}): this {
    const refusal = this.send(name, args);
    if (refusal) throw new Error(`${name} was refused: ${refusal.detail}`);
    return this;
  }

  /** It is asked to look at this task. */
  wake(taskId?: string, args: Args<'wake'> = {}): this {
    return this.do('wake', { reason: 'assignment', ...(taskId !== undefined && { taskId }), ...args });
  }

  /** Its task is asked for, with this result. */
  launched(run: AgentRun | undefined, launch: Asked): this {
    return this.#become(launched(this.agent, run!.id, launch, this.#moment()));
  }

  /** Lets time pass, and what it brings happen as a timer would have it. */
  waitUntil(time: string): this {
    for (;;) {
      const due = nextDue(this.agent, this.clock);
      if (!due || due.at > time) break;
      this.clock = due.at > this.clock ? due.at : this.clock;
      this.#become(elapse(this.agent, this.#moment()));
    }
    this.clock = time;
    return this;
  }

  wait(seconds: number): this {
    return this.waitUntil(new Date(Date.parse(this.clock) + seconds * 1000).toISOString());
  }

  #become(after: Agent, message?: AgentMessage): this {
    const before = this.agent;
    this.agent = launchNext(after, this.clock);
    this.errands.push(...errandsOf(before, this.agent, this.clock, message));
    return this;
  }

  #moment() {
    return { now: this.clock, mintId: () => this.#mint('minted') };
  }

  #mint(what: string): string {
    this.#minted += 1;
    return `${what}-${this.agent.id}-${this.#minted}`;
  }
}
