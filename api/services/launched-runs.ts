/**
 * What the tokens of programs are good for that Baton launched: as long as their run stands, and for that run only. One
 * that holds no task may take one that is assigned to its agent, and speaks for the run that it gets.
 */
import type { Run } from '../../workflows/task-record.ts';
import type { LaunchedRun, Principal } from '../auth.ts';
import { Problem } from '../problems.ts';
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

/** Whether the caller may speak for whichever run holds this task. `readRun` is asked for that run if it has to be known. */
export async function maySpeak(
  { launched }: Principal,
  taskId: string,
  runId: string,
  readRun: () => Promise<Run | undefined>,
): Promise<boolean> {
  // A task has one run at a time.
  if (!launched || launched.lease === taskId) return true;
  if (isUuid(launched.lease)) return false;
  const run = await readRun();
  return run?.id !== runId || (!run.launch && run.callerRunId === launched.id);
}

/** The name of the wake under which the caller takes a task: a launched run goes by no other than its own. */
export const wakeOf = (principal: Principal, named: string | undefined): string | undefined =>
  principal.launched?.id ?? named;

/** Throws `forbidden` when the caller may not take this task. `readAssignee` is asked whose it is, if that has to be known. */
export async function mustBeAllowedToTake(
  { launched, id }: Principal,
  taskId: string,
  readAssignee: () => Promise<string | undefined>,
): Promise<void> {
  if (!launched || launched.lease === taskId) return;
  if (isUuid(launched.lease)) throw notThisRuns('take another task');
  if ((await readAssignee()) !== id) throw notThisRuns('take a task that is not assigned to you');
}

/** Throws `forbidden` to a launched run, which was told what it is about. */
export function mustNotBeLaunched({ launched }: Principal): void {
  if (launched) throw notThisRuns('ask for any task');
}

export const notThisRuns = (what: string): Problem =>
  new Problem('forbidden', {
    detail: `Baton launched this run, and its token is good for that alone: it can not ${what}.`,
    hint: 'Go on with what you were launched for, and leave the rest to other runs: those that you need are launched for it.',
  });
