/** How the refusals of the workflow look over HTTP: each has its status, its name, and what to do about it. */
import type { RefusalType } from '../workflows/refusals.ts';

export interface ProblemType {
  status: number;
  title: string;
  /** When it happens; also the `detail` where the one who refuses knows no closer. */
  about: string;
  /** What to do next; also the `hint` where the one who refuses knows no better. */
  hint: string;
}

export const REFUSALS: Record<RefusalType, ProblemType> = {
  forbidden: {
    status: 403,
    title: 'Not allowed',
    about: 'Your role, or your part in this task, does not permit this.',
    hint: 'Read `actions` of the task for what you may do, and leave this to those who may.',
  },
  self_review: {
    status: 403,
    title: 'Own work',
    about: 'You did the work under review, so somebody else must decide on it.',
    hint: 'Leave the decision to another reviewer.',
  },
  held: {
    status: 409,
    title: 'Held by an agent',
    about: 'Another run holds the task; `holder` names its agent.',
    hint: 'Do not retry: take another task. If `holder` is you, go on with the run that `runId` names.',
  },
  seq_blocked: {
    status: 409,
    title: 'Not its turn yet',
    about:
      'The task is a step of a sequence, and the step before it, `blockedBy`, is not done. It is not `retryable` when the parent that would open the gate has ended.',
    hint: 'Take another task.',
  },
  approval_pending: {
    status: 409,
    title: 'Waits for an approval',
    about:
      'The task waits for an approval, `blockedBy`, which is still open. It is not `retryable` when the approval has ended without a decision.',
    hint: 'Take another task. People, and managers of whoever asked, decide: `POST /v1/approvals/{id}/decide`.',
  },
  open_children: {
    status: 409,
    title: 'Open sub-tasks',
    about: 'A task is done only when its sub-tasks are; `blockedBy` names the first that is open.',
    hint: 'Wait until they are done, or cancel them.',
  },
  no_such_child: {
    status: 404,
    title: 'No such sub-task',
    about: 'The task has no sub-task with this id.',
    hint: 'Read the task: `children` lists those that it has.',
  },
  order_taken: {
    status: 409,
    title: 'Order taken',
    about: 'Another sub-task of the same parent has this order.',
    hint: 'Choose another order, or give none to come last.',
  },
  tree_too_large: {
    status: 422,
    title: 'Tree too large',
    about: 'A tree has at most 10 levels, and 200 tasks in one call; a task has at most 200 sub-tasks.',
    hint: 'Create fewer at once, or make the rest a tree of its own.',
  },
  assigned_to_another: {
    status: 409,
    title: 'Assigned to another agent',
    about: 'The task waits for its assignee.',
    hint: 'Take another task.',
  },
  unexpected_status: {
    status: 409,
    title: 'Unexpected status',
    about: 'The claim named the states it expected, and the task is in none of them.',
    hint: 'Read the task, and decide again whether to claim it.',
  },
  backing_off: {
    status: 409,
    title: 'Backing off',
    about: 'The last run failed for a reason that needs time to pass.',
    hint: 'Retry after `retryAfterSeconds`, or take another task.',
  },
  run_not_active: {
    status: 409,
    title: 'Run not active',
    about:
      'Your run is over: it completed, its lease lapsed, or it was ended; `endedBy` says how. Nothing was changed. A submission that came too late is kept in the events of the task.',
    hint: 'Stop the work. Claim the task again if it is queued, or take another one.',
  },
  budget_exhausted: {
    status: 409,
    title: 'Budget exhausted',
    about: 'The task has spent its budget, which ended the run.',
    hint: 'Stop the work, and take another task.',
  },
  cancel_requested: {
    status: 409,
    title: 'Being cancelled',
    about:
      'The task is being cancelled. In the grace period its run may only be released, failed or completed.',
    hint: 'Wind down: release the run, or hand in what there is.',
  },
  transition_not_allowed: {
    status: 409,
    title: 'Transition not allowed',
    about: 'The task is in a state that does not take this.',
    hint: 'Read `actions` of the task for what it takes now.',
  },
  frozen: {
    status: 409,
    title: 'Frozen',
    about: 'The work was handed in, or the task is closed, so what it asks for can no longer be changed.',
    hint: 'Create a new task for what should be different.',
  },
  already_decided: {
    status: 409,
    title: 'Already decided',
    about: 'You approved this submission before.',
    hint: 'Leave it to the other reviewers whom the quorum needs.',
  },
  stale_version: {
    status: 412,
    title: 'Stale version',
    about: 'The task changed since you read it.',
    hint: 'Read it again, decide again, and send its new ETag as `If-Match`.',
  },
  idempotency_key_reused: {
    status: 422,
    title: 'Idempotency key reused',
    about: 'This Idempotency-Key came with another request before.',
    hint: 'Use a new key for a new request, and an old one only with the same content.',
  },
  output_unchecked: {
    status: 422,
    title: 'Output not checked',
    about: 'The task has an output schema and the message did not come through the API, which checks it.',
    hint: 'Hand the work in through the API.',
  },
  task_full: {
    status: 413,
    title: 'Task full',
    about: 'A task holds at most 1 MB in all.',
    hint: 'Send less, or store it elsewhere and refer to it.',
  },
  memory_full: {
    status: 413,
    title: 'Memory full',
    about: 'A memory has at most 64 KB of text, in 400 entries. Nothing is dropped to make room.',
    hint: 'Say less, or ask an operator to summarise the oldest entries.',
  },
  no_such_entry: {
    status: 404,
    title: 'No such entry',
    about: 'The memory has no entry with this id.',
    hint: 'Read the memory: `entries` lists those that it has.',
  },
  malformed_message: {
    status: 422,
    title: 'Malformed message',
    about: 'The workflow could not read the message.',
    hint: 'Correct the field that `detail` names, and send it again.',
  },
};
