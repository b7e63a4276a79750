/** Why a task does not move: one sentence, what stands behind it, and what to do. Pure. */
import { NEXT } from '../../workflows/details.ts';
import { dues } from '../../workflows/occur.ts';
import { standing, standingSince, waitingFor } from '../../workflows/standing.ts';
import type { WaitingFor } from '../../workflows/standing.ts';
import type { Task } from '../../workflows/task-record.ts';
import type { Family } from '../services/family.ts';
import { adviceFor } from './advice.ts';
import type { Circumstances } from './circumstances.ts';
import type { Fact } from './fact.ts';
import { factsOf } from './facts.ts';

export interface Diagnosis {
  sentence: string;
  /** Since when it stands so. */
  since: string;
  waitingFor: WaitingFor | { kind: 'worker' } | null;
  facts: Fact[];
  /** What time brings if nothing else happens. */
  next: { what: string; text: string; at: string } | null;
  whatToDo: string[];
}

const STRANDED =
  'May never start: its parent task, which would have opened its gate, has ended. Cancel it, and create a task of its own for the work.';

export function diagnose(task: Task, about: Circumstances): Diagnosis {
  const next = about.closedAt === undefined ? dues(task)[0] : undefined;
  const isUnattended = about.stuck !== undefined || about.worker?.answers === false;
  return {
    sentence: sentenceOn(task, about),
    since: standingSince(task),
    waitingFor: isUnattended ? { kind: 'worker' } : (waitingFor(task) ?? null),
    facts: factsOf(task, about),
    next: next ? { what: next.what, text: `${capital(NEXT[next.what])}.`, at: next.at } : null,
    whatToDo: adviceFor(task, about),
  };
}

/** Where it stands, and that nobody will ever let it go on, if that is so: which the task itself can not know. */
export function standingAmid(
  task: Task,
  { isStranded, lapsed }: Pick<Family, 'isStranded' | 'lapsed'>,
): string {
  if (isStranded) return STRANDED;
  const stands = standing(task);
  if (!lapsed) return stands;
  return `${stands} But approval ${lapsed.id} has ended without a decision. Cancel the task, and create another for the work.`;
}

/** As the Temporal UI has it, but for what nobody can know there: that no worker attends to it, or who is gone. */
function sentenceOn(task: Task, about: Circumstances): string {
  const { worker, stuck } = about;
  const stands = standingAmid(task, about);
  if (stuck)
    return `Baton itself can not go on with it since ${stuck.since}; before that it stood so: ${stands}`;
  if (worker?.answers === false)
    return `No worker answers, so that nothing moves; before that it stood so: ${stands}`;
  return stands;
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
