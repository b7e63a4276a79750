/** An approval of some tasks on a real server, and those who decide on it. */
import { approvalUpdate } from '../../workflows/approval.ts';
import type { ApprovalRecord, ApprovalStep } from '../../workflows/approval.ts';
import { APPROVAL, json } from './entities.ts';
import type { RealTask } from './real-task.ts';
import { rita } from './task-fixture.ts';
import type { TestWorker } from './test-worker.ts';

/** Asks for one in ada's name, unless told otherwise. */
export async function askFor(
  baton: TestWorker,
  tasks: readonly RealTask[],
  also: Partial<ApprovalRecord> = {},
) {
  const record = { ...APPROVAL, id: crypto.randomUUID(), issueIds: tasks.map(({ id }) => id), ...also };
  const started = await baton.startRaw(json(record), 'approval');
  const { handle } = started;
  const step = (name: ApprovalStep, actor = rita, said: object = {}) =>
    handle.executeUpdate(approvalUpdate, {
      args: [{ messageId: crypto.randomUUID(), actor, step: name, ...said } as never],
    });
  return { id: record.id, handle, step, asTask: started };
}

/** Waits until the task has heard of its approval. */
export const untilItWaits = (task: RealTask) => task.until(({ approvals }) => approvals !== undefined);
