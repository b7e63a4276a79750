/** What the Temporal UI shows of a task while it lives: where it stands, why, and what comes next, as Markdown. */
import { dues } from './occur.ts';
import type { Due } from './occur.ts';
import { budgetUsed } from './rules/runs.ts';
import type { Task } from './task-record.ts';
import { DEFAULTS } from './limits.ts';

const NEXT: Record<Due, string> = {
  stalled: 'the run ends as stalled unless its agent sends a checkpoint',
  grace_over: 'the run is ended, whatever its agent does',
  deadline_passed: 'the task fails, for its deadline passes',
  backoff_over: 'the next run may start',
  review_overdue: 'the time limit of the review passes',
  settled: 'the task closes for good',
};

/** One sentence: where the task stands and for whom or what it waits. */
export function standing(task: Task): string {
  const { run, review, definition, failure } = task;
  if (task.cancel && run)
    return `Being cancelled; ${run.agent} has until ${task.cancel.graceUntil} to wind down.`;
  switch (task.status) {
    case 'queued':
      if (task.notBefore) return `Waits until ${task.notBefore} before the next run, after ${lastEnd(task)}.`;
      return `Waits for ${definition.assignee ?? 'an agent'} to claim it${task.endedRuns.length ? `, after ${lastEnd(task)}` : ''}.`;
    case 'assigned':
      return `${run?.agent} has claimed it and not reported yet.`;
    case 'running':
      return `${run?.agent} works on it.`;
    case 'review':
      return review?.escalatedAt
        ? `Review is overdue since ${review.escalatedAt}: ${reviewers(task)} must decide.`
        : `Waits for ${reviewers(task)} to decide on the submission of ${task.submission?.agent}.`;
    case 'handoff':
      return `Waits for a person, handed off by ${task.handoff?.by}: ${task.handoff?.blockers}`;
    case 'done':
      return `Done; the work of ${task.submission?.agent} was accepted.`;
    case 'failed':
      return `Failed: ${failure?.reasonCode}. ${failure?.message}`;
    case 'cancelled':
      return 'Cancelled.';
  }
}

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
  const facts: [string, string | number | undefined][] = [
    ['Status', task.status],
    ['Holder', run && `${run.agent} (run ${run.id}, attempt ${run.attempt} of ${definition.maxAttempts})`],
    ['Assignee', definition.assignee],
    ['Last progress', lastProgress && `${lastProgress.at} by ${lastProgress.agent}: ${summary(task)}`],
    ['Failed attempts', task.attempts > 0 ? `${task.attempts} of ${definition.maxAttempts}` : undefined],
    ['Last failure', task.lastFailure && `${task.lastFailure.reasonCode}: ${task.lastFailure.message}`],
    ['Budget used', definition.budget && `${Math.round(budgetUsed(task) * 100)} %`],
    ['Next', next && `at ${next.at}, ${NEXT[next.what]}`],
    ['Follows', task.follows && `task ${task.follows.task}, whose reviewer asked for changes`],
    ['Followed by', task.followedBy && `task ${task.followedBy}`],
    [
      'Ignored message',
      task.malformed && `${task.malformed.message} at ${task.malformed.at}: ${task.malformed.fault}`,
    ],
  ];
  const rows = facts
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `- **${name}:** ${plain(String(value))}`);
  // The UI measures the text before it wraps it, and cuts as many lines off its end as wrapping added.
  const margin = Array.from({ length: WRAPPED_LINES }, () => '\n\u00a0');
  return [`### ${plain(definition.title)}`, '', plain(standing(task)), '', ...rows, ...margin].join('\n');
}

function summary({ lastProgress: progress }: Task): string {
  const percent = progress?.percent === undefined ? '' : ` (${progress.percent} %)`;
  return `${progress?.blockers ?? progress?.note ?? progress?.plan ?? progress?.understanding ?? 'progress'}${percent}`;
}

const LONGEST = 300;
const WRAPPED_LINES = 3;

/** What agents wrote is shown as text: on one line, cut, and without power over the page's Markdown or links. */
function plain(value: string): string {
  const line = value.replace(/\s+/g, ' ');
  const cut = line.length > LONGEST ? `${line.slice(0, LONGEST)}…`.toWellFormed() : line;
  return cut.replace(/[\\`*_[\]<>#|!]/g, '\\$&');
}
