/** Tasks with so much history that they continue as new. */
import { patiently } from './patience.ts';
import type { RealTask } from './real-task.ts';
import { olga } from './task-fixture.ts';

/** On the hasty server five of these continue as new. */
export const large = (letter: string) => letter.repeat(30 * 1024);
/** A little less history than continues as new. */
export const NEARLY = 4;

export async function makeHistory(task: RealTask, edits: number, text = large): Promise<void> {
  for (let i = 0; i < edits; i += 1) {
    await task.do('edit', olga, { edit: { description: text(String(i % 10)) } });
  }
}

async function hasContinued(task: RealTask): Promise<boolean> {
  const { runId, raw } = await task.handle.describe();
  return runId !== raw.workflowExecutionInfo?.firstRunId;
}

/** Does what makes the task continue as new, and nudges it until it has: it does so with the message after that. */
export async function overTheEdge(
  task: RealTask,
  push: () => Promise<unknown>,
  nudge: () => Promise<unknown> = () => task.signalRaw('nudge', []),
): Promise<void> {
  await push();
  const nudged = async () => {
    if (await hasContinued(task)) return true;
    await nudge();
    await task.view();
    return false;
  };
  await patiently(nudged, 'It should have continued as new.');
}

/** Makes the task continue as new. */
export const renew = (task: RealTask): Promise<void> =>
  overTheEdge(task, () => makeHistory(task, NEARLY + 2));
