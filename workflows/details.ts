/** What the Temporal UI shows of a task while it lives: where it stands, why, and what comes next, as Markdown. */
import { TREE } from './actor.ts';
import { dues } from './occur.ts';
import type { Due } from './occur.ts';
import { page, plain } from './page.ts';
import type { Fact } from './page.ts';
import { unplaced } from './promotions.ts';
import { budgetUsed } from './rules/runs.ts';
import type { Task } from './task-record.ts';
import { DEFAULTS } from './limits.ts';
import { areDone, inOrder, isContainer, isOutOfTheWay } from './tree.ts';
import type { Child } from './tree.ts';

const NEXT: Record<Due, string> = {
  stalled: 'the run ends as stalled unless its agent sends a checkpoint',
  grace_over: 'the run is ended, whatever its agent does',
  deadline_passed: 'the task fails, for its deadline passes',
  backoff_over: 'the next run may start',
  review_overdue: 'the time limit of the review passes',
  settled: 'the task closes for good',
  look_at_children: 'Baton looks for sub-tasks that ended unnoticed',
};

/** One sentence: where the task stands and for whom or what it waits. */
export function standing(task: Task): string {
  const { run, review, failure } = task;
  if (task.cancel && run)
    return `Being cancelled; ${run.agent} has until ${task.cancel.graceUntil} to wind down.`;
  switch (task.status) {
    case 'queued':
      return waiting(task);
    case 'assigned':
      return `${run?.agent} has claimed it and not reported yet.`;
    case 'running':
      return `${run?.agent} works on it.`;
    case 'review':
      return review?.escalatedAt
        ? `Review is overdue since ${review.escalatedAt}: ${reviewers(task)} must decide.`
        : `Waits for ${reviewers(task)} to decide on the submission of ${authorOf(task)}.`;
    case 'handoff':
      return `Waits for a person, handed off by ${task.handoff?.by}: ${task.handoff?.blockers}`;
    case 'done':
      return `Done; the work of ${authorOf(task)} was accepted.`;
    case 'failed':
      return `Failed: ${failure?.reasonCode}. ${failure?.message}`;
    case 'cancelled':
      return task.cancel?.by === undefined ? 'Cancelled.' : `Cancelled by ${task.cancel.by}.`;
  }
}

/** For what a queued task waits. */
function waiting(task: Task): string {
  const { gate, notBefore, definition } = task;
  if (gate) return `May not start before task ${gate.blockedBy} is done.`;
  if (isContainer(task)) return waitingForSubtasks(task);
  if (notBefore) return `Waits until ${notBefore} before the next run, after ${lastEnd(task)}.`;
  const whom = definition.assignee ?? 'an agent';
  const where = definition.queue !== undefined && !definition.assignee ? ` in queue ${definition.queue}` : '';
  return `Waits${where} for ${whom} to claim it${task.endedRuns.length ? `, after ${lastEnd(task)}` : ''}.`;
}

function waitingForSubtasks(task: Task): string {
  const { children, definition } = task;
  if (children.length === 0) return 'Waits for sub-tasks to be created, and to be done.';
  const failed = children.find((child) => child.status === 'failed' && !isOutOfTheWay(child, definition));
  if (failed) return `Held, for sub-task ${failed.title} failed: a person must retry or skip it.`;
  if (areDone(task)) return 'Was taken up again, and waits for further sub-tasks.';
  return `Waits for its sub-tasks: ${progressOf(task)}.`;
}

const authorOf = ({ submission }: Task): string | undefined =>
  submission?.agent === TREE.id ? 'its sub-tasks' : submission?.agent;

const progressOf = ({ children, definition }: Task): string =>
  `${children.filter((child) => isOutOfTheWay(child, definition)).length} of ${children.length} done`;

function lastEnd({ endedRuns }: Task): string {
  const last = endedRuns.at(-1);
  return last ? `the run of ${last.agent} ended: ${last.reasonCode ?? last.end}` : 'a failed run';
}

function reviewers({ definition: { review }, review: progress }: Task): string {
  const who = review.reviewers?.join(', ') ?? 'a reviewer';
  const quorum = review.quorum ?? DEFAULTS.quorum;
  return quorum > 1 ? `${who} (${progress?.approvals.length ?? 0} of ${quorum} approvals)` : who;
}

/** The current details of the workflow. Everything in it comes from the task, so that a replay writes the same. */
export function details(task: Task): string {
  const { definition, lastProgress, run } = task;
  const next = dues(task)[0];
  const facts: Fact[] = [
    ['Status', task.status],
    ['Holder', run && `${run.agent} (run ${run.id}, attempt ${run.attempt} of ${definition.maxAttempts})`],
    ['Queue', definition.queue],
    ['Assignee', definition.assignee],
    ['Part of', task.parent && `task ${task.parent.id}`],
    ['Sub-tasks', task.children.length > 0 ? progressOf(task) : undefined],
    ['Last progress', lastProgress && `${lastProgress.at} by ${lastProgress.agent}: ${summary(task)}`],
    ['Failed attempts', task.attempts > 0 ? `${task.attempts} of ${definition.maxAttempts}` : undefined],
    ['Last failure', task.lastFailure && `${task.lastFailure.reasonCode}: ${task.lastFailure.message}`],
    ['Budget used', definition.budget && `${Math.round(budgetUsed(task) * 100)} %`],
    ['Next', next && `at ${next.at}, ${NEXT[next.what]}`],
    [
      'Not remembered',
      unplaced(task)
        .map((scope) => `the task has no ${scope}`)
        .join(', ') || undefined,
    ],
    ['Follows', task.follows && `task ${task.follows.task}`],
    ['Followed by', task.followedBy && `task ${task.followedBy}`],
    [
      'Ignored message',
      task.malformed && `${task.malformed.message} at ${task.malformed.at}: ${task.malformed.fault}`,
    ],
  ];
  const steps = inOrder(task.children).slice(0, STEPS_SHOWN).map(step);
  const more = task.children.length > STEPS_SHOWN ? [`1. … ${task.children.length - STEPS_SHOWN} more`] : [];
  return page(definition.title, standing(task), facts, [...steps, ...more]);
}

const STEPS_SHOWN = 30;
const LONGEST_STEP = 80;

/** One sub-task at a glance. */
function step({ title, id, status, blockedBy }: Child): string {
  const state = status === 'open' && blockedBy !== undefined ? 'waits for its turn' : status;
  return `1. **${state}:** ${plain(title, LONGEST_STEP)} (${plain(id, LONGEST_STEP)})`;
}

function summary({ lastProgress: progress }: Task): string {
  const percent = progress?.percent === undefined ? '' : ` (${progress.percent} %)`;
  return `${progress?.blockers ?? progress?.note ?? progress?.plan ?? progress?.understanding ?? 'progress'}${percent}`;
}
