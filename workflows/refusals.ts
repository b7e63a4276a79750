/** Why the workflow turns a message down. The API gives each type its HTTP status, title and page in the docs. */
import type { FailureReason } from './failure-reasons.ts';

export const REFUSAL_TYPES = [
  'forbidden',
  'held',
  'seq_blocked',
  'approval_pending',
  'open_children',
  'no_such_child',
  'order_taken',
  'tree_too_large',
  'assigned_to_another',
  'unexpected_status',
  'backing_off',
  'run_not_active',
  'budget_exhausted',
  'cancel_requested',
  'transition_not_allowed',
  'frozen',
  'self_review',
  'already_decided',
  'stale_version',
  'idempotency_key_reused',
  'output_unchecked',
  'task_full',
  'memory_full',
  'no_such_entry',
  'malformed_message',
] as const;
export type RefusalType = (typeof REFUSAL_TYPES)[number];

/** How a run came to its end. */
export type RunEnd =
  | 'completed'
  | 'failed'
  | 'released'
  | 'handed_off'
  | 'adopted'
  /** Its program ended well, and another run is to go on where it stopped. */
  | 'continued'
  /** Its runner was told to stop. */
  | 'interrupted'
  | 'never_started'
  | 'cancelled'
  | Extract<FailureReason, 'crashed' | 'stalled' | 'budget_exhausted'>;

export interface Refusal {
  type: RefusalType;
  /** One sentence that says what is wrong. */
  detail: string;
  /** One sentence that says what to do next. */
  hint?: string;
  /** Whether the same request may succeed later. */
  retryable?: boolean;
  retryAfterSeconds?: number;
  holder?: string;
  /** The task that has to be done, or the task or approval that has to be decided on, first. */
  blockedBy?: string;
  /** The holder's run, told only to the holder itself. */
  runId?: string;
  /** How the run that spoke had ended. */
  endedBy?: RunEnd;
  status?: string;
  version?: number;
}
