/** Why runs and tasks fail: a closed list, each reason with what should follow. */

/** What a failure calls for: another run at once, another run later, a person's help, or nothing more. */
export type RetryClass = 'retry_now' | 'retry_later' | 'needs_person' | 'never';

export const FAILURE_REASONS = {
  crashed: 'retry_now',
  stalled: 'retry_now',
  agent_exited: 'retry_later',
  unreachable_service: 'retry_later',
  missing_credential: 'needs_person',
  ambiguous_input: 'needs_person',
  other: 'needs_person',
  out_of_scope: 'never',
  budget_exhausted: 'never',
  child_failed: 'needs_person',
  changes_requested: 'never',
  deadline_passed: 'never',
} as const satisfies Record<string, RetryClass>;
export type FailureReason = keyof typeof FAILURE_REASONS;

/** The reasons an agent may give with `mark_failed`; the others are for Baton to find. */
export const REPORTABLE_REASONS = [
  'agent_exited',
  'unreachable_service',
  'missing_credential',
  'ambiguous_input',
  'out_of_scope',
  'budget_exhausted',
  'other',
] as const satisfies readonly FailureReason[];

const FIRST_BACKOFF_MS = 10_000;
const LONGEST_BACKOFF_MS = 600_000;

/** How long a task waits before the run after its `attempts`-th failed one may start, in milliseconds. */
export function backoff(reason: FailureReason, attempts: number): number {
  if (FAILURE_REASONS[reason] !== 'retry_later') return 0;
  return Math.min(FIRST_BACKOFF_MS * 2 ** Math.max(0, attempts - 1), LONGEST_BACKOFF_MS);
}

/** Whether another run may follow a failure for this reason at all. */
export const isRetryable = (reason: FailureReason): boolean => FAILURE_REASONS[reason].startsWith('retry');
