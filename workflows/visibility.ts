/** How a task shows in lists: its search attributes, by which it is found, and its memo, which lists print. */
import { TypedSearchAttributes } from '@temporalio/common';
import type { SearchAttributePair } from '@temporalio/common';
import {
  TaskAssigneeKey,
  TaskCompanyKey,
  TaskDeadlineKey,
  TaskGoalKey,
  TaskHolderKey,
  TaskLabelsKey,
  TaskParentKey,
  TaskPriorityKey,
  TaskProjectKey,
  TaskQueueIdKey,
  TaskRunKey,
  TaskStatusKey,
  TaskTextKey,
} from './search-attributes.ts';
import type { Task } from './task-record.ts';

/** Temporal takes at most 2 KB of a search attribute as JSON; UTF-16 units of up to 3 bytes keep this below. */
const SEARCHABLE_UNITS = 600;

/** Everything by which the task is found. An attribute that is null is cleared. */
export function searchAttributes(task: Task) {
  const { definition } = task;
  return {
    status: { key: TaskStatusKey, value: task.status },
    holder: { key: TaskHolderKey, value: task.run?.agent ?? null },
    // Also of a run that is over: who took the task under an idempotency key finds it by its run.
    run: { key: TaskRunKey, value: task.run?.id ?? task.endedRuns.at(-1)?.id ?? null },
    queue: { key: TaskQueueIdKey, value: definition.queue ?? null },
    parent: { key: TaskParentKey, value: task.parent?.id ?? null },
    assignee: { key: TaskAssigneeKey, value: definition.assignee ?? null },
    project: { key: TaskProjectKey, value: definition.project ?? null },
    goal: { key: TaskGoalKey, value: definition.goal ?? null },
    company: { key: TaskCompanyKey, value: task.company },
    labels: { key: TaskLabelsKey, value: definition.labels.length > 0 ? definition.labels : null },
    priority: { key: TaskPriorityKey, value: definition.priority },
    deadline: { key: TaskDeadlineKey, value: definition.deadline ? new Date(definition.deadline) : null },
    text: { key: TaskTextKey, value: searchableText(definition) },
  };
}

export type Attribute = ReturnType<typeof searchAttributes>[keyof ReturnType<typeof searchAttributes>];

/** The attributes that differ between two states of a task, or all that are set when there was none before. */
export function changedAttributes(before: Task | undefined, after: Task): Attribute[] {
  const old =
    before && new Map(Object.values(searchAttributes(before)).map(({ key, value }) => [key.name, value]));
  return Object.values(searchAttributes(after)).filter(({ key, value }) =>
    old ? JSON.stringify(old.get(key.name)) !== JSON.stringify(value) : value !== null,
  );
}

/** The attributes a task starts with. */
export const startAttributes = (task: Task): TypedSearchAttributes =>
  new TypedSearchAttributes(changedAttributes(undefined, task) as SearchAttributePair[]);

function searchableText({ title, description }: Task['definition']): string {
  // Of a control character JSON makes six bytes.
  return `${title} ${description ?? ''}`
    .slice(0, SEARCHABLE_UNITS)
    .toWellFormed()
    .replace(/\p{Cc}/gu, ' ');
}

/** What a list prints of a task besides its search attributes. */
export interface TaskMemo {
  title: string;
  company: string;
  createdBy: string;
  createdAt: string;
  type?: string;
  client?: string;
  /** Its place among its siblings. */
  order?: number;
  /** It is out of the way of those who look for work. */
  archived?: true;
}

export const memoOf = (task: Task): TaskMemo => ({
  title: task.definition.title,
  company: task.company,
  createdBy: task.createdBy.id,
  createdAt: task.createdAt,
  ...(task.definition.type && { type: task.definition.type }),
  ...(task.definition.client && { client: task.definition.client }),
  ...(task.parent?.order !== undefined && { order: task.parent.order }),
  ...(task.archived && { archived: true as const }),
});

/** What an edit, or its archiving, changes in the memo; null removes an entry. */
export function changedMemo(
  before: Task,
  after: Task,
): Partial<Record<keyof TaskMemo, string | number | boolean | null>> {
  const old = memoOf(before);
  const memo = memoOf(after);
  const names = Object.keys({ ...old, ...memo }) as (keyof TaskMemo)[];
  const changed = names.filter((name) => old[name] !== memo[name]);
  return Object.fromEntries(changed.map((name) => [name, memo[name] ?? null]));
}

/** The memo under which a task keeps the fingerprint of the request that asked for it. */
export const REQUEST_MEMO = 'request';

/** The memo under which a cancelled task keeps its final state; others return it as result or failure details. */
export const FINAL_MEMO = 'final';
