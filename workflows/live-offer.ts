/** The offer of a live task: made while the task waits for whoever polls, renewed when its terms change, else withdrawn. */
import { CancellationScope, isCancellation } from '@temporalio/workflow';
import { offer, offerOf } from './offer.ts';
import type { Task } from './task-record.ts';

export class LiveOffer {
  #made: { terms: string; scope: CancellationScope } | undefined;
  readonly #over: (answer?: { claim: unknown }) => void;

  /** `over` hears that an offer is no more: with what somebody answered, or without when it was ended from outside. */
  constructor(over: (answer?: { claim: unknown }) => void) {
    this.#over = over;
  }

  /** Sees to it that a task which waits is offered, once, on the terms it has now; and one that does not is not. */
  follow(task: Task): void {
    const wanted = offerOf(task);
    // What else an offer tells may grow old: its taker reads the task anyway.
    const terms = wanted && `${wanted.priority} ${wanted.taskQueue}`;
    if (this.#made?.terms === terms) return;
    this.#made?.scope.cancel();
    this.#made = undefined;
    if (!wanted || terms === undefined) return;
    const made = { terms, scope: new CancellationScope() };
    this.#made = made;
    const end = (answer?: { claim: unknown }) => {
      if (this.#made === made) this.#made = undefined;
      this.#over(answer);
    };
    made.scope
      .run(() => offer(wanted))
      .then(
        (claim) => end({ claim }),
        (error: unknown) => {
          if (!isCancellation(error)) end();
        },
      );
  }
}
