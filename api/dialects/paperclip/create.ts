/** Creates what Paperclip calls an issue: a task with the defaults of a protocol that knows no heartbeats and no review. */
import type { z } from 'zod';
import { DEFAULTS } from '../../../workflows/limits.ts';
import type { Task } from '../../../workflows/task-record.ts';
import type { Principal } from '../../auth.ts';
import { Problem, invalidRequest } from '../../problems.ts';
import type { NewSubtask } from '../../schemas/create-task.ts';
import type { Services } from '../../services/index.ts';
import type { Request } from '../../services/messages.ts';
import type { CreateIssue } from './schemas.ts';
import { BACKLOG, nativePriority } from './words.ts';

const SETTLE_SECONDS = 86_400;

export async function createIssue(
  { creation }: Services,
  call: Request & { principal: Principal },
  { parentId, ...issue }: z.output<typeof CreateIssue>,
): Promise<Task> {
  const task: NewSubtask = {
    title: issue.title,
    description: issue.description,
    priority: nativePriority(issue.priority ?? 'medium'),
    assignee: issue.assigneeAgentId,
    project: issue.projectId,
    goal: issue.goalId,
    labels: issue.status === 'backlog' ? [BACKLOG] : [],
    review: { policy: 'none', rework: 'same_task', ...issue.review },
    lease: { seconds: DEFAULTS.patientLeaseSeconds },
    progressTimeoutSeconds: 0,
    settleSeconds: SETTLE_SECONDS,
  };
  // What is left out is given by the parent, which must not hear that it is undefined.
  const given = Object.fromEntries(
    Object.entries(task).filter(([, value]) => value !== undefined),
  ) as NewSubtask;
  if (parentId === undefined) return await creation.task(call, given);
  return await creation.subtask(parentId, call, given).catch((error: unknown) => {
    if (!(error instanceof Problem) || error.type !== 'not_found') throw error;
    throw invalidRequest([{ pointer: '/parentId', detail: 'is no issue of your company' }], { cause: error });
  });
}
