/**
 * Holds the reading of a task's history, from which the API tells its events, against the workflow: message by message
 * both must come to the same verdicts, and so to the same state, in every execution.
 */
import { isDeepStrictEqual } from 'node:util';
import { firstValue } from '../../api/events/activations.ts';
import { foldHistory } from '../../api/events/fold.ts';
import type { Task } from '../../workflows/task-record.ts';
import type { RealTask } from './real-task.ts';

export interface Misfolded {
  task: string;
  execution: number;
  asRead: unknown;
  asIs: unknown;
}

/** The executions of a task whose history is read back as something else than what the workflow came to. */
export async function misfolded(task: RealTask): Promise<Misfolded[]> {
  // A work queue has no events.
  if ((await task.handle.describe()).type !== 'task') return [];
  for (let looks = 0; ; looks += 1) {
    const before = await stateOf(task);
    const folds = (await task.histories()).map(({ events }) => ({
      started: events![0]!,
      folded: foldHistory(task.id, events!),
    }));
    const after = await stateOf(task);
    // Time goes on for a task that is open: look again if it changed meanwhile.
    if (!isDeepStrictEqual(before, after) && looks < 20) continue;
    return folds.flatMap(({ folded }, i) => {
      const next = folds[i + 1]?.started.workflowExecutionStartedEventAttributes;
      const is = next ? (firstValue(next.input) as { task: Task }).task : after;
      // Nothing was ever there, or somebody ended it from outside, of which the workflow never knew.
      if (!is || !folded.task || folded.task.terminated) return [];
      const [asRead, asIs] = [comparable(folded.task, is), comparable(is, is)];
      return isDeepStrictEqual(asRead, asIs) ? [] : [{ task: task.id, execution: i, asRead, asIs }];
    });
  }
}

/** The task as the workflow has it, or left it when it closed. */
async function stateOf(task: RealTask): Promise<Task | undefined> {
  const { status } = await task.handle.describe();
  return status.name === 'RUNNING' ? await task.view() : await task.final().catch(() => undefined);
}

/** Without what only the workflow knows of: that it continued as new. And a view leaves the memory of messages out. */
function comparable({ lookAt: _lookAt, run, ...task }: Task, { remembered }: Task): unknown {
  const { carriedOver: _carried, ...held } = run ?? {};
  const children = task.children.map(({ unwatched: _unwatched, ...child }) => child);
  const known = { ...task, run: held, children, remembered: remembered.length > 0 ? task.remembered : [] };
  return JSON.parse(JSON.stringify(known));
}
