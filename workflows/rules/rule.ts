/** What every rule is made of: it takes a task and gives the changed task, or the reason why not. */
import type { Refusal } from '../refusals.ts';
import { failingAt } from '../task-record.ts';
import type { Task } from '../task-record.ts';
import { isTerminal } from '../task-state.ts';
import type { TaskStatus } from '../task-state.ts';
import { DEFAULTS } from '../limits.ts';

export type Verdict = { task: Task } | { refusal: Refusal };

export const refuse = (refusal: Refusal): Verdict => ({ refusal });

/** `time` moved by some seconds. */
export const later = (time: string, seconds: number): string =>
  new Date(Date.parse(time) + seconds * 1000).toISOString();

/** The task after an edit or a change of state, which raise its version. */
export const changed = (task: Task, patch: Partial<Task>, now: string): Task => ({
  ...task,
  ...patch,
  version: task.version + 1,
  updatedAt: now,
});

/** Back to waiting because a person wants it so: a deadline that has passed by then no longer fails it. */
export function takeUpAgain(task: Task, now: string): Task {
  const { failsAt, ...rest } = task;
  return enter({ ...rest, ...failingAt(failsAt, now) }, 'queued', now);
}

/** A task whose work is handed in: in review, or done where nobody wants to see it. */
export function submitted(task: Task, now: string, forReview = false): Task {
  const { policy, timeoutSeconds } = task.definition.review;
  if (policy === 'none' && !forReview) return enter(task, 'done', now);
  const dueAt = timeoutSeconds === undefined ? {} : { dueAt: later(now, timeoutSeconds) };
  return enter(task, 'review', now, { review: { since: now, approvals: [], ...dueAt } });
}

/** The task in another state. What belonged to the old state only is dropped; a terminal one starts to settle. */
export function enter(task: Task, status: TaskStatus, now: string, patch: Partial<Task> = {}): Task {
  const { review: _review, notBefore: _notBefore, ...rest } = task;
  const settle = isTerminal(status) ? (task.definition.settleSeconds ?? DEFAULTS.settleSeconds) : 0;
  return changed(
    { ...rest, status, since: now },
    { ...(settle > 0 && { settleUntil: later(now, settle) }), ...patch },
    now,
  );
}
