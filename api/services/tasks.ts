/** What people and agents do with tasks as such: create, edit, comment, decide, cancel. Runs have a file of their own. */
import { uuidv7 } from 'uuidv7';
import type { z } from 'zod';
import { editUpdate } from '../../workflows/messages.ts';
import type { Message, SignalName } from '../../workflows/messages.ts';
import { mayNot } from '../../workflows/permissions.ts';
import { parse } from '../../workflows/parse.ts';
import { TaskInput, newTask } from '../../workflows/task-record.ts';
import type { Comment, Task } from '../../workflows/task-record.ts';
import { allows } from '../../workflows/task-state.ts';
import { memoOf, startAttributes } from '../../workflows/visibility.ts';
import type { Edit } from '../../workflows/definition.ts';
import type { Principal } from '../auth.ts';
import { fingerprint, messageIdFor, uuidFrom } from '../idempotency.ts';
import { Problem, invalidRequest } from '../problems.ts';
import type { Mistake } from '../problems.ts';
import type { CreateTask } from '../schemas/create-task.ts';
import type { Engine } from './engine.ts';
import { NoAnswer, NotOpen } from './engine.ts';
import type { KnownTasks } from './known-tasks.ts';
import { answerOnRecord, envelope, refusalOf } from './messages.ts';
import type { Content, Messenger, Request } from './messages.ts';
import { assertUsableSchema } from './output-schema.ts';
import { noWorker } from './reading.ts';
import type { Reader } from './reading.ts';
import { invalidCursor } from './visibility.ts';

/** Under this memo a task keeps the fingerprint of the request that created it, to tell a replay from a reused key. */
const REQUEST_MEMO = 'request';

interface Deps {
  engine: Engine;
  known: KnownTasks;
  reader: Reader;
  messenger: Messenger;
}

export function createTaskService({ engine, known, reader, messenger }: Deps) {
  /** Creates a task; durable when this resolves. The same key and body again answer the same task. */
  async function create(request: Request, definition: z.infer<typeof CreateTask>): Promise<Task> {
    const { principal, key } = request;
    assertUsableSchema(definition.outputSchema);
    const createdAt = new Date().toISOString();
    const createdBy = { id: principal.id, role: principal.role };
    const input: TaskInput = { definition, company: principal.company, createdBy, createdAt };
    const taskId = key === undefined ? uuidv7() : uuidFrom('task', principal.company, principal.id, key);
    // What the workflow could not read would be created here and fail there.
    const readable = parse(TaskInput, input);
    if (!readable.ok) throw invalidRequest([faultOf(readable.fault)]);
    const task = newTask(taskId, readable.value, createdAt);
    const hash = fingerprint('create', definition);
    const started = await engine.start(principal.id, {
      workflowId: taskId,
      args: [input],
      typedSearchAttributes: startAttributes(task),
      memo: { ...memoOf(task), [REQUEST_MEMO]: hash },
      staticSummary: definition.title,
    });
    if (!started) return await createdBefore(request, taskId, hash);
    known.remember(taskId, principal.company);
    return task;
  }

  async function createdBefore({ principal }: Request, taskId: string, hash: string): Promise<Task> {
    const described = await known.describeFor(principal, taskId);
    if (described.memo?.[REQUEST_MEMO] !== hash) {
      throw new Problem('idempotency_key_reused', { detail: 'This key created another task before.' });
    }
    return await reader.task(principal, taskId);
  }

  /** Changes what the task asks for, if it still has version `request.ifVersion`. Answers the task after it. */
  async function edit(taskId: string, request: Request, changes: Edit): Promise<Task> {
    await known.mustBeOf(request.principal, taskId);
    const message = { ...envelope('edit', taskId, request, changes), edit: changes };
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
      const refusal = refusalOf(await reader.task(request.principal, taskId), message);
      if (refusal?.status === 403) throw refusal;
    }
    return await messenger.send(taskId, name, request, content);
  }

  /** Asks Temporal to cancel the task; a running agent is told, and has its grace period. Answers the task after it. */
  async function cancel(taskId: string, request: Request, comment?: string): Promise<Task> {
    const { principal } = request;
    const task = await reader.task(principal, taskId);
    const refusal = mayNot(task, principal, { name: 'cancel' });
    if (refusal) throw Problem.of(refusal);
    // To ask twice is to ask once.
    if (task.status === 'cancelled' || task.cancel) return task;
    if (!allows('cancel', task.status)) {
      throw new Problem('transition_not_allowed', {
        detail: `The task is ${task.status} already.`,
        taskStatus: task.status,
      });
    }
    if (comment !== undefined) await messenger.send(taskId, 'comment', request, { comment });
    try {
      await engine.cancel(principal.id, taskId);
    } catch (error) {
      if (!(error instanceof NotOpen)) throw error;
    }
    return await reader.task(principal, taskId);
  }

  async function comment(taskId: string, request: Request, text: string): Promise<Comment> {
    // A comment has the id of the message that brought it, so a replay finds it, unless many have come since.
    const messageId = messageIdFor(request.principal.id, request.key);
    const task = await tell(taskId, 'comment', { ...request, messageId }, { comment: text });
    const made = task.comments.findLast(({ id }) => id === messageId);
    if (!made)
      throw new Problem('not_found', {
        detail: 'Your comment stands, but is older than those kept; see the events.',
      });
    return made;
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

  return { create, edit, tell, cancel, comment, comments, read: reader.task };
}

/** A fault of the workflow's parser, which begins with the place, as a mistake in the request. */
function faultOf(fault: string): Mistake {
  const [, pointer = '/', detail = fault] = /^\/definition(\/\S*)? (.*)$/s.exec(fault) ?? [];
  return { pointer, detail };
}
