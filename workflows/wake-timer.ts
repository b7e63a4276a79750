/**
 * The one timer of a workflow: wakes it when the next thing is due. It is moved lazily: a due time that moves away (every
 * checkpoint moves the stall watch) costs nothing until the timer fires, finds it was early, and is set again.
 */
import { CancellationScope, sleep } from '@temporalio/workflow';
import type { AgentDue } from './rules/agents/due.ts';
import type { Due } from './occur.ts';

/** What the Temporal UI calls the timer: what it watches for, not what may never happen. */
const PURPOSE: Record<Due | AgentDue, string> = {
  stalled: 'watch for missing checkpoints',
  grace_over: 'grace period of the cancellation',
  deadline_passed: 'deadline of the task',
  backoff_over: 'pause before the next run',
  review_overdue: 'time limit of the review',
  settled: 'settling before the task closes',
  look_at_children: 'look for sub-tasks that ended unnoticed',
  timer: 'wake the agent by the clock',
  month: 'a new month with a new budget',
  launch: 'pause before the next launch',
  look: 'look for runs that ended unnoticed',
};

export class WakeTimer {
  #armed: { at: number; scope: CancellationScope } | undefined;
  readonly #wake: () => void;

  constructor(wake: () => void) {
    this.#wake = wake;
  }

  /** Makes sure that the workflow wakes no later than `due`. */
  arm(due: { what: Due | AgentDue; at: string } | undefined): void {
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
