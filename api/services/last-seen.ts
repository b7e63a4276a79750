/**
 * What tasks were like when this process last saw them. Some protocols leave it to the task what a request means; to
 * read it each time would cost more than the request itself. What was seen may be old, so what is sent because of it
 * says on which version it counts, and where that is refused the task is read and the request decided on anew.
 */
import type { Task } from '../../workflows/task-record.ts';
import { Problem } from '../problems.ts';
import type { Principal } from '../auth.ts';
import type { Request } from './messages.ts';
import type { Reader } from './reading.ts';
import { Remembered } from './remembered.ts';

type Decisive =
  'title' | 'description' | 'priority' | 'labels' | 'assignee' | 'queue' | 'project' | 'goal' | 'review';

/** A task as far as it decides on what a request means. */
export interface Seen extends Pick<
  Task,
  | 'id'
  | 'company'
  | 'createdBy'
  | 'updatedAt'
  | 'version'
  | 'status'
  | 'run'
  | 'cancel'
  | 'settleUntil'
  | 'parent'
> {
  definition: Pick<Task['definition'], Decisive>;
  /** At least the last one. */
  endedRuns: Task['endedRuns'];
  submission?: Pick<NonNullable<Task['submission']>, 'agent'>;
}

type Call = Request & { principal: Principal };

/**
 * What somebody does who has seen the task; answers a task after it. `whole` is for who needs all of this one: it is as
 * it was seen, or `stale_version`.
 */
export type Act<C extends Call> = (task: Seen, call: C, whole: () => Promise<Task>) => Promise<Task>;

/** Characters of descriptions, and what else there is of each. */
const MOST_KEPT = 32_000_000;
const ENTRY_WEIGHT = 1_000;

const isRefusal = ({ status }: Problem): boolean => status < 500;

export class LastSeen {
  readonly #tasks = new Remembered<Seen>({
    atMost: MOST_KEPT,
    weightOf: ({ definition }) => ENTRY_WEIGHT + (definition.description?.length ?? 0),
  });

  note(task: Task): void {
    this.#tasks.set(task.id, decisive(task));
  }

  of({ company }: Principal, taskId: string): Seen | undefined {
    const seen = this.#tasks.get(taskId);
    return seen?.company === company ? seen : undefined;
  }
}

export function createBySight(lastSeen: LastSeen, reader: Pick<Reader, 'task'>) {
  /**
   * Does something by what the task was like when last seen; by what it is like now where it was not, or where what was
   * seen `mayBeOld` by how that is refused. A request with a key is made only once, as its first answer stands, and its
   * repeat gets the task. Throws what `act` throws, and why the task can't be read.
   */
  return async function bySight<C extends Call>(
    call: C,
    taskId: string,
    act: Act<C>,
    mayBeOld: (refusal: Problem) => boolean = isRefusal,
  ): Promise<Task> {
    const { principal, key, ifVersion, messageId } = call;
    const seen = key === undefined ? lastSeen.of(principal, taskId) : undefined;
    const anew = (task: Task) => act(task, call, async () => task);
    if (!seen) {
      const task = await reader.task(principal, taskId, messageId);
      return tookBefore(task, call) ? task : await anew(task);
    }
    const unchanged = async () => {
      const task = await reader.task(principal, taskId);
      if (task.version === seen.version) return task;
      throw new Problem('stale_version', { version: task.version });
    };
    const cautious = { ...call, ifVersion: ifVersion ?? seen.version, isFirstTry: true };
    return await act(seen, cautious, unchanged).catch(async (error: unknown) => {
      if (!(error instanceof Problem) || !mayBeOld(error)) throw error;
      const task = await reader.task(principal, taskId);
      // Of a run that is over, what comes too late is kept by the second try only.
      if (task.version === seen.version && error.type !== 'run_not_active') throw error;
      return await anew(task);
    });
  };
}

/** Whether the task took this very request before. Throws what it was refused for, or that its key came with another. */
function tookBefore({ remembered }: Task, { messageId, said }: Request): boolean {
  const before = remembered.find(({ id }) => id === messageId);
  if (said === undefined || !before) return false;
  if (before.hash !== said) throw new Problem('idempotency_key_reused');
  if (before.outcome !== 'accepted') throw Problem.of(before.outcome);
  return true;
}

function decisive(task: Task): Seen {
  const { title, description, priority, labels, assignee, queue, project, goal, review } = task.definition;
  return {
    id: task.id,
    company: task.company,
    createdBy: task.createdBy,
    updatedAt: task.updatedAt,
    version: task.version,
    status: task.status,
    run: task.run,
    cancel: task.cancel,
    settleUntil: task.settleUntil,
    parent: task.parent,
    definition: { title, description, priority, labels, assignee, queue, project, goal, review },
    endedRuns: task.endedRuns.slice(-1),
    ...(task.submission && { submission: { agent: task.submission.agent } }),
  };
}
