/** `ticket_update`: a status word is what an agent does, and what else changes goes along with it, or nothing does. */
import { byteLength } from '../../../workflows/parse.ts';
import { LIMITS } from '../../../workflows/limits.ts';
import { isSettled } from '../../../workflows/task-record.ts';
import type { Task } from '../../../workflows/task-record.ts';
import { actingAs, following, forHolder } from '../../dialects/dialect.ts';
import { Problem, invalidRequest } from '../../problems.ts';
import { heldByAnother } from '../../services/holds.ts';
import type { Act, Seen } from '../../services/last-seen.ts';
import type { Services } from '../../services/index.ts';
import type { Asking } from '../tool.ts';
import { bareId } from '../tool.ts';
import { editOf, moveTo } from './changes.ts';
import type { Changes, Move } from './changes.ts';
import { commentBy } from './comment.ts';
import { versionBy } from './etag.ts';
import type { Hold } from './hold.ts';

type Asked = Pick<Changes, 'status' | 'body'> & {
  task: Seen;
  whole: () => Promise<Task>;
  move: Move;
  asking: Asking;
  also: { edit?: ReturnType<typeof editOf>; comment?: string };
};

export function createUpdate({ tasks, holds, bySight }: Services, hold: Hold) {
  const update =
    (given: Changes, asking: Asking): Act<Asking['call']> =>
    async (task, by, whole) => {
      const call = actorOf(given, task, by);
      const { run } = task;
      const isMine = run?.agent === call.principal.id;
      const givesAway = isMine && given.status === undefined && given.assignee !== undefined;
      const move = givesAway && given.assignee !== run.agent ? 'release' : moveTo(given.status, task);
      const edit = editOf(given, move, task);
      const comment =
        given.body === undefined ? undefined : commentBy(given.author, call.principal, given.body);
      // Without an etag, what a holder says of its work counts as long as it is the holder.
      const isFenced = given.etag === undefined && isMine && !edit && BY_RUN.includes(move);
      const ifVersion = isFenced ? undefined : (versionBy(given.etag, task) ?? call.ifVersion);
      if (run && !isMine && given.status !== undefined) throw heldByAnother(run, task.status, call.principal);
      if (given.status !== undefined && isSettled(task, new Date().toISOString())) throw closedForGood(task);
      return await carryOut({
        task,
        whole,
        move,
        status: given.status,
        body: given.body,
        asking: { ...asking, call: { ...call, ifVersion } },
        also: { ...(edit && { edit }), ...(comment !== undefined && { comment }) },
      });
    };

  async function carryOut({ task, whole, move, status, body, asking, also }: Asked): Promise<Task> {
    const { id } = task;
    const { call } = asking;
    switch (move) {
      case 'claim':
        return await hold.take(id, asking, also);
      case 'complete': {
        const work = { output: body ?? null, reasoning: body ?? '' };
        return await holds.act(id, call, 'mark_complete', { ...work, ...also }, 'always');
      }
      case 'hand_off': {
        const blockers = short(body ?? 'Blocked.');
        return await holds.act(id, call, 'hand_off', { blockers, ...also }, 'always');
      }
      case 'release':
        if (!task.run) throw notFrom(task);
        return await holds.act(id, call, 'release', also);
      case 'cancel':
        return await cancel(task, asking, also);
      case 'resume':
        return await tasks.tell(id, 'resume', call, { granted: true, ...also });
      case 'reopen':
        return await reopen(task, status === 'bl' ? 'handoff' : 'queued', asking, also);
      case 'stay':
        return await stay(task, whole, asking, also);
    }
  }

  /** Ends the ticket at once, also where its own agent does: then there is nobody who would have to wind down. */
  async function cancel(task: Seen, { call }: Asking, also: Asked['also']): Promise<Task> {
    const { assignee } = task.definition;
    const granted = assignee === undefined || assignee === call.principal.id || task.run !== undefined;
    const after = await tasks.cancel(task.id, call, { ...(granted && { granted }), ...also });
    if (!after.run) return after;
    return await holds
      .act(task.id, following(call), 'release', {}, 'never')
      .catch(() => tasks.read(call.principal, task.id));
  }

  /** What is closed takes no edits, so they follow at once. */
  async function reopen(
    { id }: Seen,
    to: 'queued' | 'handoff',
    { call }: Asking,
    { edit, comment }: Asked['also'],
  ): Promise<Task> {
    const content = { granted: true, to, ...(comment !== undefined && { comment }) };
    const open = await tasks.tell(id, 'reopen', call, content);
    return edit ? await tasks.edit(id, following(call), edit) : open;
  }

  async function stay(
    { id }: Seen,
    whole: () => Promise<Task>,
    { call }: Asking,
    { edit, comment }: Asked['also'],
  ): Promise<Task> {
    if (comment !== undefined)
      return await tasks.tell(id, 'comment', call, { comment, ...(edit && { edit }) });
    return edit ? await tasks.edit(id, call, edit) : await whole();
  }

  return async (given: Changes, asking: Asking): Promise<Task> => {
    mustStay(given);
    // A repeated claim finds the run that it got, or that it is over.
    const call = given.status === 'ip' ? { ...asking.call, said: undefined } : asking.call;
    return await bySight(call, bareId(given.id), update(given, asking));
  };
}

/** What only the holder of a ticket can bring about. */
const BY_RUN: readonly Move[] = ['complete', 'hand_off', 'release'];

/** Whoever claims may be named; an operator does for the holder what only its holder may do. */
function actorOf(given: Changes, task: Seen, call: Asking['call']): Asking['call'] {
  if (given.status === 'ip') return actingAs(call, given.assignee || undefined);
  return given.status === 'cl' ? call : forHolder(call, task);
}

/** What stands for good once a ticket is there. */
function mustStay(given: Changes): void {
  const wrong = (['exec_mode', 'exec_order', 'parent_id'] as const).filter((key) => given[key] !== undefined);
  if (wrong.length > 0)
    throw invalidRequest(wrong.map((pointer) => ({ pointer, detail: 'can be set for a new ticket only' })));
}

/** What people see of a blocker at a glance; the comment has all of it. */
const short = (body: string): string =>
  byteLength(body) <= LIMITS.noteBytes ? body : `${body.slice(0, LIMITS.noteBytes / 5)}…`;

const closedForGood = ({ id, status }: Seen): Problem =>
  new Problem('transition_not_allowed', {
    detail: `${id} is closed for good (${status}): create a new ticket`,
  });

const notFrom = ({ id, status }: Seen): Problem =>
  new Problem('transition_not_allowed', { detail: `${id} is ${status} here, which no agent can undo` });
