/** What happens to a task by itself: when the next thing is due, and what it makes of the task. Pure. */
import { RUNNER_STOPPED } from './launch.ts';
import type { Exit, RunnerFailure } from './launch.ts';
import { DEFAULTS } from './limits.ts';
import type { Moment } from './receive.ts';
import { completedIfReady, lookAgain } from './rules/children.ts';
import { agentExited, runnerFailed } from './rules/launched.ts';
import { passTimeLimit } from './rules/reviews.ts';
import { changed, enter, later } from './rules/rule.ts';
import { endGrace, loseLease, stall } from './rules/runs.ts';
import type { Task } from './task-record.ts';
import { OCCURRENCES, isTerminal } from './task-state.ts';
import type { OccurrenceName, TaskStatus } from './task-state.ts';
import { isContainer } from './tree.ts';

/** The occurrences that only time brings. */
export type Due = Exclude<
  OccurrenceName,
  'lease_lost' | 'children_done' | 'child_failed' | 'approval_rejected'
>;

export interface DueAt {
  what: Due;
  at: string;
}

/** All that time will bring to this task if nothing else happens, soonest first. */
export function dues(task: Task): DueAt[] {
  const { run, definition } = task;
  const unlessSaid = run?.patient ? 0 : DEFAULTS.progressTimeoutSeconds;
  const progressTimeout = definition.progressTimeoutSeconds ?? unlessSaid;
  const watch = run && progressTimeout > 0 && !task.cancel;
  const candidates: [Due, string | undefined][] = [
    ['stalled', watch ? later(run.checkpointAt, progressTimeout) : undefined],
    ['grace_over', run && task.cancel?.graceUntil],
    // Nobody takes a container; what is below it has deadlines of its own.
    ['deadline_passed', isContainer(task) ? undefined : task.failsAt],
    ['backoff_over', task.notBefore],
    ['review_overdue', task.review?.dueAt],
    ['settled', task.settleUntil],
    ['look_at_children', task.lookAt],
  ];
  return candidates
    .filter((due): due is [Due, string] => due[1] !== undefined && appliesTo(due[0], task.status))
    .map(([what, at]) => ({ what, at }))
    .sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
}

const appliesTo = (what: OccurrenceName, status: TaskStatus): boolean =>
  (OCCURRENCES[what].from as readonly TaskStatus[]).includes(status);

/** Brings the task up to `now`: all that is due by then happens, in order. */
export function elapse(
  task: Task,
  { now, mintId }: Moment,
  happened: (what: Due, after: Task) => void = () => {},
): Task {
  for (;;) {
    const due = dues(task).find((each) => each.what !== 'settled' && Date.parse(each.at) <= Date.parse(now));
    if (!due) return task;
    const after = occur(task, due.what, { now, mintId });
    // A container that is sent back waits for more sub-tasks, however many are done.
    task = due.what === 'review_overdue' ? after : completedIfReady(task, after, now);
    happened(due.what, task);
  }
}

function occur(task: Task, what: Due, { now, mintId }: Moment): Task {
  switch (what) {
    case 'stalled':
      return stall(task, now);
    case 'grace_over':
      return endGrace(task, now);
    case 'review_overdue':
      return passTimeLimit(task, now, mintId);
    case 'backoff_over': {
      const { notBefore: _notBefore, ...rest } = task;
      return { ...rest, since: now };
    }
    case 'deadline_passed': {
      const message = 'The deadline passed before anybody took the task.';
      return enter(task, 'failed', now, { failure: { reasonCode: 'deadline_passed', message, at: now } });
    }
    case 'look_at_children':
      return lookAgain(task, now);
    case 'settled':
      return task;
  }
}

/**
 * How a lease ends that nobody asked to: `lost` when heartbeats stopped or somebody closed it from outside,
 * `never_started` when nobody ever sent one. That of a launched run ends with its program, or with a failure of its
 * runner.
 */
export type LeaseEnd = 'lost' | 'never_started' | { exit: Exit } | { failure: RunnerFailure };

/** The lease of run `runId` is gone; nothing happens if that run had ended anyway. */
export const leaseEnded = (task: Task, runId: string, end: LeaseEnd, now: string): Task =>
  task.run?.id === runId ? completedIfReady(task, withoutLease(task, end, now), now) : task;

/** Whether the program of its run belongs to the execution before, with which that ends. */
export const isCutOff = ({ run }: Task): boolean => run?.launch !== undefined && run.carriedOver === true;

/** How such a run ends, first of all: it is no fault of its agent's. */
export const CUT_OFF: LeaseEnd = {
  failure: { type: RUNNER_STOPPED, message: 'The task continued as new, and its program could not.' },
};

function withoutLease(task: Task, end: LeaseEnd, now: string): Task {
  if (end === 'lost' || end === 'never_started') return loseLease(task, end === 'never_started', now);
  return 'exit' in end ? agentExited(task, end.exit, now) : runnerFailed(task, end.failure, now);
}

/** Somebody cancels: at once when nobody holds the task, else after its agent had time to wind down. */
export function cancelRequested(task: Task, now: string): Task {
  if (isTerminal(task.status) || task.cancel) return task;
  const { cancelAnnounced: announced, ...rest } = task;
  const grace = task.definition.cancelGraceSeconds ?? DEFAULTS.cancelGraceSeconds;
  const by = announced && { by: announced.by };
  const cancel = { at: now, graceUntil: later(now, task.run ? grace : 0), ...by };
  return task.run ? changed(rest, { cancel }, now) : enter(rest, 'cancelled', now, { cancel });
}
