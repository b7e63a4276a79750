/** A while without a worker, of which the API does not know at first. */
import type { ApiUnderTest } from './api-under-test.ts';

/**
 * Stops the worker, and starts it again in the end. It is asked by `ask` until it is gone, so that the API has heard of
 * it a moment before.
 */
export async function withoutWorker(
  api: ApiUnderTest,
  ask: () => Promise<unknown>,
  during: () => Promise<void>,
): Promise<void> {
  let isUp = true;
  const asking = (async () => {
    while (isUp) await ask().catch(() => {});
  })();
  await api.stopWorker();
  isUp = false;
  try {
    await during();
  } finally {
    await api.startWorker();
    await asking;
  }
}
