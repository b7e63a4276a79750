/**
 * The one timer of a task: wakes it when the next thing is due. It is moved lazily: a due time that moves away (every
 * checkpoint moves the stall watch) costs nothing until the timer fires, finds it was early, and is set again.
 */
import { CancellationScope, sleep } from '@temporalio/workflow';
import type { DueAt } from './occur.ts';

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
    const asleep = scope.run(() => sleep(Math.max(1, at - Date.now()), { summary: due.what }));
    asleep.then(
      () => {
        this.#armed = undefined;
        this.#wake();
      },
      () => {}, // it was set to an earlier time instead
    );
  }
}
