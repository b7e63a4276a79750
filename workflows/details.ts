/** What the Temporal UI shows of a task while it lives: where it stands, why, and what comes next, as Markdown. */
import { dues } from './occur.ts';
import type { Due } from './occur.ts';
import { page, plain } from './page.ts';
import type { Fact } from './page.ts';
import { unplaced } from './promotions.ts';
import { budgetUsed } from './rules/budget.ts';
import type { Task } from './task-record.ts';
import { progressOf, standing, standingSince } from './standing.ts';
import { inOrder } from './tree.ts';
import type { Child } from './tree.ts';

/** What time brings, in words. */
export const NEXT: Record<Due, string> = {
  stalled: 'the run ends as stalled unless its agent sends a checkpoint',
  grace_over: 'the run is ended, whatever its agent does',
  deadline_passed: 'the task fails, for its deadline passes',
  backoff_over: 'the next run may start',
  review_overdue: 'the time limit of the review passes',
  settled: 'the task closes for good',
  look_at_children: 'Baton looks for sub-tasks that ended unnoticed',
};

/** The current details of the workflow. Everything in it comes from the task, so that a replay writes the same. */
export function details(task: Task): string {
  const { definition, lastProgress, run } = task;
  const next = dues(task)[0];
  const facts: Fact[] = [
    ['Status', task.status],
    ['Since', standingSince(task)],
    ['Holder', run && `${run.agent} (run ${run.id}, attempt ${run.attempt} of ${definition.maxAttempts})`],
    ['Queue', definition.queue],
    ['Assignee', definition.assignee],
    ['Part of', task.parent && `task ${task.parent.id}`],
    ['Sub-tasks', task.children.length > 0 ? progressOf(task) : undefined],
    ['Last progress', lastProgress && `${lastProgress.at} by ${lastProgress.agent}: ${summary(task)}`],
    ['Failed attempts', task.attempts > 0 ? `${task.attempts} of ${definition.maxAttempts}` : undefined],
    ['Last failure', task.lastFailure && `${task.lastFailure.reasonCode}: ${task.lastFailure.message}`],
    ['Budget used', definition.budget && `${Math.round(budgetUsed(task, task.updatedAt) * 100)} %`],
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

/** What its last report says, in short. */
export function summary({ lastProgress: progress }: Pick<Task, 'lastProgress'>): string {
  const percent = progress?.percent === undefined ? '' : ` (${progress.percent} %)`;
  return `${progress?.blockers ?? progress?.note ?? progress?.plan ?? progress?.understanding ?? 'progress'}${percent}`;
}
