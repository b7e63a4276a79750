/** Keeps calls below a rate: what comes too fast waits for its turn, in the order in which it came. */
const SECOND_MS = 1_000;

/** Resolves at once as long as no more than `perSecond` came within a second. */
export function createPace(perSecond: number): () => Promise<void> {
  /** When the next call is due if all keep to the rate; it may be up to a second behind, which allows a burst. */
  let due = 0;
  return async () => {
    const now = Date.now();
    due = Math.max(due, now - SECOND_MS) + SECOND_MS / perSecond;
    const early = due - now;
    if (early > 0) await new Promise((resolve) => setTimeout(resolve, early));
  };
}
