/**
 * Runs of one task follow one another: the next begins once the one before has been ended and its notes collected,
 * which takes its time of grace after the task has given it up.
 */
export function createTurns() {
  const last = new Map<string, Promise<unknown>>();

  /** Acts once all who came before under this key are done. Throws the signal's reason when that comes first. */
  return async function inTurn<T>(key: string, signal: AbortSignal, act: () => Promise<T>): Promise<T> {
    const before = last.get(key);
    const mine = (async () => {
      if (before) await unlessAborted(before, signal);
      return await act();
    })();
    // Whoever gives up waiting has not ended the one before.
    const done = Promise.allSettled([before, mine]);
    last.set(key, done);
    try {
      return await mine;
    } finally {
      void done.then(() => {
        if (last.get(key) === done) last.delete(key);
      });
    }
  };
}

async function unlessAborted(promise: Promise<unknown>, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  let abort = () => {};
  const aborted = new Promise<never>((_resolve, reject) => {
    abort = () => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
  });
  try {
    await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
