/** The rules of a run: how an agent takes a task, reports, and comes to any of its ends. */
import { backoff, isRetryable } from '../failure-reasons.ts';
import type { FailureReason } from '../failure-reasons.ts';
import { DEFAULTS, LIMITS } from '../limits.ts';
import type { MessageOf } from '../messages.ts';
import type { Actor } from '../actor.ts';
import type { Refusal, RunEnd } from '../refusals.ts';
import { endedRun } from '../task-record.ts';
import type { EndedRun, Failure, Run, Task } from '../task-record.ts';
import { isHeld } from '../task-state.ts';
import type { TaskStatus } from '../task-state.ts';
import { isContainer } from '../tree.ts';
import { undecided } from './approvals.ts';
import { budgetUsed, wallSecondsOf } from './budget.ts';
import { changed, enter, later, refuse, submitted } from './rule.ts';
import type { Verdict } from './rule.ts';

export function claim(task: Task, message: MessageOf<'claim'>, now: string): Verdict {
  const { actor, runId, expected } = message;
  const { assignee } = task.definition;
  const mine = task.run?.agent === actor.id;
  if (task.run && mine && message.adopt && !endedRun(task, runId) && task.run.id !== runId) {
    return hold(endRun(task, 'adopted', now), message, now);
  }
  if (task.run) return refuse(heldBy(task.run, task.status, actor));
  const before = endedRun(task, runId);
  if (before) {
    // Its lease may still be open, and Temporal takes no second activity under the same id.
    return refuse({
      type: 'run_not_active',
      detail: `This run has ended: ${before.end}.`,
      hint: 'Claim under a new run id.',
      retryable: false,
      status: task.status,
      endedBy: before.end,
    });
  }
  if (isContainer(task)) {
    return refuse({
      type: 'transition_not_allowed',
      detail: 'No agent works on this task itself: it is done when its sub-tasks are.',
      hint: 'Take one of its sub-tasks.',
      retryable: false,
      status: task.status,
    });
  }
  if (task.gate) {
    return refuse({
      type: 'seq_blocked',
      detail: `This step may not start before ${task.gate.blockedBy} is done.`,
      hint: 'Take another task; this one is free to claim once that one is done.',
      retryable: true,
      blockedBy: task.gate.blockedBy,
    });
  }
  const unapproved = undecided(task, 'Take another task; this one is free to claim once that is decided.');
  if (unapproved) return refuse(unapproved);
  if (expected && !expected.includes(task.status)) {
    return refuse({
      type: 'unexpected_status',
      detail: `The task is ${task.status}, not ${expected.join(' or ')}.`,
      status: task.status,
    });
  }
  if (assignee !== undefined && assignee !== actor.id && actor.role === 'agent') {
    return refuse({
      type: 'assigned_to_another',
      detail: `This task is assigned to ${assignee}.`,
      hint: 'Take another task, or ask an operator to change its assignee.',
      retryable: false,
    });
  }
  if (task.notBefore && Date.parse(task.notBefore) > Date.parse(now)) {
    return refuse({
      type: 'backing_off',
      detail: `The last run failed (${task.lastFailure?.reasonCode}); the next may start at ${task.notBefore}.`,
      retryable: true,
      retryAfterSeconds: Math.ceil((Date.parse(task.notBefore) - Date.parse(now)) / 1000),
    });
  }
  return hold(task, message, now);
}

/** What whoever asks for a task is told that somebody holds. */
export function heldBy({ id, agent }: Run, status: TaskStatus, asker: Pick<Actor, 'id'>): Refusal {
  const mine = agent === asker.id;
  return {
    type: 'held',
    detail: mine ? 'You hold this task already.' : `${agent} holds this task.`,
    hint: mine ? 'Go on with the run named here, or release it first.' : 'Take another task.',
    retryable: false,
    holder: agent,
    ...(mine && { runId: id }),
    status,
  };
}

/** The task with a new run of whoever claims it. */
function hold(task: Task, message: MessageOf<'claim'>, now: string): Verdict {
  const { actor, runId, callerRunId, patient, launch } = message;
  const unlessSaid = patient ? DEFAULTS.patientLeaseSeconds : DEFAULTS.leaseSeconds;
  const run: Run = {
    id: runId,
    agent: actor.id,
    attempt: task.attempts + 1,
    leaseSeconds: message.leaseSeconds ?? task.definition.lease?.seconds ?? unlessSaid,
    startedAt: now,
    checkpointAt: now,
    ...(patient && { patient }),
    ...(callerRunId !== undefined && { callerRunId }),
    ...(launch && { launch }),
  };
  return {
    task: isHeld(task.status)
      ? changed(task, { run, since: now }, now)
      : enter(task, 'assigned', now, { run }),
  };
}

export function reportProgress(task: Task, message: MessageOf<'report_progress'>, now: string): Verdict {
  const run = task.run!;
  const { note, understanding, plan, blockers, percent, cost } = message;
  const told = { note, understanding, plan, blockers, percent };
  const reported: Task = {
    ...task,
    run: { ...run, checkpointAt: now, ...(run.launch && { reported: true }) },
    cost: {
      ...task.cost,
      usd: task.cost.usd + (cost?.usd ?? 0),
      inputTokens: task.cost.inputTokens + (cost?.inputTokens ?? 0),
      outputTokens: task.cost.outputTokens + (cost?.outputTokens ?? 0),
    },
    // A report of cost alone must not wipe out the last checkpoint.
    ...(Object.values(told).some((each) => each !== undefined) && {
      lastProgress: { ...told, at: now, run: run.id, agent: run.agent },
    }),
  };
  if (budgetUsed(reported, now) >= 1) {
    return { task: failRun(reported, 'budget_exhausted', 'The budget of this task is spent.', now) };
  }
  return { task: task.status === 'assigned' ? changed(reported, { status: 'running' }, now) : reported };
}

export function markComplete(task: Task, message: MessageOf<'mark_complete'>, now: string): Verdict {
  const { output, reasoning, memoryPromotions, costNote, contentHash } = message;
  const { outputSchema } = task.definition;
  if (outputSchema !== undefined && !message.outputChecked) {
    return refuse({
      type: 'output_unchecked',
      detail: 'This task has an output schema, and nobody has checked the output against it.',
      hint: 'Complete the run over the HTTP API, which does.',
    });
  }
  const run = task.run!;
  const submission = {
    output,
    reasoning,
    memoryPromotions,
    costNote,
    at: now,
    run: run.id,
    agent: run.agent,
  };
  const ended = { ...endRun(task, 'completed', now, { contentHash }), submission };
  if (task.cancel) return { task: enter(ended, 'cancelled', now) };
  return { task: submitted(ended, now, message.forReview) };
}

export function markFailed(task: Task, message: MessageOf<'mark_failed'>, now: string): Verdict {
  const { reasonCode, beliefs, tried, blocker, nextStep, contentHash } = message;
  const report = { beliefs, tried, blocker, nextStep };
  return {
    task: failRun(task, reasonCode, blocker ?? `The agent gave up: ${reasonCode}.`, now, {
      report,
      contentHash,
    }),
  };
}

export function release(task: Task, message: MessageOf<'release'>, now: string): Verdict {
  const ended = endRun(task, 'released', now, { contentHash: message.contentHash });
  return { task: enter(ended, task.cancel ? 'cancelled' : 'queued', now) };
}

export function handOff(task: Task, message: MessageOf<'hand_off'>, now: string): Verdict {
  const { blockers, nextStep, actor, contentHash } = message;
  const ended = task.run ? endRun(task, 'handed_off', now, { contentHash }) : task;
  return { task: enter(ended, 'handoff', now, { handoff: { blockers, nextStep, by: actor.id, at: now } }) };
}

/** The lease timed out, or somebody ended its activity from outside. */
export function loseLease(task: Task, neverStarted: boolean, now: string): Task {
  if (!neverStarted) {
    return failRun(task, 'crashed', 'The agent stopped sending heartbeats.', now, {
      wallSeconds: secondsUntilLost(task, now),
    });
  }
  return enter(endRun(task, 'never_started', now), task.cancel ? 'cancelled' : 'queued', now);
}

/** It has run until its last heartbeat at most, which is as long ago as its lease. */
const secondsUntilLost = ({ run }: Task, now: string): number | undefined =>
  run?.launch && Math.max(0, wallSecondsOf(run, now) - run.leaseSeconds);

export const stall = (task: Task, now: string): Task =>
  failRun(task, 'stalled', 'The agent was alive but sent no checkpoint in time.', now);

/** The run of a task that is being cancelled ends: its program is gone, or the grace period over, whatever its agent does. */
export const endGrace = (task: Task, now: string, ran: RunEnding = {}): Task =>
  enter(endRun(task, 'cancelled', now, ran), 'cancelled', now);

/** Ends the run with a failure: another may follow if the reason allows it and attempts remain. */
export function failRun(
  task: Task,
  reasonCode: FailureReason,
  message: string,
  now: string,
  said: Pick<Failure, 'report'> & RunEnding = {},
): Task {
  const end =
    reasonCode === 'crashed' || reasonCode === 'stalled' || reasonCode === 'budget_exhausted'
      ? reasonCode
      : 'failed';
  const failure: Failure = {
    reasonCode,
    message,
    at: now,
    run: task.run!.id,
    ...(said.report && { report: said.report }),
  };
  const retryable = isRetryable(reasonCode);
  // What ends while its task is being cancelled is not tried again, unless a person reopens it.
  const attempts = task.attempts + (retryable && !task.cancel ? 1 : 0);
  const ended = {
    ...endRun(task, end, now, { reasonCode, contentHash: said.contentHash, wallSeconds: said.wallSeconds }),
    attempts,
    lastFailure: failure,
  };
  if (task.cancel) return enter(ended, 'cancelled', now);
  if (!retryable || attempts >= task.definition.maxAttempts) return enter(ended, 'failed', now, { failure });
  const wait = backoff(reasonCode, attempts);
  return enter(ended, 'queued', now, wait > 0 ? { notBefore: later(now, wait / 1000) } : {});
}

interface RunEnding {
  contentHash?: string | undefined;
  /** How long its program ran, where its runner has told. */
  wallSeconds?: number | undefined;
}

export function endRun(
  task: Task,
  end: RunEnd,
  now: string,
  { wallSeconds: told, ...also }: Pick<EndedRun, 'reasonCode'> & RunEnding = {},
): Task {
  const { run, ...rest } = task;
  if (!run) return task;
  const { id, agent, attempt, startedAt } = run;
  const ended: EndedRun = { id, agent, attempt, startedAt, endedAt: now, end, ...also };
  const ran = told ?? (end === 'never_started' ? 0 : wallSecondsOf(run, now));
  const wallSeconds = (task.cost.wallSeconds ?? 0) + ran;
  return {
    ...rest,
    ...(run.launch && { cost: { ...task.cost, wallSeconds: toMilliseconds(wallSeconds) } }),
    endedRuns: [...task.endedRuns, ended].slice(-LIMITS.endedRuns),
  };
}

const toMilliseconds = (seconds: number): number => Math.round(seconds * 1000) / 1000;

/** Whether this message is the very one that ended its run, sent once more. */
export function repeatsTheEnd(
  task: Task,
  message: { runId?: string | undefined; contentHash?: string | undefined },
): boolean {
  if (message.runId === undefined || message.contentHash === undefined) return false;
  return endedRun(task, message.runId)?.contentHash === message.contentHash;
}
