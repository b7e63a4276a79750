/** Which task and run a call is about: those that it names, or the only ones that its caller holds. */
import type { Task } from '../../../workflows/task-record.ts';
import { isHeld } from '../../../workflows/task-state.ts';
import { forHolder } from '../../dialects/dialect.ts';
import { Problem } from '../../problems.ts';
import type { Services } from '../../services/index.ts';
import { isUuid } from '../../services/known-tasks.ts';
import type { Content, RunMessage } from '../../services/runs.ts';
import type { Asking } from '../tool.ts';
import { bareId } from '../tool.ts';

export interface Named {
  task_id?: string | undefined;
  run_id?: string | undefined;
}

type Call = Asking['call'];

/** More than this many tasks at a time are not looked through. */
const HELD_AT_MOST = 20;

/** Lists lag: of a task that was only just claimed they know nothing yet. */
const LOOKS = 5;
const PAUSE_MS = 100;
const pause = () => new Promise((resolve) => setTimeout(resolve, PAUSE_MS));

export function createWhichRun({ listing, tasks, runs, holds, bySight }: Services) {
  /** The tasks that the caller holds now, or those of them that it holds through this run. */
  async function heldBy({ principal }: Call, runId: string | undefined): Promise<Task[]> {
    for (let looks = 1; ; looks += 1) {
      const filter = { holder: principal.id, limit: HELD_AT_MOST };
      const { items } = await listing.tasks(principal, filter);
      const rows = items.filter(({ status }) => isHeld(status));
      const read = await Promise.all(rows.map(({ id }) => tasks.read(principal, id)));
      const held = read.filter(
        ({ run }) => run?.agent === principal.id && (runId === undefined || run.id === runId),
      );
      if (held.length > 0 || looks === LOOKS) return held;
      await pause();
    }
  }

  /** The id of the task that a call is about. Throws `run_not_active` where it names none and there is not just one. */
  async function taskOf(named: Named, call: Call): Promise<string> {
    if (named.task_id !== undefined) return bareId(named.task_id);
    // A program that Baton launched for a task has that one's token.
    const { launched } = call.principal;
    if (launched && isUuid(launched.lease)) return launched.lease;
    const held = await heldBy(call, named.run_id);
    const [only] = held;
    if (!only) {
      throw new Problem('run_not_active', {
        detail: named.run_id === undefined ? 'You hold no task.' : 'You hold no task through this run.',
        hint: 'Name the task in task_id. If your run is over, stop working on it.',
        retryable: false,
      });
    }
    if (held.length === 1) {
      holds.note(only);
      return only.id;
    }
    throw new Problem('invalid_request', {
      detail: `You hold ${held.length} tasks: ${held.map(({ id }) => id).join(', ')}.`,
      hint: 'Say in task_id which of them you mean.',
    });
  }

  /** Says something as the holder of the task; answers the task after it. */
  async function speak<N extends RunMessage>(
    named: Named,
    by: Call,
    name: N,
    content: Content<N>,
  ): Promise<Task> {
    const taskId = await taskOf(named, by);
    const { run_id: runId } = named;
    const say = (call: Call) =>
      runId === undefined
        ? holds.act(taskId, call, name, content)
        : runs.say(taskId, runId, name, call, content);
    // Nobody else needs to know who holds it.
    if (by.principal.role !== 'operator') return await say(by);
    // What only its holder may do, an operator does for the holder, who is all that matters of the task.
    return await bySight(by, taskId, (task, call) => say({ ...forHolder(call, task), ifVersion: undefined }));
  }

  return { taskOf, speak };
}
