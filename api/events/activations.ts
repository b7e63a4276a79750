/**
 * Groups a workflow history into activations: what each workflow task handed to the workflow, in the order in which
 * the SDK delivers it, and when. Pure.
 */
import { defaultPayloadConverter } from '@temporalio/common';
import type { temporal } from '@temporalio/proto';
import { isReserved } from '../../workflows/interceptors.ts';
import { exitOf, failureOfRunner } from '../../workflows/launch.ts';
import type { LeaseEnd } from '../../workflows/occur.ts';
import { RUN_AGENT } from '../../workflows/run-agent.ts';
import type { ChildNews } from '../../workflows/rules/children.ts';
import type { Task } from '../../workflows/task-record.ts';

export type HistoryEvent = temporal.api.history.v1.IHistoryEvent;

export interface Activation {
  /** What the workflow's own clock said. */
  now: string;
  jobs: HistoryEvent[];
  /** What those of the jobs mean that end something which the workflow had begun before. */
  ends: Map<HistoryEvent, End>;
  /** The ids of the tasks it started to follow it. */
  successorIds: string[];
}

export type End =
  /** A lease is gone; `unheard` when nobody had picked it up, or no heartbeat had ever come. */
  | { what: 'lease'; runId: string; unheard?: 'not_picked_up' | 'silent' | undefined }
  /** That of a launched run: with its program, or because that could not be launched. */
  | { what: 'lease'; runId: string; end: Exclude<LeaseEnd, string> }
  /** Somebody answered an offer, normally with a claim. */
  | { what: 'offer'; claim: unknown }
  | { what: 'children'; news: ChildNews[] };

type Payloads = { payloads?: { data?: Uint8Array | null }[] | null } | null | undefined;

/** The first value of some payloads; undefined if it can't be read, as it is for the workflow. */
export function firstValue(payloads: Payloads): unknown {
  const payload = payloads?.payloads?.[0];
  try {
    return payload ? defaultPayloadConverter.fromPayload(payload) : undefined;
  } catch {
    return undefined;
  }
}

export const eventTime = ({ eventTime: time }: HistoryEvent): string =>
  new Date(Number(time?.seconds ?? 0) * 1000 + Math.floor((time?.nanos ?? 0) / 1e6)).toISOString();

// The protocol's numbers for the kinds of timeout that matter here.
const SCHEDULE_TO_START = 2;
const HEARTBEAT = 4;

interface Waiting {
  signals: HistoryEvent[];
  others: HistoryEvent[];
  ends: Activation['ends'];
  /** The sub-tasks that have started. */
  started: Set<string>;
}

const nothing = (): Waiting => ({ signals: [], others: [], ends: new Map(), started: new Set() });

const both = (first: Waiting, then: Waiting): Waiting => ({
  signals: [...first.signals, ...then.signals],
  others: [...first.others, ...then.others],
  ends: new Map([...first.ends, ...then.ends]),
  started: new Set([...first.started, ...then.started]),
});

/** The activations of one execution of a task, oldest first; messages that no worker has handled yet are in none. */
export function activationsOf(taskId: string, history: readonly HistoryEvent[]): Activation[] {
  const activations: Activation[] = [];
  const scheduled = new Map<string, { id: string; type: string }>();
  const asked = new Set<string>();
  const admitted = new Map<string, temporal.api.update.v1.IRequest | null | undefined>();
  let waiting = nothing();
  let startedAt: HistoryEvent | undefined;
  let delivered = waiting;

  for (const event of history) {
    const current = activations.at(-1);
    if (event.workflowTaskStartedEventAttributes) {
      startedAt = event;
      delivered = waiting;
      waiting = nothing();
    } else if (event.workflowTaskCompletedEventAttributes) {
      const now = eventTime(startedAt!);
      activations.push({ now, jobs: asHeard(delivered), ends: delivered.ends, successorIds: [] });
    } else if (event.workflowTaskFailedEventAttributes || event.workflowTaskTimedOutEventAttributes) {
      // It will all be delivered again.
      waiting = both(delivered, waiting);
    } else if (event.workflowExecutionSignaledEventAttributes) {
      const { signalName } = event.workflowExecutionSignaledEventAttributes;
      if (!isReserved(signalName)) waiting.signals.push(event);
    } else if (event.workflowExecutionUpdateAdmittedEventAttributes) {
      admitted.set(String(event.eventId), event.workflowExecutionUpdateAdmittedEventAttributes.request);
    } else if (event.workflowExecutionUpdateAcceptedEventAttributes) {
      const accepted = event.workflowExecutionUpdateAcceptedEventAttributes;
      // One that a reset took over from the execution before stands where it was admitted.
      const acceptedRequest =
        accepted.acceptedRequest ?? admitted.get(String(accepted.acceptedRequestSequencingEventId));
      const whole = {
        ...event,
        workflowExecutionUpdateAcceptedEventAttributes: { ...accepted, acceptedRequest },
      };
      // Recorded after the workflow task that handled it, where it came behind the signals.
      const lastMessage = current?.jobs.findLastIndex(isMessage) ?? -1;
      current?.jobs.splice(lastMessage + 1, 0, whole);
    } else if (event.workflowExecutionCancelRequestedEventAttributes || event.timerFiredEventAttributes) {
      waiting.others.push(event);
    } else if (event.startChildWorkflowExecutionInitiatedEventAttributes) {
      const { workflowId, input } = event.startChildWorkflowExecutionInitiatedEventAttributes;
      const { parent } = (firstValue(input) ?? {}) as { parent?: { id: string } };
      if (parent?.id !== taskId) current?.successorIds.push(workflowId ?? '');
    } else if (event.childWorkflowExecutionStartedEventAttributes) {
      waiting.started.add(
        event.childWorkflowExecutionStartedEventAttributes.workflowExecution?.workflowId ?? '',
      );
    } else if (event.activityTaskScheduledEventAttributes) {
      const { activityId, activityType } = event.activityTaskScheduledEventAttributes;
      scheduled.set(String(event.eventId), { id: activityId ?? '', type: activityType?.name ?? '' });
    } else if (event.activityTaskCancelRequestedEventAttributes) {
      asked.add(String(event.activityTaskCancelRequestedEventAttributes.scheduledEventId));
    } else {
      const end = childEnd(event) ?? activityEnd(event, scheduled, asked);
      if (!end) continue;
      waiting.others.push(event);
      waiting.ends.set(event, end);
    }
  }
  return activations;
}

/** Signals come first; the end of a sub-task last if its start comes along with it, for which the workflow waits first. */
function asHeard({ signals, others, ends, started }: Waiting): HistoryEvent[] {
  const isLate = (event: HistoryEvent): boolean => {
    const end = ends.get(event);
    return end?.what === 'children' && end.news.some(({ child }) => started.has(child));
  };
  return [...signals, ...others.filter((event) => !isLate(event)), ...others.filter(isLate)];
}

const isMessage = (event: HistoryEvent): boolean =>
  Boolean(
    event.workflowExecutionSignaledEventAttributes ?? event.workflowExecutionUpdateAcceptedEventAttributes,
  );

/**
 * The end of an activity. One whose cancellation was asked for is over for the workflow from then on, but for a program,
 * for the end of which it waits.
 */
function activityEnd(
  event: HistoryEvent,
  scheduled: ReadonlyMap<string, { id: string; type: string }>,
  asked: ReadonlySet<string>,
): End | undefined {
  const completed = event.activityTaskCompletedEventAttributes;
  const timedOut = event.activityTaskTimedOutEventAttributes;
  const attributes =
    completed ??
    timedOut ??
    event.activityTaskFailedEventAttributes ??
    event.activityTaskCanceledEventAttributes;
  const activity = scheduled.get(String(attributes?.scheduledEventId));
  if (!attributes || !activity) return undefined;
  const isOver = event.activityTaskCanceledEventAttributes ?? asked.has(String(attributes.scheduledEventId));
  if (isOver && activity.type !== RUN_AGENT) return undefined;
  switch (activity.type) {
    case 'lease':
    case RUN_AGENT:
      return {
        what: 'lease',
        runId: activity.id,
        ...(programEnd(event, activity.type) ?? { unheard: howUnheard(timedOut) }),
      };
    case 'offer':
      return completed ? { what: 'offer', claim: firstValue(completed.result) } : undefined;
    default: {
      const news = completed ? (firstValue(completed.result) as ChildNews[] | undefined) : undefined;
      return { what: 'children', news: news ?? [] };
    }
  }
}

/** How the program of a launched run came to its end, when it is that which ended its lease. */
function programEnd(
  event: HistoryEvent,
  activityType: string,
): { end: Exclude<LeaseEnd, string> } | undefined {
  if (activityType !== RUN_AGENT) return undefined;
  const completed = event.activityTaskCompletedEventAttributes;
  const canceled = event.activityTaskCanceledEventAttributes;
  if (completed ?? canceled) {
    return { end: { exit: exitOf(firstValue(completed?.result ?? canceled?.details)) } };
  }
  const { applicationFailureInfo: info, message } = event.activityTaskFailedEventAttributes?.failure ?? {};
  return info
    ? { end: { failure: failureOfRunner(info.type, message, firstValue(info.details)) } }
    : undefined;
}

function howUnheard(timedOut: HistoryEvent['activityTaskTimedOutEventAttributes']) {
  const info = timedOut?.failure?.timeoutFailureInfo;
  if (info?.timeoutType === SCHEDULE_TO_START) return 'not_picked_up';
  const silent = info?.timeoutType === HEARTBEAT && !info.lastHeartbeatDetails?.payloads?.length;
  return silent ? 'silent' : undefined;
}

/** The end of a sub-task, or that it could not be started. */
function childEnd(event: HistoryEvent): End | undefined {
  const unstarted = event.startChildWorkflowExecutionFailedEventAttributes;
  if (unstarted) return { what: 'children', news: [{ child: unstarted.workflowId ?? '', status: 'failed' }] };
  const done = event.childWorkflowExecutionCompletedEventAttributes;
  const failed = event.childWorkflowExecutionFailedEventAttributes;
  const ended =
    done ??
    failed ??
    event.childWorkflowExecutionCanceledEventAttributes ??
    event.childWorkflowExecutionTerminatedEventAttributes ??
    event.childWorkflowExecutionTimedOutEventAttributes;
  if (!ended) return undefined;
  const child = ended.workflowExecution?.workflowId ?? '';
  if (!failed) return { what: 'children', news: [{ child, status: done ? 'done' : 'cancelled' }] };
  const final = firstValue(failed.failure?.applicationFailureInfo?.details) as Task | undefined;
  const { followedBy } = final ?? {};
  return {
    what: 'children',
    news: [{ child, status: 'failed', ...(followedBy !== undefined && { followedBy }) }],
  };
}
