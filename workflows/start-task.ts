/** Starts a task from another one, with all by which the API would have started it. */
import { ParentClosePolicy, WorkflowIdReusePolicy, startChild } from '@temporalio/workflow';
import type { ChildWorkflowHandle } from '@temporalio/workflow';
import { newTask } from './task-record.ts';
import type { TaskInput } from './task-record.ts';
import { REQUEST_MEMO, memoOf, startAttributes } from './visibility.ts';

/**
 * Its result is the task as it was when it was done. It goes on when the task that started it ends. `request` is the
 * fingerprint of what asked for it.
 */
export function startTask(
  id: string,
  input: TaskInput,
  now: string,
  request?: string,
): Promise<ChildWorkflowHandle<(input: TaskInput) => Promise<unknown>>> {
  const task = newTask(id, input, now);
  return startChild('task', {
    workflowId: id,
    args: [input],
    parentClosePolicy: ParentClosePolicy.ABANDON,
    // A task that has ended does not come to life again under its id.
    workflowIdReusePolicy: WorkflowIdReusePolicy.REJECT_DUPLICATE,
    typedSearchAttributes: startAttributes(task),
    memo: { ...memoOf(task), ...(request !== undefined && { [REQUEST_MEMO]: request }) },
    staticSummary: task.definition.title,
  });
}
