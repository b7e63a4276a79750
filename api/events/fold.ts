/**
 * Reads the history of a task's workflow back into what happened to the task. Pure: it runs the recorded messages
 * and occurrences through the same rules as the workflow did, at the same times, so it comes to the same verdicts.
 * A message's time is that of the workflow task that handled it, and the order within one workflow task is the SDK's:
 * signals, then updates, then everything else.
 */
import { SIGNALS } from '../../workflows/messages.ts';
import type { Actor } from '../../workflows/actor.ts';
import type { Outcome } from '../../workflows/messages.ts';
import { CUT_OFF, cancelRequested, elapse, isCutOff, leaseEnded } from '../../workflows/occur.ts';
import type { LeaseEnd } from '../../workflows/occur.ts';
import { parse } from '../../workflows/parse.ts';
import { take, takeOffer } from '../../workflows/receive.ts';
import { hearOfEnd } from '../../workflows/rules/children.ts';
import type { ChildNews } from '../../workflows/rules/children.ts';
import { TaskInput, newTask } from '../../workflows/task-record.ts';
import type { Task } from '../../workflows/task-record.ts';
import type { TaskStatus } from '../../workflows/task-state.ts';
import { activationsOf, eventTime, firstValue } from './activations.ts';
import type { End, HistoryEvent } from './activations.ts';

export interface TaskEvent {
  /** Unique within the task, and in order within one execution. */
  id: string;
  at: string;
  /** The name of a message or occurrence, `created`, `cancel_requested`, `late_submission` or `terminated`. */
  type: string;
  by?: Actor;
  run?: string;
  outcome: Outcome;
  /** The task's status and version after it. */
  status: TaskStatus;
  version: number;
  data?: Record<string, unknown>;
}

export interface Folded {
  /** The task after all of it; undefined when the workflow was started with something that is no task. */
  task: Task | undefined;
  events: TaskEvent[];
}

/** Folds the whole history of one execution of the task `taskId`. */
export function foldHistory(taskId: string, history: readonly HistoryEvent[]): Folded {
  const [started] = history;
  const attributes = started?.workflowExecutionStartedEventAttributes;
  if (!started || !attributes) return { task: undefined, events: [] };
  const input = firstValue(attributes.input);
  const first = attributes.continuedExecutionRunId
    ? (input as { task: Task }).task
    : createdFrom(taskId, input, eventTime(started));
  const last = history.at(-1);
  if (!first) return { task: undefined, events: [] };

  const fold = new Fold(first, attributes.originalExecutionRunId ?? taskId);
  if (!attributes.continuedExecutionRunId) {
    fold.note(started, 'created', 'accepted', {
      by: first.createdBy,
      data: {
        title: first.definition.title,
        ...(first.parent && { parent: first.parent.id }),
        ...(first.children.length > 0 && { children: first.children.map(({ id }) => id) }),
      },
    });
  }
  for (const [at, activation] of activationsOf(taskId, history).entries()) {
    if (at === 0) fold.begin(started, activation.now);
    const moment = { now: activation.now, mintId: () => activation.successorIds.shift() ?? '' };
    for (const event of activation.jobs) fold.apply(event, moment, activation);
  }
  if (last) fold.close(last);
  return { task: fold.task, events: fold.events };
}

function createdFrom(taskId: string, input: unknown, now: string): Task | undefined {
  const parsed = parse(TaskInput, input);
  return parsed.ok ? newTask(taskId, parsed.value, now) : undefined;
}

type Moment = Parameters<typeof elapse>[1];
type Activation = ReturnType<typeof activationsOf>[number];

class Fold {
  task: Task;
  readonly events: TaskEvent[] = [];
  readonly #execution: string;

  constructor(task: Task, execution: string) {
    this.task = task;
    this.#execution = execution.slice(0, 8);
  }

  note(
    cause: HistoryEvent,
    type: string,
    outcome: Outcome,
    also: Pick<TaskEvent, 'by' | 'run' | 'data'> = {},
  ): void {
    const { status, version } = this.task;
    const id = `${this.#execution}-${String(cause.eventId)}-${this.events.length}`;
    this.events.push({ id, at: eventTime(cause), type, ...also, outcome, status, version });
  }

  /** What the workflow itself makes of the task that it begins with. */
  begin(started: HistoryEvent, now: string): void {
    if (isCutOff(this.task)) this.#leaseEnded(started, this.task.run!.id, CUT_OFF, now);
  }

  apply(event: HistoryEvent, moment: Moment, { ends, now }: Activation): void {
    const signal = event.workflowExecutionSignaledEventAttributes;
    if (signal) return this.#signal(event, signal.signalName ?? '', firstValue(signal.input), moment);
    const update = event.workflowExecutionUpdateAcceptedEventAttributes?.acceptedRequest?.input;
    if (update) return this.#message(event, update.name ?? '', firstValue(update.args), moment);
    if (event.workflowExecutionCancelRequestedEventAttributes) return this.#cancel(event, now);
    if (event.timerFiredEventAttributes) {
      this.task = elapse(this.task, moment, (what, after) => {
        this.task = after;
        if (what !== 'look_at_children') this.note(event, what, 'accepted');
      });
      return;
    }
    const end = ends.get(event);
    if (end) this.#ended(event, end, moment);
  }

  #signal(event: HistoryEvent, name: string, args: unknown, moment: Moment): void {
    this.#message(event, name, Object.hasOwn(SIGNALS, name) ? args : undefined, moment);
  }

  #message(event: HistoryEvent, name: string, args: unknown, moment: Moment): void {
    this.#received(event, name, take(this.task, name, args, moment));
  }

  #received(
    event: HistoryEvent,
    name: string,
    { task, outcome, message, replayed }: ReturnType<typeof take>,
  ): void {
    this.task = task;
    if (replayed) return;
    if (!message) return this.note(event, 'ignored', outcome, { data: { message: name } });
    const { name: type, messageId: _id, contentHash: _hash, actor, runId, ...data } = message;
    const late = task.endedRuns.some((run) => run.id === runId && run.lateSubmission);
    const tooLate = type === 'mark_complete' && outcome !== 'accepted' && late;
    this.note(event, tooLate ? 'late_submission' : type, outcome, {
      by: actor,
      ...(runId && { run: runId }),
      data,
    });
  }

  #cancel(event: HistoryEvent, now: string): void {
    const { identity, cause } = event.workflowExecutionCancelRequestedEventAttributes!;
    this.task = cancelRequested(this.task, now);
    this.note(event, 'cancel_requested', 'accepted', {
      data: { by: identity, ...(cause && { reason: cause }) },
    });
  }

  #ended(event: HistoryEvent, end: End, moment: Moment): void {
    switch (end.what) {
      case 'lease':
        return this.#leaseEnded(event, end.runId, 'end' in end ? end.end : this.#howLost(end), moment.now);
      case 'offer': {
        const received = takeOffer(this.task, end.claim, moment);
        return received && this.#received(event, 'claim', received);
      }
      case 'children':
        for (const news of end.news) this.#heard(event, news, moment.now);
    }
  }

  /** What a sub-task told by itself is news no more. */
  #heard(event: HistoryEvent, news: ChildNews, now: string): void {
    const before = this.task;
    this.task = hearOfEnd(before, news, now);
    if (!isNews(before, this.task)) return;
    this.note(event, 'child_closed', 'accepted', { data: { ...news } });
  }

  #howLost({ unheard }: { unheard?: 'not_picked_up' | 'silent' | undefined }): 'lost' | 'never_started' {
    const isNew = !this.task.run?.carriedOver;
    return unheard === 'not_picked_up' || (unheard === 'silent' && isNew) ? 'never_started' : 'lost';
  }

  #leaseEnded(event: HistoryEvent, runId: string, end: LeaseEnd, now: string): void {
    const after = leaseEnded(this.task, runId, end, now);
    if (after === this.task) return;
    this.task = after;
    if (typeof end === 'string') {
      return this.note(event, end === 'lost' ? 'crashed' : end, 'accepted', { run: runId });
    }
    const data =
      'exit' in end
        ? { exitCode: end.exit.exitCode, signal: end.exit.signal }
        : { type: end.failure.type, message: end.failure.message };
    this.note(event, 'exit' in end ? 'agent_exited' : 'runner_failed', 'accepted', { run: runId, data });
  }

  /** A task that was ended from outside reads as cancelled. */
  close(last: HistoryEvent): void {
    const terminated = last.workflowExecutionTerminatedEventAttributes;
    if (!terminated && !last.workflowExecutionTimedOutEventAttributes) return;
    this.task = asTerminated(this.task, eventTime(last));
    this.note(last, 'terminated', 'accepted', {
      data: { by: terminated?.identity, ...(terminated?.reason && { reason: terminated.reason }) },
    });
  }
}

/** A task whose workflow was terminated or timed out: cancelled, whatever it was before. */
function asTerminated({ run: _run, ...task }: Task, at: string): Task {
  return { ...task, status: 'cancelled', updatedAt: at, since: at, terminated: true };
}

/** Whether a sub-task has another state now, or another task has its place. */
const isNews = (before: Task, after: Task): boolean =>
  after.children.some(
    ({ id, status }, i) => id !== before.children[i]?.id || status !== before.children[i]?.status,
  );
