/**
 * How many tasks of a queue are in each state, counted by Temporal's visibility. It counts only so often a second, so
 * counts are shared for a moment, and each queue is counted with as few questions as do.
 */
import { RANGES } from '../../workflows/limits.ts';
import { STATUSES, TERMINAL } from '../../workflows/task-state.ts';
import type { TaskStatus } from '../../workflows/task-state.ts';
import type { Engine } from './engine.ts';
import { createPace } from './pace.ts';
import { Shared } from './shared.ts';
import { quoted } from './visibility.ts';

export type Counts = Record<TaskStatus, number>;

export const OPEN = STATUSES.filter((status) => !(TERMINAL as readonly TaskStatus[]).includes(status));

const NO_TASKS = Object.fromEntries(STATUSES.map((status) => [status, 0])) as Counts;

const KEPT_MS = 2_000;
/** Half of what Temporal is set up to answer, so that lists of tasks are answered too. */
const QUESTIONS_PER_SECOND = 50;

export type CountTasks = ReturnType<typeof createCounts>;

export function createCounts(engine: Pick<Engine, 'count'>) {
  const statuses = new Shared<Counts>(KEPT_MS);
  const lists = new Shared<Counts>(KEPT_MS);
  const priorities = new Shared<Record<number, number>>(KEPT_MS);
  /** Apart, so that whoever looks at one queue does not wait for a list of a hundred. */
  const paces = {
    one: createPace(QUESTIONS_PER_SECOND / 2),
    many: createPace(QUESTIONS_PER_SECOND / 2),
  };

  const count = async (query: string, asked: keyof typeof paces) => {
    await paces[asked]();
    return await engine.count(query);
  };

  /** Counts one by one what each name stands for, until all `total` are found. */
  async function split<N extends string | number>(
    names: readonly N[],
    total: number,
    conditionOf: (name: N) => string,
    asked: keyof typeof paces,
  ): Promise<[N, number][]> {
    const found: [N, number][] = [];
    let left = total;
    for (const name of names) {
      if (left <= 0) break;
      const { total: here } = await count(conditionOf(name), asked);
      found.push([name, here]);
      left -= here;
    }
    return found;
  }

  async function byStatus(
    company: string,
    queueId: string,
    asked: keyof typeof paces = 'one',
  ): Promise<Counts> {
    const { groups } = await count(`${tasksOf(company, queueId)} GROUP BY ExecutionStatus`, asked);
    const closed = (...statuses: string[]) =>
      statuses.reduce((sum, each) => sum + (groups.get(each) ?? 0), 0);
    const counts = {
      ...NO_TASKS,
      done: closed('Completed'),
      failed: closed('Failed'),
      cancelled: closed('Canceled', 'Terminated', 'TimedOut'),
    };
    const running = `${tasksOf(company, queueId)} AND ExecutionStatus = 'Running'`;
    // Those that settle are closed in status only.
    const open = await split(
      [...OPEN, ...TERMINAL],
      closed('Running'),
      (each) => `${running} AND TaskStatus = '${each}'`,
      asked,
    );
    for (const [status, here] of open) counts[status] += here;
    return counts;
  }

  async function byPriority(
    company: string,
    queueId: string,
    waiting: number,
  ): Promise<Record<number, number>> {
    const [first, last] = RANGES.priority;
    const all = Array.from({ length: last - first + 1 }, (_, i) => first + i);
    const queued = `${tasksOf(company, queueId)} AND ExecutionStatus = 'Running' AND TaskStatus = 'queued'`;
    const found = await split(all, waiting, (each) => `${queued} AND TaskPriority = ${each}`, 'one');
    return Object.fromEntries(found.filter(([, here]) => here > 0));
  }

  return {
    /** By status, as of the last seconds. */
    byStatus: (company: string, queueId: string) => statuses.get(queueId, () => byStatus(company, queueId)),

    /** As `byStatus`, for a queue among many. */
    byStatusInList: (company: string, queueId: string) =>
      lists.get(queueId, () => byStatus(company, queueId, 'many')),

    /** The queued ones by priority, as of the last seconds; `waiting` says how many there are in all. */
    byPriority: (company: string, queueId: string, waiting: number) =>
      priorities.get(queueId, () => byPriority(company, queueId, waiting)),

    /** By status, as of now. */
    byStatusNow: (company: string, queueId: string) => byStatus(company, queueId),
  };
}

/** The query for all tasks of a queue. */
export const tasksOf = (company: string, queueId: string): string =>
  `WorkflowType = 'task' AND TaskCompany = ${quoted(company)} AND TaskQueueId = ${quoted(queueId)}`;
