/**
 * The one timer of a task: wakes it when the next thing is due. It is moved lazily: a due time that moves away (every
 * checkpoint moves the stall watch) costs nothing until the timer fires, finds it was early, and is set again.
 */
import { CancellationScope, sleep } from '@temporalio/workflow';
import type { Due, DueAt } from './occur.ts';

/** What the Temporal UI calls the timer: what it watches for, not what may never happen. */
const PURPOSE: Record<Due, string> = {
  stalled: 'watch for missing checkpoints',
  grace_over: 'grace period of the cancellation',
  deadline_passed: 'deadline of the task',
  backoff_over: 'pause before the next run',
  review_overdue: 'time limit of the review',
  settled: 'settling before the task closes',
  look_at_children: 'look for sub-tasks that ended unnoticed',
};

export class WakeTimer {
  #armed: { at: number; scope: CancellationScope } | undefined;
  readonly #wake: () => void;

  constructor(wake: () => void) {
    this.#wake = wake;
  }

  /** Makes sure that the task wakes no later than `due`. */
  arm(due: DueAt | undefined): void {
    if (!due) return;
    const at = Date.parse(due.at);
    if (this.#armed) {
      if (this.#armed.at <= at) return;
      this.#armed.scope.cancel();
    }
    const scope = new CancellationScope();
    this.#armed = { at, scope };
    const asleep = scope.run(() => sleep(Math.max(1, at - Date.now()), { summary: PURPOSE[due.what] }));
    asleep.then(
      () => {
        this.#armed = undefined;
        this.#wake();
      },
      () => {}, // it was set to an earlier time instead
    );
  }
}
