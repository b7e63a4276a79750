/**
 * Sends a message to a task and finds out what became of it: signal, then query, which Temporal answers once the
 * signal has been handled. So callers get an honest answer, although signals have none.
 */
import { MESSAGES } from '../../workflows/messages.ts';
import type { Arguments, Message, Outcome, SignalName } from '../../workflows/messages.ts';
import { parse } from '../../workflows/parse.ts';
import { receive } from '../../workflows/receive.ts';
import type { Task } from '../../workflows/task-record.ts';
import type { Principal } from '../auth.ts';
import { fingerprint, messageIdFor } from '../idempotency.ts';
import { Problem } from '../problems.ts';
import type { Engine } from './engine.ts';
import { NoAnswer, NotOpen } from './engine.ts';
import type { Mentions } from './mentions.ts';
import type { ReadClosed, Reader } from './reading.ts';
import type { ReadView } from './views.ts';

/** What a caller's request carries besides its body. */
export interface Request {
  principal: Principal;
  /** The `Idempotency-Key`, if any. */
  key?: string | undefined;
  /** The id of the message it becomes, where somebody needs to know it beforehand. */
  messageId?: string | undefined;
  /** Fingerprint of what came under the key, where it is not simply what becomes of it. */
  said?: string | undefined;
  ifVersion?: number | undefined;
  /** The caller's own name for its wake, recorded with the message. */
  callerRunId?: string | undefined;
  /** There is another way if this one is closed, so what comes too late by it is not kept yet. */
  isFirstTry?: boolean | undefined;
}

export type Content<N extends SignalName> = Omit<Arguments<N>, 'messageId' | 'contentHash' | 'actor'>;

/** The message is durable, but no worker has answered yet; the answer is 202. */
export class Unconfirmed extends Error {
  readonly messageId: string;
  readonly taskId: string;
  constructor(taskId: string, messageId: string) {
    super('unconfirmed');
    this.taskId = taskId;
    this.messageId = messageId;
  }
}

/**
 * The envelope of a message: who sends it, and ids that are the same when the request is sent again. What is no part of
 * what it says may differ then: whether it has to take the task first, and whether its cost is counted.
 */
export function envelope(operation: string, taskId: string, request: Request, content: object) {
  const { principal, key, said, ifVersion, callerRunId } = request;
  const { take: _take, counted: _counted, ...meant } = content as { take?: object; counted?: boolean };
  return {
    messageId: request.messageId ?? messageIdFor(principal.id, key),
    contentHash: said ?? fingerprint(operation, taskId, meant),
    actor: { id: principal.id, role: principal.role },
    ...(ifVersion !== undefined && { ifVersion }),
    ...(callerRunId !== undefined && { callerRunId }),
  };
}

interface Deps {
  engine: Pick<Engine, 'signal'>;
  readView: ReadView;
  readClosed: ReadClosed;
  mentions: Mentions;
}

export function createMessenger({ engine, readView, readClosed, mentions }: Deps) {
  /**
   * Sends one message and answers the task after it. Throws the workflow's refusal as a problem, `Unconfirmed` when
   * no worker answers, and a problem when the task is closed by now.
   */
  async function send<N extends SignalName>(
    taskId: string,
    name: N,
    request: Request,
    content: Content<N>,
  ): Promise<Task> {
    const message = {
      ...envelope(name, taskId, request, content),
      ...content,
      // Not part of what is said: said again, it may find other agents.
      ...(await mentions(request.principal, content.comment)),
    } as unknown as Arguments<N>;
    // What the workflow can't read would leave a trace there and never be confirmed here.
    const readable = parse<object>(MESSAGES[name], message);
    if (!readable.ok) throw new Problem('malformed_message', { detail: readable.fault });
    try {
      await engine.signal(request.principal.id, taskId, name, message);
    } catch (error) {
      if (error instanceof NotOpen)
        return answerOnRecord(await readClosed(taskId), { name, ...message } as Message);
      throw error;
    }
    return await confirm(taskId, message);
  }

  /** Waits until the message has been handled, and answers the task after it. */
  async function confirm(
    taskId: string,
    { messageId, contentHash }: { messageId: string; contentHash?: string | undefined },
  ): Promise<Task> {
    const view = await readView(taskId, messageId).catch((error: unknown) => {
      // Temporal has the message, whether it answers now or not.
      const isSilent =
        error instanceof NoAnswer || (error instanceof Problem && error.type === 'engine_unavailable');
      throw isSilent ? new Unconfirmed(taskId, messageId) : error;
    });
    const outcome: Outcome | undefined = view.outcomes[messageId];
    if (outcome === undefined) throw new Unconfirmed(taskId, messageId);
    // The workflow keeps the first outcome under an id, which is not the answer to another content.
    if (view.hashes[messageId] !== contentHash) throw new Problem('idempotency_key_reused');
    if (outcome !== 'accepted') throw Problem.of(outcome);
    return view.task;
  }

  return { send };
}

export type Messenger = ReturnType<typeof createMessenger>;

/** Finds out what became of a message that no worker had answered in time. */
export function createReceived(reader: Pick<Reader, 'task'>) {
  return async (principal: Principal, taskId: string, messageId: string) => {
    const { remembered } = await reader.task(principal, taskId, messageId);
    const outcome = remembered.find(({ id }) => id === messageId)?.outcome;
    const links = { task: `/v1/tasks/${taskId}`, events: `/v1/tasks/${taskId}/events` };
    if (outcome === undefined) return { messageId, outcome: 'unknown' as const, links };
    if (outcome === 'accepted') return { messageId, outcome, links };
    return { messageId, outcome: 'refused' as const, problem: Problem.of(outcome).toJSON(), links };
  };
}

/**
 * Why the rules turn this message down on this task, as a problem; undefined when they would not, or when the task
 * remembers that it took the message before.
 */
export function refusalOf(task: Task, message: Message): Problem | undefined {
  const { outcome } = receive(task, message, { now: new Date().toISOString(), mintId: () => '' });
  return outcome === 'accepted' ? undefined : Problem.of(outcome);
}

/** A closed task takes no messages any more, but one that was handled before still gets its answer. */
export function answerOnRecord(task: Task, message: Message): Task {
  const refusal = refusalOf(task, message);
  if (refusal) throw refusal;
  return task;
}
