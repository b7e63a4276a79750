/**
 * Checkout: one agent gets the issue, and having it means having it under any run id. A hold belongs to the agent: a
 * new wake of it takes the hold over, and the run before is fenced off.
 */
import type { Edit } from '../../../workflows/definition.ts';
import type { Task } from '../../../workflows/task-record.ts';
import type { Principal } from '../../auth.ts';
import { Problem } from '../../problems.ts';
import type { Act, Seen } from '../../services/last-seen.ts';
import type { Services } from '../../services/index.ts';
import type { Request } from '../../services/messages.ts';
import { checkoutRunIdOf } from './present.ts';
import { BACKLOG, isExpected, statesOf, withoutBacklog, wordOf } from './words.ts';
import type { Word } from './words.ts';

type Call = Request & { principal: Principal };

/** So often an issue may change between reading and claiming it, before that is a conflict. */
const MOST_TRIES = 5;

/** Makes the issue the caller's; it is the caller's already when it is. Throws why it can not be. */
export async function checkOut(
  services: Services,
  taskId: string,
  call: Call,
  expected: readonly Word[] | undefined,
  hungUp: AbortSignal,
): Promise<Task> {
  for (let tries = 1; ; tries += 1) {
    const take: Act<Call> = (task, _, whole) => takeOrKeep(services, { task, whole, call, expected, hungUp });
    // A repeat finds the run that it got, or that it is over.
    const unknown = { ...call, said: undefined };
    const taken = await services.bySight(unknown, taskId, take, mayBeOld).catch((error: unknown) => {
      const isOld = error instanceof Problem && CHANGED_MEANWHILE.includes(error.type);
      if (!isOld || tries === MOST_TRIES) throw error;
    });
    if (taken) return taken;
  }
}

/** It is not as it was read a moment ago. */
const CHANGED_MEANWHILE: readonly string[] = ['stale_version', 'run_not_active'];
/** Whatever else the claim itself is refused for, it is refused by the task as it was seen. */
const mayBeOld = ({ type }: Problem): boolean =>
  type === 'unexpected_status' || CHANGED_MEANWHILE.includes(type);

interface Wanted {
  task: Seen;
  whole: () => Promise<Task>;
  call: Call;
  expected: readonly Word[] | undefined;
  hungUp: AbortSignal;
}

async function takeOrKeep(
  { claim, holds, runs }: Services,
  { task, whole, call, expected, hungUp }: Wanted,
): Promise<Task> {
  const { principal, callerRunId } = call;
  const isMine = task.run?.agent === principal.id;
  if (isMine && (callerRunId === undefined || callerRunId === checkoutRunIdOf(task))) {
    await runs.heartbeat(task.id, task.run!.id, call);
    return await whole();
  }
  if (isMine && task.run?.launch) {
    throw new Problem('held', {
      detail: 'Another run of yours, which Baton launched, has this issue and is alive.',
      hint: 'Leave it to that run, and pick another issue.',
      retryable: false,
      holder: principal.id,
      holderAlive: true,
      taskStatus: task.status,
    });
  }
  if (!task.run && expected && !isExpected(task, expected)) {
    throw new Problem('unexpected_status', {
      detail: `The issue is ${wordOf(task)}, not ${expected.join(' or ')}.`,
    });
  }
  const wish = {
    ...(!isMine && expected && { expected: statesOf(expected) }),
    patient: true,
    adopt: true,
    ...(!isMine && asAssignee(task, principal)),
  };
  // More than the state is expected, so it has to be as it was read.
  const claimed = await claim(task.id, { ...call, ifVersion: task.version }, wish, hungUp);
  holds.note(claimed.task);
  return claimed.task;
}

/** Who checks an issue out that belongs to nobody becomes its assignee, and it leaves the backlog. */
export function asAssignee({ definition }: Pick<Seen, 'definition'>, { id }: Principal): { edit?: Edit } {
  const { assignee, labels } = definition;
  const edit: Edit = {
    ...(assignee === undefined && { assignee: id }),
    ...(labels.includes(BACKLOG) && { labels: withoutBacklog(labels) }),
  };
  return Object.keys(edit).length > 0 ? { edit } : {};
}
