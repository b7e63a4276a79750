/** What the runs of a task said of themselves, read from its history: the task itself keeps only the last of it. */
import { defaultPayloadConverter } from '@temporalio/common';
import type { temporal } from '@temporalio/proto';
import type { MessageOf } from '../../workflows/messages.ts';

type History = temporal.api.history.v1.IHistory;
type Signal = temporal.api.history.v1.IWorkflowExecutionSignaledEventAttributes;

export interface PastRun {
  lastCheckpoint?: object;
  failureReport?: object;
}

/** Reads one execution of a task; the latest, unless it is named. */
export type ReadHistory = (taskId: string, execution?: string) => Promise<History>;

/** What each run of the task said last, by its id. */
export async function pastRuns(read: ReadHistory, taskId: string): Promise<Map<string, PastRun>> {
  const known = new Map<string, PastRun>();
  let execution: string | undefined;
  do {
    const { events } = await read(taskId, execution);
    const here = new Map<string, PastRun>();
    for (const { workflowExecutionSignaledEventAttributes: signal } of events ?? []) {
      if (signal) note(here, signal);
    }
    // Of a run that went on through a continue-as-new, what it said later counts.
    for (const [run, said] of here) known.set(run, { ...said, ...known.get(run) });
    const started = events?.[0]?.workflowExecutionStartedEventAttributes;
    execution = started?.continuedExecutionRunId ?? undefined;
  } while (execution);
  return known;
}

function note(runs: Map<string, PastRun>, { signalName, input }: Signal): void {
  const said = messageIn(input);
  if (said?.runId === undefined) return;
  if (signalName === 'report_progress') {
    const { note: noted, understanding, plan, blockers, percent } = said as MessageOf<'report_progress'>;
    const lastCheckpoint = { understanding, plan, note: noted, blockers, percent };
    // A report of cost alone is none.
    if (Object.values(lastCheckpoint).every((each) => each === undefined)) return;
    runs.set(said.runId, { ...runs.get(said.runId), lastCheckpoint });
  } else if (signalName === 'mark_failed') {
    const { reasonCode, beliefs, tried, blocker, nextStep } = said as MessageOf<'mark_failed'>;
    const failureReport = { reasonCode, beliefs, tried, blocker, nextStep };
    runs.set(said.runId, { ...runs.get(said.runId), failureReport });
  }
}

/** What a foreign client may have sent says nothing. */
function messageIn(input: Signal['input']): { runId?: string } | undefined {
  const [payload] = input?.payloads ?? [];
  try {
    return payload ? defaultPayloadConverter.fromPayload<{ runId?: string }>(payload) : undefined;
  } catch {
    return undefined;
  }
}
