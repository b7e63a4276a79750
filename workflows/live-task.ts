/**
 * A task as it lives in its workflow: the state, and what each change of it means in Temporal's terms. An offer while
 * it waits in a queue, a lease per run, one timer for whatever is due next, search attributes and details for people,
 * child workflows for its sub-tasks and for the task that follows.
 *
 * Every command is issued synchronously where its cause arrives, never later by the main function: otherwise a
 * message that meets an evicted workflow would replay in another order and wedge it.
 *
 * Things that end by themselves, such as leases, offers, timers and sub-tasks, are taken in the order of history, from
 * which the API reads the events. For that there is one `await`, neither more nor less, between the SDK's own promise
 * of each and ours: a scope's `run` has it, and so has the result of a child workflow.
 */
import {
  ApplicationFailure,
  CancellationScope,
  patched,
  setCurrentDetails,
  upsertMemo,
  upsertSearchAttributes,
  uuid4,
  workflowInfo,
} from '@temporalio/workflow';
import type { SearchAttributeUpdatePair } from '@temporalio/common';
import { details } from './details.ts';
import { errandsOf, firstErrands } from './errands.ts';
import { holdLease } from './lease.ts';
import { newsOfRun } from './launched-news.ts';
import { LiveChildren } from './live-children.ts';
import { LiveOffer } from './live-offer.ts';
import { CALLER_GONE } from './messages.ts';
import type { Message, MessageName, TaskView } from './messages.ts';
import { CUT_OFF, cancelRequested, dues, elapse, isCutOff, leaseEnded } from './occur.ts';
import { callerIsGone, take, takeOffer } from './receive.ts';
import { hearOfEnd } from './rules/children.ts';
import { TaskCompanyKey } from './search-attributes.ts';
import { isSettled } from './task-record.ts';
import type { Run, Task } from './task-record.ts';
import { AgentTeller } from './tell-agents.ts';
import type { ToldAgent } from './tell-agents.ts';
import type { TreeNode } from './tree.ts';
import { changedAttributes, changedMemo, memoOf, searchAttributes } from './visibility.ts';
import type { Attribute } from './visibility.ts';
import { WakeTimer } from './wake-timer.ts';
import { firstWakes, wakesOf } from './wakes.ts';

const now = () => new Date().toISOString();
const moment = () => ({ now: now(), mintId: uuid4 });

export class LiveTask {
  #task: Task;
  #lease: CancellationScope | undefined;
  readonly #offer = new LiveOffer((answer) => {
    const taken = answer && takeOffer(this.#task, answer.claim, moment());
    if (taken) this.#become(taken.task);
    // An answer that was no claim leaves the task waiting.
    this.#issue(() => this.#offer.follow(this.#task));
  });
  readonly #timer = new WakeTimer(() => this.#wake());
  readonly #agents = new AgentTeller();
  readonly #children = new LiveChildren((news) => this.#become(hearOfEnd(this.#task, news, now())));
  /** Nothing that the task starts is cancelled along with the workflow: a cancelled task winds down first. */
  readonly #shield = new CancellationScope({ cancellable: false });

  constructor(task: Task) {
    this.#task = task;
  }

  get task(): Task {
    return this.#task;
  }

  /** The first commands of this execution; always at least one. `children` are those that come with a new task. */
  begin(children: readonly TreeNode[] = []): void {
    const task = this.#task;
    // The API starts a task with all its attributes; one started by another client gets them here.
    const indexed = workflowInfo().typedSearchAttributes.get(TaskCompanyKey) !== undefined;
    this.#issue(() => {
      this.#upsert(indexed ? [searchAttributes(task).status] : changedAttributes(undefined, task));
      if (!indexed) upsertMemo({ ...memoOf(task) });
      if (task.run && !isCutOff(task)) this.#lease = this.#startLease(task.run);
      this.#children.run(firstErrands(task, children), now());
      this.#offer.follow(task);
      this.#timer.arm(dues(task)[0]);
      setCurrentDetails(details(task));
      if (!workflowInfo().continuedFromExecutionRunId) this.#tell(firstWakes(task));
    });
    if (isCutOff(task)) this.#become(leaseEnded(task, task.run!.id, CUT_OFF, now()));
  }

  /** Takes a signal or an accepted update. What can't be read is shown and otherwise ignored. */
  take(name: string, args: unknown): void {
    const { task, outcome, message, replayed } = take(this.#task, name, args, moment());
    this.#become(task, outcome === 'accepted' && !replayed ? message : undefined);
  }

  /** Resolves once this sub-task has started. */
  async childStarted(id: string): Promise<void> {
    await this.#children.started(id);
  }

  /** Turns a bad update down before it leaves a trace. Throws what the caller of the update gets. */
  validate(name: MessageName, args: unknown): void {
    // Nothing may be minted here: validators do not run again in a replay.
    const { outcome, message } = take(this.#task, name, args, { now: now(), mintId: () => '' });
    if (outcome === 'accepted') {
      if (!message || !callerIsGone(message, now())) return;
      throw ApplicationFailure.nonRetryable('Its caller waits no longer.', CALLER_GONE);
    }
    throw ApplicationFailure.create({
      message: outcome.detail,
      type: outcome.type,
      nonRetryable: true,
      details: [outcome],
    });
  }

  cancel(): void {
    this.#become(cancelRequested(this.#task, now()));
  }

  view(messageIds: readonly string[] = []): TaskView {
    const known = this.#task.remembered.filter(({ id }) => messageIds.includes(id));
    return {
      task: { ...this.#task, remembered: known },
      outcomes: Object.fromEntries(known.map(({ id, outcome }) => [id, outcome])),
      hashes: Object.fromEntries(known.flatMap(({ id, hash }) => (hash === undefined ? [] : [[id, hash]]))),
    };
  }

  /** Whether nothing is left to do: the task has ended, settled, and whatever follows it has started. */
  get isOver(): boolean {
    return isSettled(this.#task, now()) && this.canMoveOn;
  }

  /** Whether this is a moment at which the state, and nothing else, needs to be carried over. */
  get canMoveOn(): boolean {
    return !this.#children.isBusy && !this.#agents.isBusy;
  }

  #wake(): void {
    this.#become(elapse(this.#task, moment()));
    this.#issue(() => this.#timer.arm(dues(this.#task)[0]));
  }

  /** Makes `after` the state, and issues what follows from the change, and from the message that caused it. */
  #become(after: Task, message?: Message): void {
    const before = this.#task;
    if (after === before) return;
    this.#task = after;
    this.#issue(() => {
      this.#hold(before, after);
      this.#offer.follow(after);
      this.#publish(before, after);
      this.#timer.arm(dues(after)[0]);
      this.#children.run(errandsOf(before, after, message), now());
      this.#tell([...newsOfRun(before, after, message), ...wakesOf(before, after, message)]);
    });
  }

  /** Wakes agents, and tells them of their runs. Tasks that are there for long did not do so once, and do so from now on. */
  #tell(wakes: readonly ToldAgent[]): void {
    if (wakes.length > 0 && patched('wakes')) this.#agents.tell(this.#task.company, wakes);
  }

  #issue(commands: () => void): void {
    // `run` calls its function before it returns, so the commands are issued here and now.
    void this.#shield.run(async () => commands());
  }

  #hold(before: Task, after: Task): void {
    if (before.run?.id !== after.run?.id) {
      this.#lease?.cancel();
      this.#lease = after.run && this.#startLease(after.run);
    } else if (after.cancel && !before.cancel) {
      // The agent learns of it by its next heartbeat.
      this.#lease?.cancel();
    }
  }

  #startLease(run: Run): CancellationScope {
    return holdLease(this.#task, run, (end) => this.#become(leaseEnded(this.#task, run.id, end, now())));
  }

  #publish(before: Task, after: Task): void {
    this.#upsert(changedAttributes(before, after));
    const memo = changedMemo(before, after);
    if (Object.keys(memo).length > 0) upsertMemo(memo);
    setCurrentDetails(details(after));
  }

  #upsert(attributes: Attribute[]): void {
    if (attributes.length > 0) upsertSearchAttributes(attributes as SearchAttributeUpdatePair[]);
  }
}
