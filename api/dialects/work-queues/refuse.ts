/** How requests are turned down in the words of work queues: `{error: {code, message, hint, …}}`. */
import type { TaskStatus } from '../../../workflows/task-state.ts';
import { PROBLEMS } from '../../problems.ts';
import type { Problem, ProblemName } from '../../problems.ts';
import type { Answer } from '../../route.ts';
import { countsByWord, wordFor } from './words.ts';

/** In place of hints for `/v1` that name what this protocol has not. */
const HINTS: Partial<Record<ProblemName, string>> = {
  not_found: 'Check the id, and that your token is of the right company.',
  forbidden: 'Leave this to those who may, or ask an operator.',
  held: 'Leave it to its holder, and dequeue another task.',
  invalid_request: 'Correct what `errors` names, and send it again.',
  queue_not_empty:
    'Wait until they are done. With `?force=true` they are cancelled, but for those in review, which have to be decided on first.',
  internal: 'Tell whoever runs this Baton when it happened.',
};

export function refuse(problem: Problem): Answer {
  const { type, details } = problem;
  const { taskStatus, holder, holderAlive, retryable, retryAfterSeconds, counts, errors } = {
    ...details,
    taskStatus: details.taskStatus && wordFor(details.taskStatus as TaskStatus),
  };
  const error = {
    ...said(problem, taskStatus),
    ...(taskStatus && { taskStatus }),
    ...(holder !== undefined && { assignedTo: holder }),
    ...(holderAlive !== undefined && { holderAlive }),
    ...(retryable !== undefined && { retryable }),
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
    ...(counts && { counts: inTheWay(counts) }),
    ...(errors && {
      errors: errors.map(({ pointer, detail }) => ({
        field: pointer.replace(/^\//, '') || 'body',
        message: detail,
      })),
    }),
  };
  return { status: PROBLEMS[type].status, body: { error } };
}

/** Callers know nothing of runs: to them a task is theirs, or it is not, or it has ended. */
function said({ type, message, details }: Problem, status: string | undefined) {
  if (type === 'queue_not_empty' && details.counts) {
    const there = Object.entries(inTheWay(details.counts)).map(([word, count]) => `${count} ${word}`);
    return { code: type, message: `The queue still has tasks: ${there.join(', ')}.`, hint: HINTS[type] };
  }
  if (type !== 'run_not_active') {
    return { code: type, message, hint: details.hint ?? HINTS[type] ?? PROBLEMS[type].hint };
  }
  const hint = 'Stop working on it, and dequeue another task.';
  if (status === 'pending') {
    return { code: 'not_assigned', message: 'The task is not assigned to you: it waits in its queue.', hint };
  }
  if (status === undefined || status === 'assigned') {
    return { code: 'not_assigned', message: 'The task is not assigned to you, or not any more.', hint };
  }
  return { code: 'already_ended', message: `The task is ${status} already, and not by this request.`, hint };
}

/** How many tasks keep a queue from being deleted; those in review, which `force` does not cancel, by themselves. */
function inTheWay({ review = 0, ...counts }: Record<string, number>): Record<string, number> {
  const byWord = { ...countsByWord(counts), inReview: review };
  return Object.fromEntries(Object.entries(byWord).filter(([, count]) => count > 0));
}
