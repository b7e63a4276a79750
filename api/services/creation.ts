/** How tasks come into being: one, a tree in one call, a sub-task of one that is there, or another try at a failed one. */
import { uuidv7 } from 'uuidv7';
import type { Definition } from '../../workflows/definition.ts';
import { createSubtaskUpdate } from '../../workflows/messages.ts';
import type { Arguments } from '../../workflows/messages.ts';
import { parse } from '../../workflows/parse.ts';
import { noSuchChild } from '../../workflows/rules/children.ts';
import type { Parser } from '../../workflows/parse.ts';
import { TaskInput, newTask } from '../../workflows/task-record.ts';
import type { Task } from '../../workflows/task-record.ts';
import { TreeNode, isContainer } from '../../workflows/tree.ts';
import { REQUEST_MEMO, memoOf, startAttributes } from '../../workflows/visibility.ts';
import { fingerprint, uuidFrom } from '../idempotency.ts';
import { Problem, invalidRequest } from '../problems.ts';
import type { NewSubtask } from '../schemas/create-task.ts';
import { NoAnswer, NotOpen } from './engine.ts';
import type { Engine } from './engine.ts';
import type { KnownTasks } from './known-tasks.ts';
import type { LastSeen } from './last-seen.ts';
import { answerOnRecord, envelope } from './messages.ts';
import type { Request } from './messages.ts';
import type { OutputSchemas } from './output-schemas.ts';
import type { Placing } from './placing.ts';
import { noWorker } from './reading.ts';
import type { Reader } from './reading.ts';
import type { AwaitStarted } from './started.ts';
import { faultOf, leavesOf, nodeOf, schemasOf } from './trees.ts';

interface Deps {
  engine: Engine;
  known: KnownTasks;
  lastSeen: Pick<LastSeen, 'note'>;
  reader: Reader;
  outputSchemas: OutputSchemas;
  awaitStarted: AwaitStarted;
  place: Placing['place'];
}

/** A sub-task as its parent is asked for it, with the fingerprint of the request. */
type Asked = Pick<Arguments<'create_subtask'>, 'replaces'> & { child: TreeNode & { request: string } };

export function createCreation(deps: Deps) {
  const { engine, known, lastSeen, reader, outputSchemas, awaitStarted, place } = deps;

  /**
   * Creates a task with all that is below it; durable when this resolves, and all of it started if a worker is up.
   * The same key and body again answer the same task. It also has what is here `unlessSaid` by the body or its queue.
   */
  async function task(
    request: Request,
    body: NewSubtask,
    unlessSaid: Partial<Definition> = {},
  ): Promise<Task> {
    const { principal } = request;
    await outputSchemas.mustBeUsable(principal, schemasOf(body));
    const taskId = idFor(request);
    const hash = fingerprint('create', body);
    const placing = place(principal, nodeOf(taskId, body), '', unlessSaid);
    const placed = await placing.catch(async (error: unknown) => {
      // A queue may be gone since the same request was first sent.
      const before = request.key === undefined ? undefined : await createdBefore(request, taskId, hash);
      if (before) return before;
      throw error;
    });
    if ('createdAt' in placed) return placed;
    const { definition, children = [] } = placed;
    const createdAt = new Date().toISOString();
    const input: TaskInput = {
      definition,
      company: principal.company,
      createdBy: { id: principal.id, role: principal.role },
      createdAt,
      ...(children.length > 0 && { children }),
    };
    const created = newTask(taskId, readable(TaskInput, input), createdAt);
    const isFirst = await engine.start(principal.id, {
      workflowId: taskId,
      args: [input],
      typedSearchAttributes: startAttributes(created),
      memo: { ...memoOf(created), [REQUEST_MEMO]: hash },
      staticSummary: definition.title,
    });
    const before = isFirst ? undefined : await createdBefore(request, taskId, hash);
    known.remember(taskId, principal.company);
    if (isFirst) lastSeen.note(created);
    await awaitStarted(leavesOf(children));
    return before ?? created;
  }

  /** Creates a task below another, with all that is below it. The same key and body again answer the same task. */
  async function subtask(parentId: string, request: Request, body: NewSubtask): Promise<Task> {
    await known.mustBeOf(request.principal, parentId);
    await outputSchemas.mustBeUsable(request.principal, schemasOf(body));
    const hash = fingerprint('create', { ...body, parent: parentId });
    return await add(parentId, request, { child: { ...nodeOf(idFor(request), body), request: hash } });
  }

  /** Puts a new task in the place of a sub-task that failed or was cancelled. It asks for the same, and follows it. */
  async function retry(
    parentId: string,
    childId: string,
    request: Request,
    comment: string | undefined,
  ): Promise<Task> {
    const { principal } = request;
    await known.mustBeOf(principal, parentId);
    const { parent, definition, createdBy, failure } = await endedSubtask(childId, request);
    if (parent?.id !== parentId) throw Problem.of(noSuchChild(childId));
    const why = comment ?? `Tried again${failure ? `, after: ${failure.message}` : '.'}`;
    const child = {
      id: idFor(request),
      definition,
      // Not whoever asks: who creates a task may also change the controls on it.
      createdBy,
      follows: { task: childId, by: { id: principal.id, role: principal.role }, comment: why },
      request: fingerprint('retry', parentId, childId, comment),
    };
    return await add(parentId, request, { child, replaces: childId }).catch((error: unknown) => {
      throw namesNoQueue(error) ? queueIsGone(definition.queue) : error;
    });
  }

  async function endedSubtask(childId: string, { principal }: Request): Promise<Task> {
    const ended = await reader.task(principal, childId).catch((error: unknown) => {
      throw error instanceof Problem && error.type === 'not_found' ? Problem.of(noSuchChild(childId)) : error;
    });
    if (!isContainer(ended)) return ended;
    throw new Problem('transition_not_allowed', {
      detail: 'This sub-task is made of its own sub-tasks, and another try would begin without them.',
      hint: 'Create another sub-task with what is left to do, then skip this one.',
      retryable: false,
      taskStatus: ended.status,
    });
  }

  /** Has the parent start a sub-task, unless the same request did so before. Answers it as it is now. */
  async function add(parentId: string, request: Request, asked: Asked): Promise<Task> {
    const { child, replaces } = asked;
    const before =
      request.key === undefined ? undefined : await createdBefore(request, child.id, child.request);
    if (!before) {
      const node = readable(TreeNode, await place(request.principal, child), '/child');
      const content = { child: node, ...(replaces !== undefined && { replaces }) };
      await ask(
        parentId,
        { ...envelope('create_subtask', parentId, request, { request: child.request }), ...content },
        request,
      );
    }
    await awaitStarted(leavesOf([child]));
    return before ?? (await reader.task(request.principal, child.id));
  }

  async function ask(parentId: string, message: Arguments<'create_subtask'>, { principal }: Request) {
    try {
      await engine.update(principal.id, parentId, createSubtaskUpdate, message);
    } catch (error) {
      if (error instanceof NotOpen) {
        return void answerOnRecord(await reader.closed(parentId), { name: 'create_subtask', ...message });
      }
      throw error instanceof NoAnswer ? unanswered(error) : error;
    }
  }

  /** The task that this request created before; undefined when there is none. Throws `idempotency_key_reused`. */
  async function createdBefore(
    { principal }: Request,
    taskId: string,
    hash: string,
  ): Promise<Task | undefined> {
    const described = await known.describeFor(principal, taskId).catch((error: unknown) => {
      if (error instanceof Problem && error.type === 'not_found') return undefined;
      throw error;
    });
    if (!described) return undefined;
    if (described.memo?.[REQUEST_MEMO] === hash) return await reader.lastKnown(principal, taskId);
    throw new Problem('idempotency_key_reused', { detail: 'This key created another task before.' });
  }

  return { task, subtask, retry };
}

const idFor = ({ principal, key }: Request): string =>
  key === undefined ? uuidv7() : uuidFrom('task', principal.company, principal.id, key);

/** What the workflow could not read would be created here and fail there, so it is refused. */
function readable<T>(parser: Parser<T>, value: unknown, at = ''): T {
  const parsed = parse((given: unknown) => parser(given, at), value);
  if (parsed.ok) return parsed.value;
  throw invalidRequest([faultOf(parsed.fault)]);
}

/** The parent may have taken the request and not come to starting the sub-task. */
const unanswered = (cause: NoAnswer): Problem =>
  new Problem(
    'no_worker',
    {
      ...noWorker().details,
      detail: 'No worker answered in time; the sub-task may still come.',
      hint: 'Repeat the request with the same Idempotency-Key.',
    },
    { cause },
  );

const namesNoQueue = (error: unknown): boolean =>
  error instanceof Problem && (error.details.errors ?? []).some(({ pointer }) => pointer === '/queue');

const queueIsGone = (queue: string | undefined): Problem =>
  new Problem('transition_not_allowed', {
    detail: `This sub-task waited in queue ${queue}, which was deleted, and so would another try of it.`,
    hint: 'Create another sub-task with what is left to do, in a queue that there is, then skip this one.',
    retryable: false,
  });
