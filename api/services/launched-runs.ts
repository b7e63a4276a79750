/** Whether runs that Baton launched still stand; the tokens of their programs are good for as long. */
import type { LaunchedRun } from '../auth.ts';
import type { Engine } from './engine.ts';
import { isUuid } from './known-tasks.ts';
import type { Reader } from './reading.ts';

export function createIsLaunched(engine: Engine, reader: Pick<Reader, 'live'>) {
  return async function isLaunched({ lease, id }: LaunchedRun): Promise<boolean> {
    const beat = await engine.lookAtLease(lease, id);
    // Its program is to end: because the run is over, or because it is being cancelled and may say its last words.
    if (beat === 'stop' && isUuid(lease)) return (await reader.live(lease)).run?.id === id;
    return beat !== 'gone';
  };
}
