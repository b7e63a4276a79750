/**
 * The runs of an agent as they live in its workflow: the activities by which they are asked for and looked after, and those
 * that the workflow holds itself, because no task does.
 */
import {
  CancellationScope,
  getExternalWorkflowHandle,
  scheduleActivity,
  uuid4,
  workflowInfo,
} from '@temporalio/workflow';
import type { Agent } from './agent-record.ts';
import { holdRun } from './hold-run.ts';
import { BEATS_WITHIN } from './limits.ts';
import { SIGNALS } from './messages.ts';
import { wallSecondsLeft } from './rules/agents/budget.ts';
import type { AgentErrand } from './rules/agents/errands.ts';
import { causeOf, launched, notToChoose, runEnded } from './rules/agents/runs.ts';
import type { Asked, Moment } from './rules/agents/runs.ts';

/** The activity types, which the worker registers. */
const LAUNCH_RUN = 'launch_run';
const LOOK_AT_RUNS = 'look_at_runs';

/**
 * How often a task is asked for that does not answer, which takes five minutes or so; while no worker is there, none of
 * it is used up. Where there are others to choose from it is a minute.
 */
const TIMES_ASKED = 8;
const TIMES_CHOSEN_ASKED = 3;

/** Of the 50,000 events, and 50 MB, at which Temporal would end the agent. Beyond this, its runs end before others begin. */
const MOST_HISTORY = { events: 20_000, bytes: 20 * 1024 * 1024 };

/** What the agent is to become, by the time that it learns of something. */
type Change = (agent: Agent, moment: Moment) => Agent;

export class LiveAgentRuns {
  readonly #agent: () => Agent;
  readonly #become: (change: Change) => void;
  /** How much was begun whose end a next execution would not learn of. */
  #underWay = 0;
  /** The runs that are held here. */
  readonly #held = new Map<string, CancellationScope>();

  constructor(agent: () => Agent, become: (change: Change) => void) {
    this.#agent = agent;
    this.#become = become;
  }

  get isBusy(): boolean {
    return this.#underWay > 0;
  }

  /**
   * Runs that are held here end with the execution, so that none begins when it is to end; but where one of them keeps it
   * open, others need not wait for that, as long as there is room for what they leave in its history.
   */
  get mayBegin(): boolean {
    const { continueAsNewSuggested, historyLength, historySize } = workflowInfo();
    const hasRoom = historyLength < MOST_HISTORY.events && historySize < MOST_HISTORY.bytes;
    return !continueAsNewSuggested || (this.#held.size > 0 && hasRoom);
  }

  do(errand: RunErrand): void {
    switch (errand.do) {
      case 'launch':
        return this.#launch(errand);
      case 'hold':
        return this.#hold(errand);
      case 'look':
        return this.#look(errand);
      case 'stop':
        return this.#stop(errand);
    }
  }

  /** Asks for the task of a new run. Who does not answer for minutes keeps the slot from others no longer. */
  #launch({ run }: ErrandTo<'launch'>): void {
    const record = this.#agent();
    const { id: agent, company } = record;
    const { id: runId, wake, launcher, runner, choice, passedOver } = run;
    const cause = causeOf(wake);
    const chosen = choice?.[0];
    const wallSeconds = wallSecondsLeft(record, chosen ?? wake.taskId, new Date().toISOString());
    const launch = { launcher, runner, wake: cause, ...(wallSeconds !== undefined && { wallSeconds }) };
    const among = { except: notToChoose(record, run), passedOver };
    const input = { company, agent, runId, wake, ...(chosen === undefined ? among : { chosen }), launch };
    const asked = scheduleActivity<Asked>(LAUNCH_RUN, [input], {
      startToCloseTimeout: '1 minute',
      heartbeatTimeout: BEATS_WITHIN,
      retry: { maximumAttempts: chosen === undefined ? TIMES_ASKED : TIMES_CHOSEN_ASKED },
      summary: `asks for a task, woken by ${cause.reason}`,
    });
    const answered = (answer: Asked) =>
      this.#become((before, moment) => launched(before, runId, answer, moment));
    this.#see(asked.then(answered, () => answered({ outcome: 'unanswered' })));
  }

  #hold({ run }: ErrandTo<'hold'>): void {
    this.#underWay += 1;
    const scope = holdRun(this.#agent(), run, (news) => {
      this.#underWay -= 1;
      this.#held.delete(run.id);
      this.#become((agent, moment) => runEnded(agent, news, moment));
    });
    this.#held.set(run.id, scope);
  }

  /** Looks for runs of which nothing was heard for long. If that fails, the next look will do. */
  #look({ runs }: ErrandTo<'look'>): void {
    const known = runs.map(({ id: runId, taskId }) => ({ runId, taskId }));
    const looked = scheduleActivity<string[]>(LOOK_AT_RUNS, [{ agent: this.#agent().id, runs: known }], {
      startToCloseTimeout: '1 minute',
      retry: { maximumAttempts: 3 },
      summary: 'have runs ended unnoticed?',
    });
    const over = (runId: string) =>
      this.#become((agent, moment) => runEnded(agent, { runId, end: 'unnoticed' }, moment));
    this.#see(looked.then((runIds) => runIds.forEach(over)));
  }

  /** Ends a run: one that is held here by itself, one that its task holds in the name of the agent. */
  #stop({ run, why }: ErrandTo<'stop'>): void {
    const held = this.#held.get(run.id);
    if (held) return held.cancel();
    if (run.taskId === undefined) return;
    const { id } = this.#agent();
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

type RunErrand = Exclude<AgentErrand, { do: 'escalate' }>;
type ErrandTo<D extends RunErrand['do']> = Extract<RunErrand, { do: D }>;

/** By which message a run is ended: a task that costs too much fails, one whose agent is gone waits for another. */
const STOPPING = {
  budget_exhausted: {
    name: 'mark_failed',
    content: { reasonCode: 'budget_exhausted', blocker: 'The budget of its agent is spent.' },
  },
  terminated: { name: 'release', content: { comment: 'Its agent was terminated.' } },
} as const;
