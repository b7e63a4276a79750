/**
 * Holds the record of tasks against what Baton promises, whatever was killed meanwhile: never two live runs, every
 * message accepted once, attempts bounded, terminal is terminal. It reads the events as callers get them, and the
 * leases and the workflow tasks from Temporal's own history.
 */
import type { Client } from '@temporalio/client';
import type { temporal } from '@temporalio/proto';
import { expect } from 'vitest';
import { isHeld, isTerminal } from '../../workflows/task-state.ts';
import type { TaskStatus } from '../../workflows/task-state.ts';
import type { PatientClient } from './patient-client.ts';

type RawEvent = temporal.api.history.v1.IHistoryEvent;

export type TaskEvent = {
  readonly type: string;
  readonly outcome: 'accepted' | { readonly type: string };
  readonly status: TaskStatus;
  readonly version: number;
  readonly run?: string;
  readonly by?: { readonly id: string };
  readonly data?: Record<string, unknown>;
};

const FROM_A_RUN = ['report_progress', 'mark_complete', 'mark_failed', 'release'];
const COUNTED_ENDS = ['crashed', 'stalled', 'failed'];
/** The activities that a run or a place in a queue stands and falls with; of others there may be any number. */
const HOLDS = ['lease', 'run_agent', 'offer'];
/** Temporal asks for a workflow task again when a message arrived meanwhile; any other failure is ours. */
const UNHANDLED_COMMAND = 1;

/** Checks the whole record of these tasks; answers the events of each, for what only one test knows. */
export async function checkHistories(
  operator: PatientClient,
  client: Client,
  taskIds: readonly string[],
): Promise<Map<string, TaskEvent[]>> {
  const checked = new Map<string, TaskEvent[]>();
  for (const taskId of taskIds) {
    const events = await eventsOf(operator, taskId);
    checkOneRunAtATime(taskId, events);
    checkTerminalIsTerminal(taskId, events);
    await checkAgainstTask(operator, taskId, events);
    checkRawHistory(taskId, await rawHistoryOf(client, taskId));
    checked.set(taskId, events);
  }
  expect(checked.size, 'tasks to check').toBeGreaterThan(0);
  return checked;
}

/** The notes of the checkpoints that were accepted, in order. */
export const notesOf = (events: readonly TaskEvent[] | undefined): unknown[] =>
  (events ?? []).filter((event) => wasAccepted(event, 'report_progress')).map(({ data }) => data?.['note']);

/** How often a message of this name was accepted. */
export const countOf = (events: readonly TaskEvent[] | undefined, type: string): number =>
  (events ?? []).filter((event) => wasAccepted(event, type)).length;

const wasAccepted = (event: TaskEvent, type: string) => event.type === type && event.outcome === 'accepted';

async function eventsOf(operator: PatientClient, taskId: string): Promise<TaskEvent[]> {
  const events: TaskEvent[] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const query: string = cursor && `&cursor=${cursor}`;
    const body = await operator.read(`/v1/tasks/${taskId}/events?limit=100${query}`);
    events.push(...body.items);
    cursor = body.next;
  }
  return events;
}

function checkOneRunAtATime(taskId: string, events: readonly TaskEvent[]): void {
  let live: string | undefined;
  let holder: string | undefined;
  for (const event of events) {
    const where = `${taskId}: ${JSON.stringify(event)}`;
    if (wasAccepted(event, 'claim')) {
      // Whoever holds it may start over under another run; the run before is over then.
      const startsOver = event.data?.['adopt'] === true && holder === event.by?.id;
      if (!startsOver) expect(live, `no run is live yet, ${where}`).toBeUndefined();
      live = event.run;
      holder = event.by?.id;
    } else if (event.outcome === 'accepted' && FROM_A_RUN.includes(event.type)) {
      expect(event.run, `only the live run is heard, ${where}`).toBe(live);
    }
    if (!isHeld(event.status)) live = undefined;
    expect(isHeld(event.status), `held means that a run is live, ${where}`).toBe(live !== undefined);
  }
}

function checkTerminalIsTerminal(taskId: string, events: readonly TaskEvent[]): void {
  const end = events.findIndex(({ status }) => isTerminal(status));
  const after = end < 0 ? [] : events.slice(end + 1);
  expect(
    after.filter(({ outcome, status }) => outcome === 'accepted' || status !== events[end]?.status),
    `${taskId}: nothing changes after its end`,
  ).toEqual([]);
}

/** The workflow's own account: it must have come to the same as the record, and counted everything once. */
async function checkAgainstTask(operator: PatientClient, taskId: string, events: readonly TaskEvent[]) {
  const task = await operator.read(`/v1/tasks/${taskId}`);
  const last = events.at(-1);
  expect({ status: task.status, version: task.version }, taskId).toEqual({
    status: last?.status,
    version: last?.version,
  });
  const counted = task.endedRuns.filter(({ end }: { end: string }) => COUNTED_ENDS.includes(end));
  expect(task.attempts, `${taskId}: attempts`).toBe(counted.length);
  expect(task.attempts, `${taskId}: attempts are bounded`).toBeLessThanOrEqual(task.maxAttempts);
  const runIds = task.endedRuns.map(({ id }: { id: string }) => id);
  expect(new Set(runIds).size, `${taskId}: every run ended once`).toBe(runIds.length);
  const spent = events
    .filter((event) => wasAccepted(event, 'report_progress'))
    .reduce((sum, { data }) => sum + ((data?.['cost'] as { usd?: number } | undefined)?.usd ?? 0), 0);
  expect(task.cost.usd, `${taskId}: every report is counted once`).toBeCloseTo(spent);
}

async function rawHistoryOf(client: Client, taskId: string): Promise<RawEvent[]> {
  const described = await client.workflow.getHandle(taskId).describe();
  let execution: string | undefined = described.raw.workflowExecutionInfo?.firstRunId ?? described.runId;
  const events: RawEvent[] = [];
  while (execution) {
    const history = await client.workflow.getHandle(taskId, execution).fetchHistory();
    events.push(...(history.events ?? []));
    execution = events.at(-1)?.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId ?? undefined;
  }
  return events;
}

function checkRawHistory(taskId: string, events: readonly RawEvent[]): void {
  /** The leases and offers that stand, by the event that began them. */
  const open = new Map<string, string>();
  /** The workflow task that asked for the end of each. */
  const ends = new Map(
    events.flatMap(({ activityTaskCancelRequestedEventAttributes: asked }) =>
      asked ? [[String(asked.scheduledEventId), String(asked.workflowTaskCompletedEventId)]] : [],
    ),
  );
  for (const event of events) {
    const failed = event.workflowTaskFailedEventAttributes;
    if (failed) expect(failed.cause, `${taskId}: no workflow task fails`).toBe(UNHANDLED_COMMAND);
    const scheduled = event.activityTaskScheduledEventAttributes;
    const kind = scheduled?.activityType?.name ?? '';
    if (scheduled && HOLDS.includes(kind)) {
      const endsAlong = (id: string) => ends.get(id) === String(scheduled.workflowTaskCompletedEventId);
      const alike = [...open].filter(([id, each]) => each === kind && !endsAlong(id)).map(([, each]) => each);
      expect(alike, `${taskId}: no second ${kind} beside one`).toEqual([]);
      open.set(String(event.eventId), kind);
    }
    open.delete(String(endedActivity(event)));
    // A lease that continues in a new execution is the same run's.
    if (event.workflowExecutionContinuedAsNewEventAttributes) open.clear();
  }
}

const endedActivity = (event: RawEvent) =>
  (
    event.activityTaskCompletedEventAttributes ??
    event.activityTaskTimedOutEventAttributes ??
    event.activityTaskFailedEventAttributes ??
    event.activityTaskCanceledEventAttributes ??
    event.activityTaskCancelRequestedEventAttributes
  )?.scheduledEventId;
