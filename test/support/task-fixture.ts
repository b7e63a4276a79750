/** A task without Temporal: the pure rules, and a clock that the test moves. Also the people all task tests know. */
import type { Definition } from '../../workflows/definition.ts';
import type { Actor } from '../../workflows/actor.ts';
import type { Arguments, Message, MessageName, Outcome } from '../../workflows/messages.ts';
import { cancelRequested, elapse, leaseEnded } from '../../workflows/occur.ts';
import type { LeaseEnd } from '../../workflows/occur.ts';
import { receive } from '../../workflows/receive.ts';
import { hearOfChild, hearOfEnd } from '../../workflows/rules/children.ts';
import type { ChildNews } from '../../workflows/rules/children.ts';
import { newTask } from '../../workflows/task-record.ts';
import type { Task, TaskInput } from '../../workflows/task-record.ts';
import type { TaskStatus } from '../../workflows/task-state.ts';

export const ada: Actor = { id: 'ada', role: 'agent' };
export const bob: Actor = { id: 'bob', role: 'agent' };
export const rita: Actor = { id: 'rita', role: 'reviewer' };
export const rolf: Actor = { id: 'rolf', role: 'reviewer' };
export const olga: Actor = { id: 'olga', role: 'operator' };

const START = Date.parse('2030-01-01T00:00:00.000Z');
/** The time on the test's clock after so many seconds. */
export const at = (seconds: number): string => new Date(START + seconds * 1000).toISOString();

/** A message as a test writes it: ids are made up, and `by` is its actor. */
export type Args<N extends MessageName> = Omit<Arguments<N>, 'actor' | 'messageId' | 'runId'> & {
  runId?: string;
  messageId?: string;
};

/** What a message needs besides an actor and, from a run, its id. */
export const REQUIRED = {
  claim: {},
  report_progress: { note: 'still on it' },
  mark_complete: { output: { answer: 42 }, reasoning: 'I counted.' },
  mark_failed: { reasonCode: 'other' },
  release: {},
  hand_off: { blockers: 'no access' },
  resume: {},
  reopen: {},
  cancel: {},
  archive: {},
  link: { to: 'task-0', type: 'relates' },
  comment: { comment: 'hello' },
  approve: {},
  request_changes: { comment: 'not yet' },
  edit: { edit: { title: 'Another title' } },
  create_subtask: { child: { id: 'child-1', definition: { title: 'Fetch the beans' } } },
  skip_child: { child: 'child-1' },
  child_closed: { child: 'child-1', status: 'done' },
  open_gate: {},
  close_gate: { blockedBy: 'task-0' },
  approval_asked: { approvalId: 'approval-1', type: 'hire_agent' },
  approval_decided: { approvalId: 'approval-1', decision: 'approved' },
} as const satisfies Record<MessageName, object>;

const FROM_A_RUN: readonly MessageName[] = ['report_progress', 'mark_complete', 'mark_failed', 'release'];

/** The run that a message speaks for; people speak for none. */
export function runOf({ run }: Task, name: MessageName, actor: Actor): string | undefined {
  if (FROM_A_RUN.includes(name)) return run?.id ?? 'no-run';
  return name === 'hand_off' && run?.agent === actor.id ? run.id : undefined;
}

/** Where a `PureTask` stands among others; `became` hears of every change. */
export interface Surroundings extends Partial<Omit<TaskInput, 'definition'>> {
  id?: string;
  clock?: number;
  mintId?: () => string;
  became?: (before: Task, after: Task, message?: Message) => void;
}

export class PureTask {
  task: Task;
  /** Seconds since the first second of the test. */
  clock: number;
  readonly #became: Surroundings['became'];
  readonly #mintId: () => string;
  #minted = 0;

  constructor(
    definition: Partial<Definition> = {},
    { id = 'task-1', clock = 0, mintId, became, ...also }: Surroundings = {},
  ) {
    const input = {
      definition: { title: 'Count the beans', ...definition },
      company: 'acme',
      createdBy: olga,
      ...also,
    };
    this.clock = clock;
    this.task = newTask(id, input, at(clock));
    this.#became = became;
    this.#mintId = mintId ?? (() => `minted-${(this.#minted += 1)}`);
  }

  get status(): TaskStatus {
    return this.task.status;
  }

  /** Sends a message with what it needs at least, and `args`; from a run unless `args` name another. */
  send<N extends MessageName>(name: N, actor: Actor, args: Partial<Args<N>> = {}): Outcome {
    return this.receive(this.#message(name, actor, args));
  }

  /** Takes a message just as it is. */
  receive(message: Message): Outcome {
    const { task, outcome, replayed } = receive(this.task, message, this.#moment());
    this.#become(task, outcome === 'accepted' && !replayed ? message : undefined);
    return outcome;
  }

  /** Takes note of what became of a sub-task, which nobody needed to tell. */
  hear(news: ChildNews): this {
    return this.#become(hearOfChild(this.task, news, at(this.clock)));
  }

  /** Learns that the workflow of a sub-task has closed. */
  hearOfEnd(news: ChildNews): this {
    return this.#become(hearOfEnd(this.task, news, at(this.clock)));
  }

  /** `send` of a message that must be accepted. */
  do<N extends MessageName>(name: N, actor: Actor, args: Partial<Args<N>> = {}): this {
    const outcome = this.send(name, actor, args);
    if (outcome !== 'accepted') throw new Error(`${name} was refused: ${outcome.detail}`);
    return this;
  }

  /** Lets time pass, and what it brings happen. */
  wait(seconds: number, happened?: Parameters<typeof elapse>[2]): this {
    this.clock += seconds;
    return this.#become(elapse(this.task, this.#moment(), happened));
  }

  cancel(): this {
    return this.#become(cancelRequested(this.task, at(this.clock)));
  }

  /** The lease of the current run, or of the one named, ends: for want of heartbeats, unless another way is said. */
  loseLease({
    runId = this.task.run?.id ?? 'none',
    end = 'lost',
  }: { runId?: string; end?: LeaseEnd } = {}): this {
    return this.#become(leaseEnded(this.task, runId, end, at(this.clock)));
  }

  #become(after: Task, message?: Message): this {
    const before = this.task;
    this.task = after;
    if (after !== before) this.#became?.(before, after, message);
    return this;
  }

  #message<N extends MessageName>(name: N, actor: Actor, args: Partial<Args<N>>): Message {
    const messageId = `message-${(this.#minted += 1)}`;
    const runId = name === 'claim' ? `run-${this.#minted}` : runOf(this.task, name, actor);
    return {
      name,
      messageId,
      actor,
      ...(runId && { runId }),
      ...REQUIRED[name],
      ...args,
    } as unknown as Message;
  }

  #moment() {
    return { now: at(this.clock), mintId: this.#mintId };
  }
}

/** A task in `status`, brought there by ada, and by rita or olga where it takes a person. */
export function aTaskThatIs(status: TaskStatus, definition: Partial<Definition> = {}): PureTask {
  const task = new PureTask(definition);
  switch (status) {
    case 'queued':
      return task;
    case 'assigned':
      return task.do('claim', ada);
    case 'running':
      return task.do('claim', ada).do('report_progress', ada);
    case 'review':
      return task.do('claim', ada).do('mark_complete', ada);
    case 'done':
      return task.do('claim', ada).do('mark_complete', ada).do('approve', rita);
    case 'failed':
      return task.do('claim', ada).do('mark_failed', ada);
    case 'cancelled':
      return task.cancel();
    case 'handoff':
      return task.do('claim', ada).do('hand_off', ada);
  }
}
