/**
 * An agent as it lives in its workflow: the record, and what each change of it means in Temporal's terms. Its memo, the
 * page in the Temporal UI, one timer, the activities by which its runs are asked for and looked after, and those runs
 * that it holds itself, because no task does.
 *
 * As in a task, every command is issued synchronously where its cause arrives.
 */
import {
  CancellationScope,
  getExternalWorkflowHandle,
  patched,
  scheduleActivity,
  setCurrentDetails,
  upsertMemo,
  upsertSearchAttributes,
  uuid4,
  workflowInfo,
} from '@temporalio/workflow';
import { agentDetails } from './agent-details.ts';
import { AGENT_MESSAGES, AGENT_SIGNALS } from './agent-messages.ts';
import type { AgentMessage, AgentSignal } from './agent-messages.ts';
import type { Agent, AgentRecord } from './agent-record.ts';
import { RECORD_MEMO } from './entity.ts';
import { holdRun } from './hold-run.ts';
import { BEATS_WITHIN } from './limits.ts';
import { SIGNALS } from './messages.ts';
import { parse } from './parse.ts';
import { wallSecondsLeft } from './rules/agents/budget.ts';
import { elapse, nextDue } from './rules/agents/due.ts';
import { errandsOf } from './rules/agents/errands.ts';
import type { AgentErrand } from './rules/agents/errands.ts';
import { receive } from './rules/agents/receive.ts';
import { causeOf, launchNext, launched, notToChoose, runEnded } from './rules/agents/runs.ts';
import type { Asked } from './rules/agents/runs.ts';
import { TaskCompanyKey } from './search-attributes.ts';
import { AgentTeller } from './tell-agents.ts';
import { WakeTimer } from './wake-timer.ts';

/** The activity types, which the worker registers. */
const LAUNCH_RUN = 'launch_run';
const LOOK_AT_RUNS = 'look_at_runs';

/**
 * How often a task is asked for that does not answer, which takes five minutes or so; while no worker is there, none of
 * it is used up. Where there are others to choose from it is a minute.
 */
const TIMES_ASKED = 8;
const TIMES_CHOSEN_ASKED = 3;

/** Of the 50,000 events, and 50 MB, at which Temporal would end the agent. Beyond this its runs end before others begin. */
const LONG = { events: 20_000, bytes: 20 * 1024 * 1024 };

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
  /** How much was begun whose end a next execution would not learn of. */
  #underWay = 0;
  readonly #teller = new AgentTeller();
  /** Nothing here is cancelled along with the workflow: that closes at once, and what it held finds out by that. */
  readonly #shield = new CancellationScope({ cancellable: false });
  /** The runs that are held here. */
  readonly #held = new Map<string, CancellationScope>();
  readonly #timer = new WakeTimer(() => this.#become(elapse(this.#agent, moment())));

  constructor(agent: Agent) {
    this.#agent = agent;
  }

  get agent(): Agent {
    return this.#agent;
  }

  /** Whether this is a moment at which the record, and nothing else, needs to be carried over. */
  get canMoveOn(): boolean {
    return this.#underWay === 0 && !this.#teller.isBusy;
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
    this.#agent = this.#mayBegin() ? launchNext(after, now()) : after;
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

  /**
   * Runs that are held here end with the execution, so that none begins when it is to end; but where one of them keeps it
   * open, others need not wait for that, as long as there is room for what they leave in its history.
   */
  #mayBegin(): boolean {
    const { continueAsNewSuggested, historyLength, historySize } = workflowInfo();
    const hasRoom = historyLength < LONG.events && historySize < LONG.bytes;
    return !continueAsNewSuggested || (this.#held.size > 0 && hasRoom);
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
    switch (errand.do) {
      case 'launch':
        return this.#launch(errand);
      case 'hold':
        return this.#hold(errand);
      case 'look':
        return this.#look(errand);
      case 'stop':
        return this.#stop(errand);
      case 'escalate': {
        const { to, taskId } = errand;
        const content = { reason: 'escalation' as const, ...(taskId !== undefined && { taskId }) };
        return this.#teller.tell(this.#agent.company, [{ to: { agent: to }, name: 'wake', content }]);
      }
    }
  }

  /** Asks for the task of a new run. Who does not answer for minutes keeps the slot from others no longer. */
  #launch({ run }: ErrandTo<'launch'>): void {
    const { id: agent, company } = this.#agent;
    const { id: runId, wake, launcher, runner, choice, passedOver } = run;
    const cause = causeOf(wake);
    const chosen = choice?.[0];
    const wallSeconds = wallSecondsLeft(this.#agent, chosen ?? wake.taskId, now());
    const launch = { launcher, runner, wake: cause, ...(wallSeconds !== undefined && { wallSeconds }) };
    const among = { except: notToChoose(this.#agent, run), passedOver };
    const input = { company, agent, runId, wake, ...(chosen === undefined ? among : { chosen }), launch };
    const asked = scheduleActivity<Asked>(LAUNCH_RUN, [input], {
      startToCloseTimeout: '1 minute',
      heartbeatTimeout: BEATS_WITHIN,
      retry: { maximumAttempts: chosen === undefined ? TIMES_ASKED : TIMES_CHOSEN_ASKED },
      summary: `asks for a task, woken by ${cause.reason}`,
    });
    const become = (answer: Asked) => this.#become(launched(this.#agent, runId, answer, moment()));
    this.#see(asked.then(become, () => become({ outcome: 'unanswered' })));
  }

  #hold({ run }: ErrandTo<'hold'>): void {
    this.#underWay += 1;
    const scope = holdRun(this.#agent, run, (news) => {
      this.#underWay -= 1;
      this.#held.delete(run.id);
      this.#become(runEnded(this.#agent, news, moment()));
    });
    this.#held.set(run.id, scope);
  }

  /** Looks for runs of which nothing was heard for long. If that fails, the next look will do. */
  #look({ runs }: ErrandTo<'look'>): void {
    const known = runs.map(({ id: runId, taskId }) => ({ runId, taskId }));
    const looked = scheduleActivity<string[]>(LOOK_AT_RUNS, [{ agent: this.#agent.id, runs: known }], {
      startToCloseTimeout: '1 minute',
      retry: { maximumAttempts: 3 },
      summary: 'have runs ended unnoticed?',
    });
    const over = (runId: string) =>
      this.#become(runEnded(this.#agent, { runId, end: 'unnoticed' }, moment()));
    this.#see(looked.then((runIds) => runIds.forEach(over)));
  }

  /** Ends a run: one that is held here by itself, one that its task holds in the name of the agent. */
  #stop({ run, why }: ErrandTo<'stop'>): void {
    const held = this.#held.get(run.id);
    if (held) return held.cancel();
    if (run.taskId === undefined) return;
    const { id } = this.#agent;
    const { name, content } = STOPPING[why];
    const message = { ...content, messageId: uuid4(), actor: { id, role: 'agent' }, runId: run.id };
    // It may be over by now, or its task closed; that is no failure of ours.
    this.#see(getExternalWorkflowHandle(run.taskId).signal<[unknown]>(SIGNALS[name].name, message));
  }

  #see(underWay: Promise<unknown>): void {
    this.#underWay += 1;
    const end = () => void (this.#underWay -= 1);
    underWay.then(end, end);
  }
}

type ErrandTo<D extends AgentErrand['do']> = Extract<AgentErrand, { do: D }>;

/** By which message a run is ended: a task that costs too much fails, one whose agent is gone waits for another. */
const STOPPING = {
  budget_exhausted: {
    name: 'mark_failed',
    content: { reasonCode: 'budget_exhausted', blocker: 'The budget of its agent is spent.' },
  },
  terminated: { name: 'release', content: { comment: 'Its agent was terminated.' } },
} as const;

const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
