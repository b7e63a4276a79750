/** Lists tasks through Temporal's visibility: newest first, and some milliseconds behind the tasks themselves. */
import type { z } from 'zod';
import { isTerminal } from '../../workflows/task-state.ts';
import type { TaskStatus } from '../../workflows/task-state.ts';
import type { TaskMemo } from '../../workflows/visibility.ts';
import type { Principal } from '../auth.ts';
import { DEFAULT_COMPANY } from '../../workflows/actor.ts';
import { wordsOf } from '../schemas/requests.ts';
import type { ListTasks } from '../schemas/requests.ts';
import type { Engine } from './engine.ts';
import { isoTime, pageOf, quoted, read } from './visibility.ts';
import type { Info } from './visibility.ts';

/** What `/v1` filters by, and what other protocols do besides. */
export interface Filter extends Omit<z.infer<typeof ListTasks>, 'limit' | 'cursor'> {
  /** Any of these. */
  statuses?: readonly TaskStatus[] | undefined;
  priority?: number | undefined;
  /** Assigned to this agent, or to none. */
  openTo?: string | undefined;
  /** Assigned to this agent, or held by it. */
  whose?: string | undefined;
}

interface Page {
  limit: number;
  cursor?: string | undefined;
}

export interface TaskRow extends TaskMemo {
  id: string;
  status: TaskStatus;
  priority: number;
  labels: string[];
  queue?: string;
  assignee?: string;
  holder?: string;
  project?: string;
  goal?: string;
  parent?: string;
  deadline?: string;
  closedAt?: string;
  /** Its run, or the last one when that is over. */
  lastRun?: string;
}

/** What Temporal says of an execution that was ended from outside. */
const ENDED_FROM_OUTSIDE = `ExecutionStatus IN ('Terminated', 'TimedOut')`;

function byStatus(status: TaskStatus): string {
  const named = `TaskStatus = ${quoted(status)}`;
  if (status === 'cancelled') return `(${named} OR ${ENDED_FROM_OUTSIDE})`;
  // A task that settles has its final status while its workflow still runs.
  if (isTerminal(status)) return `${named} AND ExecutionStatus IN ('Running', 'Completed', 'Failed')`;
  return `${named} AND ExecutionStatus = 'Running'`;
}

const anyOf = (conditions: string[]) => `(${conditions.map((each) => `(${each})`).join(' OR ')})`;

/** The visibility query for a caller's filter. A tenant never sees past its own company. */
export function queryOf(company: string, filter: Filter): string {
  const conditions = [
    `WorkflowType = 'task'`,
    `TaskCompany = ${quoted(company)}`,
    // An execution that continued as new is not a task any more; the next one is.
    filter.status ? byStatus(filter.status) : `ExecutionStatus != 'ContinuedAsNew'`,
    filter.statuses && anyOf(filter.statuses.map(byStatus)),
    filter.priority && `TaskPriority = ${filter.priority}`,
    filter.openTo && anyOf(['TaskAssignee IS NULL', `TaskAssignee = ${quoted(filter.openTo)}`]),
    filter.whose && anyOf(['TaskAssignee', 'TaskHolder'].map((name) => `${name} = ${quoted(filter.whose!)}`)),
    filter.queue && `TaskQueueId = ${quoted(filter.queue)}`,
    filter.assignee && `TaskAssignee = ${quoted(filter.assignee)}`,
    filter.holder && `TaskHolder = ${quoted(filter.holder)}`,
    filter.project && `TaskProject = ${quoted(filter.project)}`,
    filter.goal && `TaskGoal = ${quoted(filter.goal)}`,
    filter.parent && `TaskParent = ${quoted(filter.parent)}`,
    filter.label && `TaskLabels = ${quoted(filter.label)}`,
    filter.text && `TaskText = ${quoted(wordsOf(filter.text))}`,
  ];
  return conditions.filter(Boolean).join(' AND ');
}

const EXECUTION_TERMINATED = 5;
const EXECUTION_TIMED_OUT = 7;

function rowOf({ execution, status, memo, searchAttributes, startTime, closeTime }: Info): TaskRow {
  const attribute = <T>(name: string) => read<T>(searchAttributes?.indexedFields?.[name]);
  const fields = memo?.fields ?? {};
  const fromOutside = status === EXECUTION_TERMINATED || status === EXECUTION_TIMED_OUT;
  return {
    id: execution?.workflowId ?? '',
    title: read(fields['title']) ?? '',
    status: fromOutside ? 'cancelled' : (attribute<TaskStatus>('TaskStatus') ?? 'queued'),
    priority: attribute('TaskPriority') ?? 3,
    labels: (attribute<string[]>('TaskLabels') ?? []).filter((label) => label !== ''),
    queue: attribute('TaskQueueId'),
    assignee: attribute('TaskAssignee'),
    holder: attribute('TaskHolder'),
    lastRun: attribute('TaskRun'),
    project: attribute('TaskProject'),
    goal: attribute('TaskGoal'),
    parent: attribute('TaskParent'),
    order: read(fields['order']),
    type: read(fields['type']),
    client: read(fields['client']),
    archived: read(fields['archived']),
    deadline: attribute('TaskDeadline'),
    company: read(fields['company']) ?? '',
    createdBy: read(fields['createdBy']) ?? '',
    createdAt: read(fields['createdAt']) ?? isoTime(startTime) ?? '',
    closedAt: isoTime(closeTime),
  };
}

const startOf = (info: Info | undefined): number =>
  Number(info?.startTime?.seconds ?? 0) + (info?.startTime?.nanos ?? 0) / 1e9;

export type Listing = ReturnType<typeof createListing>;

export function createListing(engine: Pick<Engine, 'list'>) {
  const page = async (query: string, limit: number, cursor: string | undefined) => {
    const { items, next } = await pageOf(engine, query, limit, cursor);
    return { items: (await withoutAbandoned(items)).map(rowOf), next };
  };

  /** Without executions that an operator's reset has left behind: the one that started last is the task. */
  async function withoutAbandoned(infos: Info[]): Promise<Info[]> {
    const closed = infos.flatMap(({ closeTime, execution }) =>
      closeTime ? [execution?.workflowId ?? ''] : [],
    );
    if (closed.length === 0) return infos;
    const query = `WorkflowId IN (${closed.map(quoted).join(', ')}) AND ExecutionStatus != 'ContinuedAsNew'`;
    const { executions } = await engine.list(query, LARGEST_PAGE, new Uint8Array());
    const latest = new Map<string, Info>();
    for (const info of executions ?? []) {
      const id = info.execution?.workflowId ?? '';
      if (startOf(info) > startOf(latest.get(id))) latest.set(id, info);
    }
    return infos.filter(({ execution }) => {
      const { runId } = latest.get(execution?.workflowId ?? '')?.execution ?? {};
      return runId === undefined || runId === execution?.runId;
    });
  }

  return {
    /** One page of the tasks that the caller may see. */
    async tasks({ company }: Principal, { limit, cursor, ...filter }: Filter & Page) {
      // In the single tenant a company's name is only a label, and filters nothing.
      if (filter.company !== undefined && filter.company !== company && company !== DEFAULT_COMPANY) {
        return { items: [], next: null };
      }
      return await page(queryOf(company, filter), limit, cursor);
    },

    /** The sub-tasks of a task as lists show them, open ones first, by their ids. */
    async subtasksOf({ company }: Principal, parent: string): Promise<Map<string, TaskRow>> {
      const { items } = await page(queryOf(company, { parent }), LARGEST_PAGE, undefined);
      return new Map(items.map((row) => [row.id, row]));
    },

    /** The ids of all tasks of the company, page by page. */
    async *allIds({ company }: Principal): AsyncGenerator<string[]> {
      let cursor: string | undefined;
      do {
        const { items, next } = await page(queryOf(company, {}), EXPORT_PAGE, cursor);
        yield items.map(({ id }) => id);
        cursor = next ?? undefined;
      } while (cursor !== undefined);
    },
  };
}

/** So many tasks are read at a time. */
const EXPORT_PAGE = 20;
/** What Temporal answers in one page at most. */
export const LARGEST_PAGE = 1_000;
