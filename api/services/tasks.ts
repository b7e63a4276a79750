/** What people and agents do with tasks as such: edit, comment, decide, cancel. Runs have a file of their own. */
import { editUpdate } from '../../workflows/messages.ts';
import type { Arguments, Message, SignalName } from '../../workflows/messages.ts';
import type { Comment, Task } from '../../workflows/task-record.ts';
import type { Edit } from '../../workflows/definition.ts';
import type { Principal } from '../auth.ts';
import { messageIdFor } from '../idempotency.ts';
import { Problem, namedAt } from '../problems.ts';
import { abreast } from './abreast.ts';
import type { Engine } from './engine.ts';
import { NoAnswer, NotOpen } from './engine.ts';
import type { KnownTasks } from './known-tasks.ts';
import type { Leases } from './leases.ts';
import { Unconfirmed, answerOnRecord, envelope, refusalOf } from './messages.ts';
import type { Content, Messenger, Request } from './messages.ts';
import type { Placing } from './placing.ts';
import { noWorker } from './reading.ts';
import type { Reader } from './reading.ts';
import { invalidCursor } from './visibility.ts';

interface Deps {
  engine: Engine;
  known: KnownTasks;
  leases: Pick<Leases, 'close' | 'forget'>;
  reader: Reader;
  messenger: Messenger;
  queueNamed: Placing['queueNamed'];
}

/** So many tasks are read side by side. */
const ABREAST = 20;

export type TaskService = ReturnType<typeof createTaskService>;

export function createTaskService({ engine, known, leases, reader, messenger, queueNamed }: Deps) {
  /** Changes what the task asks for, if it still has version `request.ifVersion`. Answers the task after it. */
  async function edit(taskId: string, request: Request, changes: Edit): Promise<Task> {
    await known.mustBeOf(request.principal, taskId);
    const message = { ...envelope('edit', taskId, request, changes), edit: changes };
    await expectQueue(taskId, request, message);
    try {
      await engine.update(request.principal.id, taskId, editUpdate, message);
    } catch (error) {
      if (error instanceof NotOpen)
        return answerOnRecord(await reader.closed(taskId), { name: 'edit', ...message });
      throw error instanceof NoAnswer ? noWorker(error) : error;
    }
    // Temporal answers a repeated update from its record, whatever its content; the task knows the first one's.
    const task = await reader.task(request.principal, taskId, message.messageId);
    return answerOnRecord(task, { name: 'edit', ...message });
  }

  /** The queue of an edit has to be there, unless it was when the same request came first. */
  async function expectQueue(
    taskId: string,
    { principal, key }: Request,
    { messageId, edit: { queue } }: Arguments<'edit'>,
  ): Promise<void> {
    if (typeof queue !== 'string') return;
    await queueNamed(principal, queue, '/queue').catch(async (error: unknown) => {
      const task = key === undefined ? undefined : await reader.task(principal, taskId, messageId);
      if (!task?.remembered.some(({ id }) => id === messageId)) throw error;
    });
  }

  /** Sends a message that comes from no run. Answers the task after it; throws what `Messenger.send` throws. */
  async function tell<N extends SignalName>(
    taskId: string,
    name: N,
    request: Request,
    content: Content<N>,
  ): Promise<Task> {
    await known.mustBeOf(request.principal, taskId);
    // Every signal stands in history, refused or not; agents may loop, so theirs are tried against the rules first.
    if (request.principal.role === 'agent') {
      const message = { name, ...envelope(name, taskId, request, content), ...content } as unknown as Message;
      const refusal = refusalOf(await reader.lastKnown(request.principal, taskId), message);
      if (refusal?.status === 403) throw refusal;
    }
    const task = await messenger.send(taskId, name, request, content);
    // A person may hand off what an agent holds, who does not know yet.
    const ended = name === 'hand_off' && !task.run ? task.endedRuns.at(-1) : undefined;
    if (ended?.end === 'handed_off') await leases.close(request.principal.id, taskId, ended.id);
    return task;
  }

  /**
   * Announces a cancellation, with what comes along, and asks Temporal for it; a running agent is told, and has its grace
   * period. Answers the task after it. Sent again with its key, it cancels only what it has not cancelled yet.
   */
  async function cancel(taskId: string, request: Request, content: Content<'cancel'> = {}): Promise<Task> {
    const { principal, key } = request;
    const messageId = request.messageId ?? messageIdFor(principal.id, key);
    const announced = await tell(taskId, 'cancel', { ...request, messageId }, content).catch(
      unlessUnconfirmed,
    );
    if (announced && announced.cancelAnnounced?.message !== messageId) return announced;
    if (!announced) await expectAnnouncement(taskId, { ...request, messageId }, content);
    await engine.cancel(principal.id, taskId);
    if (!announced) throw new Unconfirmed(taskId, messageId);
    const task = await reader.task(principal, taskId, messageId).catch((error: unknown) => {
      // It has been asked for, whether anybody answers now or not.
      throw error instanceof Problem && error.type === 'no_worker'
        ? new Unconfirmed(taskId, messageId)
        : error;
    });
    if (task.run) leases.forget(taskId, task.run.id);
    if (task.cancel) return task;
    const detail = `The task was ${task.status} before it could be cancelled.`;
    throw new Problem('transition_not_allowed', { detail, taskStatus: task.status });
  }

  /** Throws why an announcement that nobody has looked at yet is going to be refused, as far as that is known. */
  async function expectAnnouncement(taskId: string, request: Request, content: Content<'cancel'>) {
    const message = { name: 'cancel' as const, ...envelope('cancel', taskId, request, content), ...content };
    const refusal = refusalOf(await reader.onRecord(request.principal, taskId), message);
    if (refusal) throw refusal;
  }

  /** Comments on the task; answers it after that, with the comment. */
  async function comment(
    taskId: string,
    request: Request,
    text: string,
  ): Promise<{ task: Task; comment: Comment }> {
    // A comment has the id of the message that brought it, so a replay finds it, unless many have come since.
    const messageId = request.messageId ?? messageIdFor(request.principal.id, request.key);
    const task = await tell(taskId, 'comment', { ...request, messageId }, { comment: text });
    const made = task.comments.findLast(({ id }) => id === messageId);
    if (!made)
      throw new Problem('not_found', {
        detail: 'Your comment stands, but is older than those kept; see the events.',
      });
    return { task, comment: made };
  }

  /** Notes that this task blocks, relates to or duplicates another one of the company. */
  async function link(taskId: string, request: Request, { to, type }: Content<'link'>): Promise<Task> {
    await known.mustBeOf(request.principal, to).catch(namedAt('/to', 'is no task of your company'));
    return await tell(taskId, 'link', request, { to, type });
  }

  /** One page of the comments that the task still carries, oldest first. */
  async function comments(principal: Principal, taskId: string, limit: number, cursor = '0') {
    const task = await reader.task(principal, taskId);
    const dropped = task.commentCount - task.comments.length;
    if (!/^\d{1,9}$/.test(cursor)) throw invalidCursor();
    // A cursor counts from the first comment ever, so that it stays right while old ones are dropped.
    const from = Math.max(0, Number(cursor) - dropped);
    const items = task.comments.slice(from, from + limit);
    const end = from + items.length;
    return { items, next: end < task.comments.length ? String(dropped + end) : null };
  }

  /** These tasks as `lastKnown` has them, without those that are there no longer. */
  async function lastKnownOf(principal: Principal, taskIds: readonly string[]): Promise<Task[]> {
    const find = (id: string) => reader.lastKnown(principal, id).catch(unlessGone);
    return (await abreast(ABREAST, taskIds, find)).filter((task) => task !== undefined);
  }

  const { task: read, lastKnown } = reader;
  return { edit, tell, link, cancel, comment, comments, read, lastKnown, lastKnownOf };
}

/** Lists may name what is gone by now. */
function unlessGone(error: unknown): undefined {
  if (!(error instanceof Problem) || error.type !== 'not_found') throw error;
}

/** A message that nobody has confirmed is durable all the same. */
function unlessUnconfirmed(error: unknown): undefined {
  if (!(error instanceof Unconfirmed)) throw error;
}
