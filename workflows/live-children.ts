/**
 * The sub-tasks of a live task as child workflows: starts them, opens and closes their gates, cancels them, and hears
 * how they end. What any of it means for the parent is up to the rules.
 */
import {
  ApplicationFailure,
  ChildWorkflowFailure,
  getExternalWorkflowHandle,
  scheduleActivity,
  uuid4,
} from '@temporalio/workflow';
import { TREE } from './actor.ts';
import type { Actor } from './actor.ts';
import { SIGNALS } from './messages.ts';
import type { Arguments } from './messages.ts';
import { unwatched } from './rules/children.ts';
import type { ChildNews } from './rules/children.ts';
import { startTask } from './start-task.ts';
import { childInput } from './task-record.ts';
import type { Task } from './task-record.ts';
import { isTerminal } from './task-state.ts';
import type { TreeNode } from './tree.ts';

/** The activity type, which the worker registers: answers the news of those of these tasks that have ended. */
export const LOOK_AT_TASKS = 'look_at_tasks';

export class LiveChildren {
  readonly #hear: (news: ChildNews) => void;
  readonly #starting = new Map<string, Promise<unknown>>();
  #underWay = 0;

  constructor(hear: (news: ChildNews) => void) {
    this.#hear = hear;
  }

  /** Whether something was begun whose outcome a next execution would not learn of. */
  get isBusy(): boolean {
    return this.#underWay > 0;
  }

  /** Starts a sub-task of `parent`, which has a record of it. One that can't be started counts as failed. */
  start(parent: Task, node: TreeNode, createdBy: Actor, now: string): void {
    const started = startTask(node.id, childInput(parent, node, createdBy), now, node.request);
    this.#starting.set(node.id, started);
    this.#see(
      started.then((handle) => {
        this.#starting.delete(node.id);
        this.#watch(node.id, handle.result());
      }),
      () => this.#hear({ child: node.id, status: 'failed' }),
    );
  }

  /** Resolves once this sub-task has started; rejects when it could not be. */
  async started(id: string): Promise<void> {
    await this.#starting.get(id);
  }

  /** Tells the sub-tasks what became different for them. Those that have only just been recorded know it already. */
  follow(before: Task, after: Task): void {
    const old = new Map(before.children.map((child) => [child.id, child]));
    const endsNow = isTerminal(after.status) && !isTerminal(before.status);
    const isCancelled = after.status === 'cancelled' || after.cancel !== undefined;
    for (const child of after.children) {
      if (child.status !== 'open') continue;
      const was = old.get(child.id);
      if (was && was.blockedBy !== child.blockedBy) this.#gate(child.id, child.blockedBy);
      const isCancelledNow = isCancelled && !(before.cancel ?? before.status === 'cancelled');
      // A gate that the end of this task leaves closed would never open.
      if (isCancelledNow || (endsNow && child.blockedBy !== undefined)) this.#cancel(child.id);
    }
  }

  /** Tells the task that this one is part of how it stands. */
  report(task: Task): void {
    const { id, version, status, followedBy } = task;
    const news = { child: id, status, ...(followedBy !== undefined && { followedBy }) };
    this.#tell(task.parent!.id, 'child_closed', { ...news, messageId: `${id}/${version}` });
  }

  /** Looks after those sub-tasks that no promise tells of. */
  look(task: Task): void {
    const looked = scheduleActivity<ChildNews[]>(LOOK_AT_TASKS, [unwatched(task)], {
      startToCloseTimeout: '30s',
      retry: { maximumAttempts: 3 },
      summary: 'have sub-tasks ended unnoticed?',
    });
    this.#see(
      looked.then((news) => news.forEach(this.#hear)),
      () => {}, // the next look will do
    );
  }

  #watch(id: string, result: Promise<unknown>): void {
    void result.then(
      () => this.#hear({ child: id, status: 'done' }),
      (failure: unknown) => this.#hear(newsOf(id, failure)),
    );
  }

  #gate(id: string, blockedBy: string | undefined): void {
    const messageId = uuid4();
    if (blockedBy === undefined) this.#tell(id, 'open_gate', { messageId });
    else this.#tell(id, 'close_gate', { messageId, blockedBy });
  }

  #cancel(id: string): void {
    this.#reach(id, () => getExternalWorkflowHandle(id).cancel());
  }

  #tell<N extends 'child_closed' | 'open_gate' | 'close_gate'>(
    id: string,
    name: N,
    content: Omit<Arguments<N>, 'actor'>,
  ): void {
    const signal = SIGNALS[name].name;
    this.#reach(id, () =>
      getExternalWorkflowHandle(id).signal<[unknown]>(signal, { ...content, actor: TREE }),
    );
  }

  /** Reaches another task, a sub-task as soon as it has started: what is sent before is lost. */
  #reach(id: string, send: () => Promise<unknown>): void {
    const starting = this.#starting.get(id);
    this.#see(starting ? starting.then(send) : send());
  }

  /** Waits for something; whom it was meant for may be closed by now, and that is no failure of ours. */
  #see(underWay: Promise<unknown>, failed: () => void = () => {}): void {
    this.#underWay += 1;
    void underWay.catch(failed).finally(() => {
      this.#underWay -= 1;
    });
  }
}

/** How a child workflow that did not return has ended. */
function newsOf(child: string, failure: unknown): ChildNews {
  const cause = failure instanceof ChildWorkflowFailure ? failure.cause : undefined;
  // Cancelled, or terminated or timed out in the Temporal UI.
  if (!(cause instanceof ApplicationFailure)) return { child, status: 'cancelled' };
  const final = cause.details?.[0] as Task | undefined;
  return { child, status: 'failed', followedBy: final?.followedBy };
}
