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
import { childInput, successorInput } from './task-record.ts';
import type { Task } from './task-record.ts';
import { isTerminal } from './task-state.ts';
import type { Child, TreeNode } from './tree.ts';

/** The activity type, which the worker registers: answers the news of those of these tasks that have ended. */
export const LOOK_AT_TASKS = 'look_at_tasks';

export class LiveChildren {
  readonly #hear: (news: ChildNews) => void;
  /** What was last begun with each other task: its start, or something sent to it. */
  readonly #latest = new Map<string, Promise<unknown>>();
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
    this.#begin(node.id, started);
    started.then(
      (handle) => this.#watch(node.id, handle.result()),
      () => this.#hear({ child: node.id, status: 'failed' }),
    );
  }

  /** Resolves once a sub-task that was begun just now has started; rejects when it could not be. */
  async started(id: string): Promise<void> {
    await this.#latest.get(id);
  }

  /** Starts the task that follows this one. Its parent hears of it as soon as it can be reached. */
  startSuccessor(task: Task, now: string): void {
    const id = task.followedBy!;
    const started = startTask(id, successorInput(task), now);
    this.#begin(
      task.parent?.id ?? id,
      started.catch(() => {}),
    );
  }

  /** Tells the sub-tasks what became different for them. */
  follow(before: Task, after: Task): void {
    const old = new Map(before.children.map((child) => [child.id, child]));
    const endsNow = isTerminal(after.status) && !isTerminal(before.status);
    for (const child of after.children) {
      if (child.status !== 'open') continue;
      const was = old.get(child.id);
      if (gateToTell(was, child)) this.#gate(child.id, child.blockedBy);
      const isCancelledWithIt = isCancelled(after) && !(was && isCancelled(before));
      // A gate that the end of this task leaves closed would never open.
      if (isCancelledWithIt || (endsNow && child.blockedBy !== undefined)) this.#cancel(child.id);
    }
  }

  /** Tells the task that this one is part of how it stands. */
  report(task: Task): void {
    const { id, status, followedBy } = task;
    const news = { child: id, status, ...(followedBy !== undefined && { followedBy }) };
    this.#tell(task.parent!.id, 'child_closed', news);
  }

  /** Looks after those sub-tasks that no promise tells of. */
  look(task: Task): void {
    const looked = scheduleActivity<ChildNews[]>(LOOK_AT_TASKS, [unwatched(task)], {
      startToCloseTimeout: '30s',
      retry: { maximumAttempts: 3 },
      summary: 'have sub-tasks ended unnoticed?',
    });
    // If it fails, the next look will do.
    this.#see(looked.then((news) => news.forEach(this.#hear)).catch(() => {}));
  }

  #watch(id: string, result: Promise<unknown>): void {
    void result.then(
      () => this.#hear({ child: id, status: 'done' }),
      (failure: unknown) => this.#hear(newsOf(id, failure)),
    );
  }

  #gate(id: string, blockedBy: string | undefined): void {
    if (blockedBy === undefined) this.#tell(id, 'open_gate', {});
    else this.#tell(id, 'close_gate', { blockedBy });
  }

  #cancel(id: string): void {
    this.#send(id, () => getExternalWorkflowHandle(id).cancel());
  }

  #tell<N extends 'child_closed' | 'open_gate' | 'close_gate'>(
    id: string,
    name: N,
    content: Omit<Arguments<N>, 'actor' | 'messageId'>,
  ): void {
    const message = { ...content, messageId: uuid4(), actor: TREE };
    this.#send(id, () => getExternalWorkflowHandle(id).signal<[unknown]>(SIGNALS[name].name, message));
  }

  /**
   * Sends something to another task once all that was begun with it before is over: Temporal may swap two signals that
   * are under way together, and what is sent to a task that is about to start is lost.
   */
  #send(id: string, send: () => Promise<unknown>): void {
    const before = this.#latest.get(id);
    const sent = before ? before.then(send) : send();
    // It may be closed by now, or may never have started; that is no failure of ours.
    this.#begin(
      id,
      sent.catch(() => {}),
    );
  }

  #begin(id: string, underWay: Promise<unknown>): void {
    this.#latest.set(id, underWay);
    this.#see(underWay.catch(() => {}));
    const over = () => {
      if (this.#latest.get(id) === underWay) this.#latest.delete(id);
    };
    underWay.then(over, over);
  }

  #see(underWay: Promise<unknown>): void {
    this.#underWay += 1;
    void underWay.finally(() => {
      this.#underWay -= 1;
    });
  }
}

const isCancelled = ({ status, cancel }: Task): boolean => status === 'cancelled' || cancel !== undefined;

/**
 * Whether a sub-task must be told of its gate. One that is started here begins with the right one; one that follows
 * another begins with none; and of one that was taken up again nobody told it meanwhile.
 */
function gateToTell(was: Child | undefined, { blockedBy, unwatched: fromElsewhere }: Child): boolean {
  if (!was) return fromElsewhere === true && blockedBy !== undefined;
  return was.status !== 'open' || was.blockedBy !== blockedBy;
}

/** How a child workflow that did not return has ended. */
function newsOf(child: string, failure: unknown): ChildNews {
  const cause = failure instanceof ChildWorkflowFailure ? failure.cause : undefined;
  // Cancelled, or terminated or timed out in the Temporal UI.
  if (!(cause instanceof ApplicationFailure)) return { child, status: 'cancelled' };
  const final = cause.details?.[0] as Task | undefined;
  return { child, status: 'failed', followedBy: final?.followedBy };
}
