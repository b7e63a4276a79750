/**
 * A task as it lives in its workflow: the state, and what each change of it means in Temporal's terms. A lease
 * activity per run, one timer for whatever is due next, search attributes and details for people, a child workflow
 * for the task that follows.
 *
 * Every command is issued synchronously where its cause arrives, never later by the main function: otherwise a
 * message that meets an evicted workflow would replay in another order and wedge it.
 */
import {
  ApplicationFailure,
  CancellationScope,
  ParentClosePolicy,
  setCurrentDetails,
  startChild,
  upsertMemo,
  upsertSearchAttributes,
  uuid4,
  workflowInfo,
} from '@temporalio/workflow';
import type { SearchAttributeUpdatePair } from '@temporalio/common';
import { details } from './details.ts';
import { holdLease } from './lease.ts';
import { CALLER_GONE } from './messages.ts';
import type { MessageName, TaskView } from './messages.ts';
import { cancelRequested, dues, elapse, leaseLost } from './occur.ts';
import { take } from './receive.ts';
import { TaskCompanyKey } from './search-attributes.ts';
import { isSettled, newTask, successorInput } from './task-record.ts';
import type { Run, Task } from './task-record.ts';
import { changedAttributes, changedMemo, memoOf, searchAttributes, startAttributes } from './visibility.ts';
import type { Attribute } from './visibility.ts';
import { WakeTimer } from './wake-timer.ts';

const now = () => new Date().toISOString();
const moment = () => ({ now: now(), mintId: uuid4 });

export class LiveTask {
  #task: Task;
  #lease: CancellationScope | undefined;
  #successorPending = false;
  readonly #timer = new WakeTimer(() => this.#wake());
  /** Nothing that the task starts is cancelled along with the workflow: a cancelled task winds down first. */
  readonly #shield = new CancellationScope({ cancellable: false });

  constructor(task: Task) {
    this.#task = task;
  }

  get task(): Task {
    return this.#task;
  }

  /** The first commands of this execution; always at least one. */
  begin(): void {
    const task = this.#task;
    // The API starts a task with all its attributes; one started by another client gets them here.
    const indexed = workflowInfo().typedSearchAttributes.get(TaskCompanyKey) !== undefined;
    this.#issue(() => {
      this.#upsert(indexed ? [searchAttributes(task).status] : changedAttributes(undefined, task));
      if (!indexed) upsertMemo({ ...memoOf(task) });
      if (task.run) this.#lease = this.#startLease(task.run);
      this.#timer.arm(dues(task)[0]);
      setCurrentDetails(details(task));
    });
  }

  /** Takes a signal or an accepted update. What can't be read is shown and otherwise ignored. */
  take(name: string, args: unknown): void {
    this.#become(take(this.#task, name, args, moment()).task);
  }

  /** Turns a bad update down before it leaves a trace. Throws what the caller of the update gets. */
  validate(name: MessageName, args: unknown): void {
    const { outcome, message } = take(this.#task, name, args, moment());
    if (outcome === 'accepted') {
      const answerBy = message && 'answerBy' in message ? message.answerBy : undefined;
      if (answerBy === undefined || Date.now() <= Date.parse(answerBy)) return;
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
    return isSettled(this.#task, now()) && !this.#successorPending;
  }

  /** Whether this is a moment at which the state, and nothing else, needs to be carried over. */
  get canMoveOn(): boolean {
    return !this.#successorPending;
  }

  #wake(): void {
    this.#become(elapse(this.#task, moment()));
    this.#issue(() => this.#timer.arm(dues(this.#task)[0]));
  }

  #become(after: Task): void {
    const before = this.#task;
    if (after === before) return;
    this.#task = after;
    this.#issue(() => {
      this.#hold(before, after);
      this.#publish(before, after);
      this.#timer.arm(dues(after)[0]);
      if (after.followedBy && !before.followedBy) this.#startSuccessor(after);
    });
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
    const scope = new CancellationScope();
    const held = scope.run(() => holdLease(run, this.#task.definition.maxAttempts));
    void held.then((end) => {
      if (end !== 'ended') this.#become(leaseLost(this.#task, run.id, end === 'never_started', now()));
    });
    return scope;
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

  #startSuccessor(task: Task): void {
    const input = successorInput(task);
    const successor = newTask(task.followedBy!, input, now());
    this.#successorPending = true;
    const started = startChild('task', {
      workflowId: successor.id,
      args: [input],
      parentClosePolicy: ParentClosePolicy.ABANDON,
      typedSearchAttributes: startAttributes(successor),
      memo: { ...memoOf(successor) },
      staticSummary: successor.definition.title,
    });
    const settle = () => {
      this.#successorPending = false;
    };
    started.then(settle, settle);
  }
}
