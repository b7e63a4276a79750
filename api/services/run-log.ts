/**
 * What the program of a launched run prints: the end of it, as its runner tells it with every heartbeat, and with the
 * end of the run.
 */
import type { temporal } from '@temporalio/proto';
import { RUN_AGENT } from '../../workflows/run-agent.ts';
import type { Principal } from '../auth.ts';
import { firstValue } from '../events/activations.ts';
import type { HistoryEvent } from '../events/activations.ts';
import { Problem } from '../problems.ts';
import type { KnownTasks } from './known-tasks.ts';
import type { Reader } from './reading.ts';

export interface RunLog {
  text: string;
  /** More may come. */
  isLive: boolean;
}

type Payloads = temporal.api.common.v1.IPayloads | null | undefined;

const tailOf = (payloads: Payloads): string | undefined => {
  const told = firstValue(payloads) as { tail?: unknown } | undefined;
  return typeof told?.tail === 'string' ? told.tail : undefined;
};

export function createRunLog(known: KnownTasks, reader: Pick<Reader, 'executionsOf' | 'historyOf'>) {
  /** The latest output of this run. Throws `not_found` when Baton did not launch it. */
  return async function runLog(principal: Principal, taskId: string, runId: string): Promise<RunLog> {
    const described = await known.describeFor(principal, taskId);
    // A workflow that has closed still shows the activities that it left behind.
    const lease = described.raw.pendingActivities?.find(
      ({ activityId, activityType }) => activityId === runId && activityType?.name === RUN_AGENT,
    );
    const isLive = lease !== undefined && described.status.name === 'RUNNING';
    if (lease) return { text: tailOf(lease.heartbeatDetails) ?? '', isLive };
    for (const execution of (await reader.executionsOf(described)).toReversed()) {
      const text = tailIn(await reader.historyOf(taskId, execution), runId);
      if (text !== undefined) return { text, isLive };
    }
    throw new Problem('not_found', {
      detail:
        'Baton launched no such run of this task. Of one that was launched beside it, the Temporal UI has the output, at its agent.',
    });
  };
}

/** The end of the run's output, if it was launched in this history; empty where its runner could not tell it. */
function tailIn(history: readonly HistoryEvent[], runId: string): string | undefined {
  const scheduled = history.find(({ activityTaskScheduledEventAttributes: begun }) => {
    return begun?.activityId === runId && begun.activityType?.name === RUN_AGENT;
  });
  if (!scheduled) return undefined;
  const isOfIt = (of: { scheduledEventId?: unknown } | null | undefined) =>
    String(of?.scheduledEventId) === String(scheduled.eventId);
  for (const event of history) {
    const completed = event.activityTaskCompletedEventAttributes;
    const failed = event.activityTaskFailedEventAttributes;
    const canceled = event.activityTaskCanceledEventAttributes;
    const timedOut = event.activityTaskTimedOutEventAttributes;
    if (isOfIt(completed)) return tailOf(completed?.result) ?? '';
    if (isOfIt(failed)) return tailOf(failed?.failure?.applicationFailureInfo?.details) ?? '';
    if (isOfIt(canceled)) return tailOf(canceled?.details) ?? '';
    if (isOfIt(timedOut)) return tailOf(timedOut?.failure?.timeoutFailureInfo?.lastHeartbeatDetails) ?? '';
  }
  return '';
}
