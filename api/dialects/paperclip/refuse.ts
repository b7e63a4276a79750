/** How Paperclip's protocol says no: `{error, details?}`, and of a conflict all that its agents look at. */
import type { Task } from '../../../workflows/task-record.ts';
import { Problem } from '../../problems.ts';
import type { Answer } from '../../route.ts';
import { assigneeOf, checkoutRunIdOf } from './present.ts';
import { wordOf } from './words.ts';

/** What this protocol calls a validation error, and answers 400. */
const INVALID: readonly string[] = ['invalid_request', 'invalid_json', 'malformed_message'];

export function refuse(problem: Problem): Answer {
  const { type, details } = problem;
  const error = type === 'not_found' ? 'Not found, or not in your company.' : problem.message;
  return {
    status: INVALID.includes(type) ? 400 : problem.status,
    body: { error, ...(details.errors && { details: details.errors }) },
  };
}

/** The answer to what is in the way of an issue being changed. */
export function refuseConflict(problem: Problem, task: Task): Answer {
  return {
    status: 409,
    body: {
      error: problem.message,
      issueId: task.id,
      status: wordOf(task),
      assigneeAgentId: assigneeOf(task),
      checkoutRunId: checkoutRunIdOf(task),
      holderAlive: problem.details.holderAlive ?? task.run !== undefined,
      retryable: false,
      hint: hintFor(problem, task),
    },
  };
}

function hintFor({ type, details }: Problem, task: Task): string {
  switch (type) {
    case 'held':
    case 'assigned_to_another':
      return 'Never retry a 409: pick a different issue.';
    case 'unexpected_status':
      return `It is ${wordOf(task)}. Read it, and check it out with that in expectedStatuses if you still want it.`;
    case 'seq_blocked':
      return `It waits until ${details.blockedBy} is done: pick a different issue.`;
    case 'approval_pending':
      return `It waits until approval ${details.blockedBy} is decided: pick a different issue until then.`;
    case 'open_children':
      return 'Finish or cancel its sub-tasks first.';
    default:
      return 'Do not retry: read the issue, and decide anew.';
  }
}
