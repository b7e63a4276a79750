/** Creates what Paperclip calls an issue: a task with the defaults of a protocol that knows no heartbeats and no review. */
import type { z } from 'zod';
import type { Task } from '../../../workflows/task-record.ts';
import type { Principal } from '../../auth.ts';
import { namedAt } from '../../problems.ts';
import type { NewSubtask } from '../../schemas/create-task.ts';
import type { Services } from '../../services/index.ts';
import type { Request } from '../../services/messages.ts';
import { IN_THE_SAME_TASK } from '../defaults.ts';
import type { CreateIssue } from './schemas.ts';
import { BACKLOG, nativePriority } from './words.ts';

export async function createIssue(
  { creation }: Services,
  call: Request & { principal: Principal },
  { parentId, ...issue }: z.output<typeof CreateIssue>,
): Promise<Task> {
  const task: NewSubtask = {
    ...IN_THE_SAME_TASK,
    title: issue.title,
    description: issue.description,
    priority: nativePriority(issue.priority ?? 'medium'),
    assignee: issue.assigneeAgentId,
    project: issue.projectId,
    goal: issue.goalId,
    labels: issue.status === 'backlog' ? [BACKLOG] : [],
    review: { ...IN_THE_SAME_TASK.review, ...issue.review },
  };
  // What is left out is given by the parent, which must not hear that it is undefined.
  const given = Object.fromEntries(
    Object.entries(task).filter(([, value]) => value !== undefined),
  ) as NewSubtask;
  if (parentId === undefined) return await creation.task(call, given);
  const isNone = namedAt('/parentId', 'is no issue of your company');
  return await creation.subtask(parentId, call, given).catch(isNone);
}
