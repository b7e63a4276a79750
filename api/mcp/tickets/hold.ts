/** How agents take tickets. */
import type { Edit } from '../../../workflows/definition.ts';
import type { Task } from '../../../workflows/task-record.ts';
import type { Services } from '../../services/index.ts';
import type { Asking } from '../tool.ts';

export type Hold = ReturnType<typeof createHold>;

export function createHold({ claim, holds }: Services) {
  return {
    /** Takes the ticket; answers it as it is then. One that is taken is refused, for one token may serve many agents. */
    async take(
      taskId: string,
      { call, hungUp }: Asking,
      also: { edit?: Edit | undefined; comment?: string | undefined } = {},
    ): Promise<Task> {
      const claimed = await claim(taskId, call, { ...also, patient: true }, hungUp);
      holds.note(claimed.task);
      return claimed.task;
    },
  };
}
