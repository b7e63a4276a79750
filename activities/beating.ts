/** Activities that take as long as others let them wait, and tell Temporal meanwhile that they are still at it. */
import { Context } from '@temporalio/activity';

/** Most are over by then, and never send any. */
const BEAT_MS = 2_000;

/** The activity with heartbeats: where its worker dies, it is begun again within seconds, long before its time is up. */
export const beating =
  <A extends unknown[], R>(activity: (...args: A) => Promise<R>) =>
  async (...args: A): Promise<R> => {
    const { heartbeat } = Context.current();
    const beats = setInterval(() => heartbeat(), BEAT_MS);
    try {
      return await activity(...args);
    } finally {
      clearInterval(beats);
    }
  };
