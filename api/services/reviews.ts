/** How somebody decides on work that was handed in. Who holds, or held, the task above may, which only that one knows. */
import type { Task } from '../../workflows/task-record.ts';
import type { FamilyReader } from './family.ts';
import type { Content, Request } from './messages.ts';
import type { Reader } from './reading.ts';
import type { AwaitStarted } from './started.ts';
import type { TaskService } from './tasks.ts';

type Decision = 'approve' | 'request_changes';

interface Deps {
  family: Pick<FamilyReader, 'holdsParent'>;
  reader: Pick<Reader, 'task'>;
  tasks: Pick<TaskService, 'tell'>;
  awaitStarted: AwaitStarted;
}

export function createReview({ family, reader, tasks, awaitStarted }: Deps) {
  /** Sends the decision. Answers the task after it; throws what `tasks.tell` throws. */
  return async function review<D extends Decision>(
    taskId: string,
    decision: D,
    request: Request,
    content: Content<D>,
  ): Promise<Task> {
    const { principal } = request;
    const isAgent = principal.role === 'agent';
    const holdsParent =
      isAgent && (await family.holdsParent(await reader.task(principal, taskId), principal));
    const said = { ...content, ...(holdsParent && { holdsParent }) };
    const task = await tasks.tell(taskId, decision, request, said);
    // The answer leads to the task that follows, so it should be there.
    if (task.followedBy !== undefined) await awaitStarted([task.followedBy]);
    return task;
  };
}
