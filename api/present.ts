/** How a task looks to a caller of `/v1`. */
import type { z } from 'zod';
import type { Task } from '../workflows/task-record.ts';
import { isTerminal } from '../workflows/task-state.ts';
import { actionsFor } from './actions.ts';
import { standingAmid } from './diagnosis/diagnose.ts';
import type { Principal } from './auth.ts';
import type { TaskBody, TaskSummary } from './schemas/answers.ts';
import type { Family } from './services/family.ts';
import type { TaskRow } from './services/listing.ts';
import { presentSubtasks } from './present-subtasks.ts';

export interface Links {
  /** The page of a task in the Temporal UI. */
  temporalUi: (taskId: string) => string;
}

export const createLinks = (temporalUiUrl: string, namespace: string): Links => ({
  temporalUi: (taskId) => `${temporalUiUrl}/namespaces/${encodeURIComponent(namespace)}/workflows/${taskId}`,
});

const linksOf = (id: string, links: Links) => ({
  self: `/v1/tasks/${id}`,
  comments: `/v1/tasks/${id}/comments`,
  events: `/v1/tasks/${id}/events`,
  diagnosis: `/v1/tasks/${id}/diagnosis`,
  temporalUi: links.temporalUi(id),
});

/** The whole task amid its family, with what `principal` may do to it. */
export function presentTask(
  task: Task,
  principal: Principal,
  links: Links,
  family: Family = {},
): z.input<typeof TaskBody> {
  const now = new Date().toISOString();
  const { definition, run, parent, follows, followedBy } = task;
  const overdue = definition.deadline !== undefined && !isTerminal(task.status) && definition.deadline < now;
  return {
    ...definition,
    id: task.id,
    status: task.status,
    standing: standingAmid(task, family),
    version: task.version,
    ...(definition.deadline !== undefined && { overdue }),
    company: task.company,
    createdBy: task.createdBy,
    createdAt: task.createdAt,
    updatedAt: task.updatedAt,
    run: run ? withoutInternals(run) : null,
    attempts: task.attempts,
    endedRuns: task.endedRuns.map(({ contentHash: _hash, ...ended }) => ended),
    parent: parent ? { id: parent.id, ...(parent.order !== undefined && { order: parent.order }) } : null,
    gate: task.gate ?? null,
    approvals: task.approvals ?? [],
    children: presentSubtasks(task, family.subtasks),
    comments: task.commentCount,
    lastProgress: task.lastProgress ? { ...task.lastProgress } : null,
    lastFailure: task.lastFailure ?? null,
    submission: task.submission ? { ...task.submission } : null,
    reviewProgress: task.review ? { ...task.review } : null,
    handoff: task.handoff ? { ...task.handoff } : null,
    failure: task.failure ?? null,
    cancel: task.cancel ?? null,
    cost: task.cost,
    ...(task.notBefore !== undefined && { notBefore: task.notBefore }),
    ...(task.links && { related: task.links.map((link) => ({ ...link })) }),
    ...(task.archived && { archived: task.archived }),
    ...(task.terminated && { terminated: true as const }),
    links: {
      ...linksOf(task.id, links),
      subtasks: `/v1/tasks/${task.id}/subtasks`,
      ...(parent && { parent: `/v1/tasks/${parent.id}` }),
      ...(follows && { follows: `/v1/tasks/${follows.task}` }),
      ...(followedBy !== undefined && { followedBy: `/v1/tasks/${followedBy}` }),
    },
    actions: actionsFor(task, principal, now, family),
  } as z.input<typeof TaskBody>;
}

function withoutInternals({
  carriedOver: _carriedOver,
  patient: _patient,
  ...run
}: NonNullable<Task['run']>) {
  return run;
}

/** One row of a list. */
export const presentRow = (
  { company: _company, lastRun: _lastRun, ...row }: TaskRow,
  links: Links,
): z.input<typeof TaskSummary> => ({
  ...row,
  links: {
    ...linksOf(row.id, links),
    ...(row.parent !== undefined && { parent: `/v1/tasks/${row.parent}` }),
  },
});
