/** How agents take tickets, and what else keeps their hold of them alive. */
import type { Edit } from '../../../workflows/definition.ts';
import type { Task } from '../../../workflows/task-record.ts';
import type { Services } from '../../services/index.ts';
import type { Asking } from '../tool.ts';

export type Hold = ReturnType<typeof createHold>;

export function createHold({ claim, holds, runs }: Services) {
  return {
    /** Takes the ticket; answers it as it is then. One that is taken is refused, for one token may serve many agents. */
    async take(
      taskId: string,
      { call, hungUp }: Asking,
      also: { edit?: Edit | undefined; comment?: string | undefined } = {},
    ): Promise<Task> {
      const claimed = await claim(taskId, call, { ...also, patient: true }, hungUp);
      holds.remember(call.principal, taskId, claimed.runId);
      return claimed.task;
    },

    /** A look at the ticket by its holder is a sign of life. */
    async keepAlive({ id, run }: Task, { call }: Asking): Promise<void> {
      if (run?.agent === call.principal.id) await runs.heartbeat(id, run.id, call).catch(() => {});
    },
  };
}
