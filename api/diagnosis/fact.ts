/** One thing that stands behind where a task stands: a sentence for people, and the same as data for programs. */
export const FACTS = [
  'closed',
  'no_worker',
  'stuck',
  'stranded',
  'cancel',
  'holder',
  'lease',
  'progress',
  'gate',
  'approval',
  'place',
  'asked_by',
  'agent',
  'subtasks',
  'backoff',
  'review',
  'handoff',
  'attempts',
  'last_failure',
  'budget',
  'deadline',
  'settles',
  'pending',
  'not_remembered',
  'ignored_message',
  'followed_by',
] as const;

export interface Fact {
  name: (typeof FACTS)[number];
  text: string;
  data?: Record<string, unknown>;
}
