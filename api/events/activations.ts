/**
 * Groups a workflow history into activations: what each workflow task handed to the workflow, in the order in which
 * the SDK delivers it, and when. Pure.
 */
import type { temporal } from '@temporalio/proto';

export type HistoryEvent = temporal.api.history.v1.IHistoryEvent;

export interface Activation {
  /** What the workflow's own clock said. */
  now: string;
  jobs: HistoryEvent[];
  /** Those of the jobs that are the end of a lease, with its run and whether no heartbeat had ever come. */
  leases: Map<HistoryEvent, { runId: string; silent: boolean }>;
  /** The ids of the child workflows it started. */
  childIds: string[];
}

export const eventTime = ({ eventTime: time }: HistoryEvent): string =>
  new Date(Number(time?.seconds ?? 0) * 1000 + Math.floor((time?.nanos ?? 0) / 1e6)).toISOString();

// The protocol's numbers for the kinds of timeout that matter here.
const SCHEDULE_TO_START = 2;
const HEARTBEAT = 4;

interface Waiting {
  signals: HistoryEvent[];
  others: HistoryEvent[];
  leases: Activation['leases'];
}

/** The activations of one execution, oldest first; messages that no worker has handled yet are in none. */
export function activationsOf(history: readonly HistoryEvent[]): Activation[] {
  const activations: Activation[] = [];
  const scheduled = new Map<string, string>();
  const asked = new Set<string>();
  let waiting: Waiting = { signals: [], others: [], leases: new Map() };
  let startedAt: HistoryEvent | undefined;
  let delivered: Waiting = waiting;

  for (const event of history) {
    const current = activations.at(-1);
    if (event.workflowTaskStartedEventAttributes) {
      startedAt = event;
      delivered = waiting;
      waiting = { signals: [], others: [], leases: new Map() };
    } else if (event.workflowTaskCompletedEventAttributes) {
      const now = eventTime(startedAt!);
      activations.push({
        now,
        jobs: [...delivered.signals, ...delivered.others],
        leases: delivered.leases,
        childIds: [],
      });
    } else if (event.workflowTaskFailedEventAttributes || event.workflowTaskTimedOutEventAttributes) {
      // It will all be delivered again.
      waiting = {
        signals: [...delivered.signals, ...waiting.signals],
        others: [...delivered.others, ...waiting.others],
        leases: new Map([...delivered.leases, ...waiting.leases]),
      };
    } else if (event.workflowExecutionSignaledEventAttributes) {
      waiting.signals.push(event);
    } else if (event.workflowExecutionUpdateAcceptedEventAttributes) {
      // Recorded after the workflow task that handled it, where it came behind the signals.
      const lastMessage = current?.jobs.findLastIndex(isMessage) ?? -1;
      current?.jobs.splice(lastMessage + 1, 0, event);
    } else if (event.workflowExecutionCancelRequestedEventAttributes || event.timerFiredEventAttributes) {
      waiting.others.push(event);
    } else if (event.startChildWorkflowExecutionInitiatedEventAttributes) {
      current?.childIds.push(event.startChildWorkflowExecutionInitiatedEventAttributes.workflowId ?? '');
    } else if (event.activityTaskScheduledEventAttributes) {
      scheduled.set(String(event.eventId), event.activityTaskScheduledEventAttributes.activityId ?? '');
    } else if (event.activityTaskCancelRequestedEventAttributes) {
      asked.add(String(event.activityTaskCancelRequestedEventAttributes.scheduledEventId));
    } else {
      const end = leaseEnd(event);
      // A lease whose cancellation was asked for is over for the workflow from then on.
      if (!end || asked.has(end.scheduledEventId)) continue;
      waiting.others.push(event);
      waiting.leases.set(event, { runId: scheduled.get(end.scheduledEventId) ?? '', silent: end.silent });
    }
  }
  return activations;
}

const isMessage = (event: HistoryEvent): boolean =>
  Boolean(
    event.workflowExecutionSignaledEventAttributes ?? event.workflowExecutionUpdateAcceptedEventAttributes,
  );

function leaseEnd(event: HistoryEvent): { scheduledEventId: string; silent: boolean } | undefined {
  const timedOut = event.activityTaskTimedOutEventAttributes;
  const attributes =
    timedOut ?? event.activityTaskCompletedEventAttributes ?? event.activityTaskFailedEventAttributes;
  if (!attributes) return undefined;
  const info = timedOut?.failure?.timeoutFailureInfo;
  const silent =
    info?.timeoutType === SCHEDULE_TO_START ||
    (info?.timeoutType === HEARTBEAT && !info.lastHeartbeatDetails?.payloads?.length);
  return { scheduledEventId: String(attributes.scheduledEventId), silent };
}
