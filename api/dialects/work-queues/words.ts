/** The words of agent-team work queues, and what they mean here. */
import { RANGES } from '../../../workflows/limits.ts';
import { STATUSES } from '../../../workflows/task-state.ts';
import type { TaskStatus } from '../../../workflows/task-state.ts';

export const WORDS = ['pending', 'assigned', 'completed', 'failed', 'cancelled'] as const;
export type Word = (typeof WORDS)[number];

const WORD_OF: Record<TaskStatus, Word> = {
  queued: 'pending',
  assigned: 'assigned',
  running: 'assigned',
  handoff: 'assigned',
  review: 'completed',
  done: 'completed',
  failed: 'failed',
  cancelled: 'cancelled',
};

export const wordFor = (status: TaskStatus): Word => WORD_OF[status];
export const statusesFor = (word: Word): TaskStatus[] =>
  STATUSES.filter((status) => WORD_OF[status] === word);

/** How many tasks there are by word, from how many there are by status. */
export function countsByWord(counts: Partial<Record<TaskStatus, number>>): Record<Word, number> {
  const sum = (word: Word) => statusesFor(word).reduce((all, status) => all + (counts[status] ?? 0), 0);
  return Object.fromEntries(WORDS.map((word) => [word, sum(word)])) as Record<Word, number>;
}

/** From a priority of theirs, where 5 is the most urgent, to one of ours, where 1 is, and back. */
export const turned = (priority: number): number => RANGES.priority[0] + RANGES.priority[1] - priority;

export const queueId = (id: string): string => `wq_${id}`;
export const taskId = (id: string): string => `wt_${id}`;
/** The id behind either form. */
export const bare = (id = ''): string => id.replace(/^w[qt]_/, '');
