/** What an agent finds about its task in its workspace, as data and as a text to read first. Pure. */
import type { Task } from '../../workflows/task-record.ts';
import type { PastRun } from './past-runs.ts';
import type { WakeCause } from '../../workflows/launch.ts';

/** The task as it stands, with the fields that `/v1` has for it, and with all its comments. */
export function recordOf(task: Task): Record<string, unknown> {
  const { definition, remembered: _remembered, malformed: _malformed, endedRuns, run, ...rest } = task;
  // Their texts lie beside this file.
  const { context: _context, ...asked } = definition;
  return {
    ...asked,
    ...rest,
    ...(run && { run: { id: run.id, agent: run.agent, attempt: run.attempt, startedAt: run.startedAt } }),
    endedRuns: endedRuns.map(({ contentHash: _hash, ...ended }) => ended),
  };
}

/** What runs before this one left: how each ended, its last checkpoint and its failure report; and the last of all. */
export function previousRunsOf(
  { endedRuns, lastProgress, lastFailure, handoff }: Task,
  past: ReadonlyMap<string, PastRun> = new Map(),
): Record<string, unknown> {
  return {
    runs: endedRuns.map(({ contentHash: _hash, ...ended }) => ({ ...ended, ...past.get(ended.id) })),
    lastCheckpoint: lastProgress ?? null,
    lastFailure: lastFailure ?? null,
    handoff: handoff ?? null,
  };
}

/** The task in prose. */
export function briefOf(task: Task, wake: WakeCause, holdsTask: boolean): string {
  const { definition, follows, endedRuns } = task;
  const { title, description, deadline, outputSchema } = definition;
  const again = endedRuns.length > 0;
  const paragraphs = [
    `# ${title}`,
    description,
    follows && `## What the reviewer of the work before wants\n\n${follows.comment}`,
    saidSince(task) && `## What was said of the work that was handed in before\n\n${saidSince(task)}`,
    deadline && `Due by ${deadline}.`,
    outputSchema !== undefined && 'The output has to fit the `outputSchema` in `../task.json`.',
    again && 'There were runs before this one: see `../previous-runs.json` and `../memory/task.md`.',
    `You were woken for: ${wake.reason}.`,
    !holdsTask &&
      'This run does not hold the task: you may read it and comment on it, and do no work that another does.',
  ];
  return `${paragraphs.filter(Boolean).join('\n\n')}\n`;
}

/** What others wrote since work was handed in, which is what sent it back. */
function saidSince({ submission, comments }: Task): string {
  if (!submission) return '';
  const since = comments.filter(({ at, by }) => at >= submission.at && by.id !== submission.agent);
  return since.map(({ by, text }) => `${by.id}: ${text}`).join('\n\n');
}
