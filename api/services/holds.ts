/**
 * What agents do whose protocol knows tasks and no runs: through the run that they hold. Where they hold none and their
 * protocol lets them go on all the same, the message itself takes the task: all of it is applied, or nothing.
 */
import { uuidv7 } from 'uuidv7';
import type { Arguments } from '../../workflows/messages.ts';
import { heldBy } from '../../workflows/rules/runs.ts';
import type { Run, Task } from '../../workflows/task-record.ts';
import { uuidFrom } from '../idempotency.ts';
import type { Principal } from '../auth.ts';
import { Problem } from '../problems.ts';
import type { KnownTasks } from './known-tasks.ts';
import { runKey, termsOf } from './known-tasks.ts';
import { mustBeAllowedToTake, wakeOf } from './launched-runs.ts';
import type { Messenger, Request } from './messages.ts';
import type { OutputSchemas } from './output-schemas.ts';
import type { Reader } from './reading.ts';
import { Remembered } from './remembered.ts';
import type { Content, RunMessage, RunService } from './runs.ts';
import type { TakeUp } from './take-up.ts';

interface Deps {
  known: KnownTasks;
  reader: Reader;
  runs: RunService;
  messenger: Messenger;
  takeUp: TakeUp['takeUp'];
  outputSchemas: OutputSchemas;
}

/** Who may act though it holds nothing: nobody; who lost its hold without knowing; or whoever may claim the task. */
export type MayTake = 'never' | 'again' | 'always';

/** Ends of a run of which its agent need not know. */
const UNNOTICED: readonly string[] = ['crashed', 'stalled', 'never_started'];

/** The agent that lost its hold of a task without knowing, where nobody has taken the task since. */
export function unawareHolder({ endedRuns, status }: Pick<Task, 'endedRuns' | 'status'>): string | undefined {
  const last = endedRuns.at(-1);
  return last && status === 'queued' && UNNOTICED.includes(last.end) ? last.agent : undefined;
}

export function createHolds({ known, reader, runs, messenger, takeUp, outputSchemas }: Deps) {
  /** The run that each agent holds of a task, as far as it came by here. */
  const held = new Remembered<string>();

  /** Notes who holds the task, and through which run. */
  function note({ id, run }: Pick<Task, 'id' | 'run'>): void {
    if (!run) return;
    known.rememberRun(id, run.id, termsOf(run));
    held.set(runKey(id, run.agent), run.id);
  }

  /**
   * Does this to the task as its holder; answers the task after it. Throws `held` when another holds it, why it can't
   * be taken where it would have to be, and how the caller's last run ended where it may not be taken again.
   */
  async function act<N extends RunMessage>(
    taskId: string,
    request: Request,
    name: N,
    content: Content<N>,
    mayTake: MayTake = 'again',
  ): Promise<Task> {
    const { principal } = request;
    await known.mustBeOf(principal, taskId);
    const key = runKey(taskId, principal.id);
    const runId = held.get(key);
    if (runId !== undefined) {
      const firstTry = { ...request, isFirstTry: true };
      const done = await runs.say(taskId, runId, name, firstTry, content).catch((error: unknown) => {
        if (!(error instanceof Problem) || error.type !== 'run_not_active') throw error;
        held.delete(key);
        return undefined;
      });
      if (done) return settle(done, key, runId);
    }
    const task = await reader.task(principal, taskId);
    if (task.run) return await actAsHolder(task, task.run, request, name, content);
    const lostIt = unawareHolder(task) === principal.id;
    if (mayTake === 'always' || (mayTake === 'again' && lostIt)) {
      return await take(task, request, name, content);
    }
    const mine = task.endedRuns.findLast(({ agent }) => agent === principal.id);
    if (mine) return await runs.say(taskId, mine.id, name, request, content);
    throw new Problem('run_not_active', {
      detail: 'You do not hold this task.',
      hint: 'Claim it first.',
      retryable: false,
      taskStatus: task.status,
    });
  }

  async function actAsHolder<N extends RunMessage>(
    task: Task,
    run: Run,
    request: Request,
    name: N,
    content: Content<N>,
  ): Promise<Task> {
    if (run.agent !== request.principal.id) throw heldByAnother(run, task.status, request.principal);
    note(task);
    const done = await runs.say(task.id, run.id, name, request, content);
    return settle(done, runKey(task.id, run.agent), run.id);
  }

  /** What is over is forgotten: the next call finds out what has become of the task. */
  function settle(task: Task, key: string, runId: string): Task {
    if (task.run?.id !== runId) held.delete(key);
    return task;
  }

  async function take<N extends RunMessage>(
    task: Task,
    request: Request,
    name: N,
    content: Content<N>,
  ): Promise<Task> {
    const { principal, key } = request;
    await mustBeAllowedToTake(principal, task.id, () => Promise.resolve(task.definition.assignee));
    const { outputSchema } = task.definition;
    const callerRunId = wakeOf(principal, request.callerRunId);
    const isWork = name === 'mark_complete';
    if (isWork && outputSchema !== undefined) {
      const { output } = content as Content<'mark_complete'>;
      await outputSchemas.mustFit(principal, JSON.stringify(outputSchema), output);
    }
    const runId = key === undefined ? uuidv7() : uuidFrom('run', principal.id, key, task.id);
    const whole = {
      ...content,
      ...(isWork && { outputChecked: true }),
      runId,
      take: { patient: true },
    } as unknown as Omit<Arguments<N>, 'messageId' | 'contentHash' | 'actor'>;
    const after = await messenger.send(task.id, name, { ...request, callerRunId }, whole);
    if (after.run?.id !== runId) return after;
    await takeUp(after, after.run, request);
    note(after);
    return after;
  }

  return { act, note };
}

/** That the task is another's, as the rules say it. */
export const heldByAnother = (run: Run, status: Task['status'], asker: Principal): Problem =>
  Problem.of(heldBy(run, status, asker));
