/**
 * The other tasks of a live task's tree as workflows: runs the errands to them, and hears how its sub-tasks end. What
 * any of it means is up to the rules.
 */
import {
  ApplicationFailure,
  CancellationScope,
  ChildWorkflowFailure,
  getExternalWorkflowHandle,
  patched,
  scheduleActivity,
  uuid4,
} from '@temporalio/workflow';
import { TREE } from './actor.ts';
import type { Errand } from './errands.ts';
import { BEATS_WITHIN } from './limits.ts';
import { SIGNALS } from './messages.ts';
import type { ChildNews } from './rules/children.ts';
import { startTask } from './start-task.ts';
import type { Task } from './task-record.ts';

/** The activity type, which the worker registers: answers the news of those of these tasks that have ended. */
const LOOK_AT_TASKS = 'look_at_tasks';
/** Another one: puts what a run promoted into the memories it is for. */
const REMEMBER = 'remember';

type ErrandTo<D extends Errand['do']> = Extract<Errand, { do: D }>;

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

  /** Resolves once a sub-task that was begun just now has started; rejects when it could not be. */
  async started(id: string): Promise<void> {
    await this.#latest.get(id);
  }

  /** Begins with all of these errands, in this order. */
  run(errands: readonly Errand[], now: string): void {
    for (const errand of errands) this.#run(errand, now);
  }

  #run(errand: Errand, now: string): void {
    switch (errand.do) {
      case 'start':
        return this.#start(errand, now);
      case 'succeed': {
        const started = startTask(errand.id, errand.input, now).catch(() => {});
        return this.#send(errand.heardBy ?? errand.id, () => started);
      }
      case 'tell':
        return this.#tell(errand);
      case 'cancel':
        return this.#send(errand.id, () => getExternalWorkflowHandle(errand.id).cancel());
      case 'look':
        return this.#look(errand);
      case 'remember':
        // Tasks that were done before there were memories kept their promotions to themselves.
        if (patched('remember')) this.#remember(errand);
    }
  }

  /** Starts a sub-task. One that can't be started counts as failed. */
  #start({ id, input, request }: ErrandTo<'start'>, now: string): void {
    const started = startTask(id, input, now, request);
    this.#begin(id, started);
    started.then(
      (handle) => this.#watch(id, handle.result()),
      () => this.#hear({ child: id, status: 'failed' }),
    );
  }

  #watch(id: string, result: Promise<unknown>): void {
    void result.then(
      () => this.#hear({ child: id, status: 'done' }),
      (failure: unknown) => this.#hear(newsOf(id, failure)),
    );
  }

  #tell({ to, name, content }: ErrandTo<'tell'>): void {
    const message = { ...content, messageId: uuid4(), actor: TREE };
    this.#send(to, () => getExternalWorkflowHandle(to).signal<[unknown]>(SIGNALS[name].name, message));
  }

  /** Looks after sub-tasks that no promise tells of. */
  #look({ ids }: ErrandTo<'look'>): void {
    const looked = CancellationScope.nonCancellable(() =>
      scheduleActivity<ChildNews[]>(LOOK_AT_TASKS, [ids], {
        startToCloseTimeout: '30s',
        retry: { maximumAttempts: 3 },
        summary: 'have sub-tasks ended unnoticed?',
      }),
    );
    // If it fails, the next look will do.
    this.#see(looked.then((news) => news.forEach(this.#hear)).catch(() => {}));
  }

  /** Has it remembered, however long that takes: the task does not close before. */
  #remember({ promoted }: ErrandTo<'remember'>): void {
    const summary = promoted.memories.map(({ scope, id }) => `${scope} ${id}`).join(', ');
    const remembered = CancellationScope.nonCancellable(() =>
      scheduleActivity<void>(REMEMBER, [promoted], {
        startToCloseTimeout: '30s',
        heartbeatTimeout: BEATS_WITHIN,
        retry: { maximumInterval: '1 minute' },
        summary: `to be remembered of ${summary}`.slice(0, 200),
      }),
    );
    this.#see(remembered.catch(() => {}));
  }

  /**
   * Sends something to another task once all that was begun with it before is over: Temporal may swap two signals that
   * are under way together, and what is sent to a task that is about to start is lost.
   */
  #send(to: string, send: () => Promise<unknown>): void {
    const before = this.#latest.get(to);
    const sent = before ? before.then(send) : send();
    // It may be closed by now, or may never have started; that is no failure of ours.
    this.#begin(
      to,
      sent.catch(() => {}),
    );
  }

  #begin(id: string, underWay: Promise<unknown>): void {
    this.#latest.set(id, underWay);
    const settled = underWay.catch(() => {});
    this.#see(settled);
    void settled.then(() => {
      if (this.#latest.get(id) === underWay) this.#latest.delete(id);
    });
  }

  #see(underWay: Promise<unknown>): void {
    this.#underWay += 1;
    void underWay.then(() => {
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
