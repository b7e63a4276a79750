/** The words of tickets, and what they are here. Each has a short form, which is answered, and a full one. */
import type { LINKS, MODES } from '../../../workflows/definition.ts';
import type { TaskStatus } from '../../../workflows/task-state.ts';

/** A vocabulary: short form to full form. */
type Words = Readonly<Record<string, string>>;

export const STATUSES = {
  bk: 'backlog',
  td: 'todo',
  ip: 'in_progress',
  dn: 'done',
  bl: 'blocked',
  cl: 'closed',
} as const satisfies Words;
export type Status = keyof typeof STATUSES;

export const PRIORITIES = { cr: 'critical', h: 'high', m: 'medium', l: 'low' } as const satisfies Words;
export type Priority = keyof typeof PRIORITIES;

export const TYPES = {
  bug: 'bug',
  ft: 'feature',
  tsk: 'task',
  ep: 'epic',
  chr: 'chore',
} as const satisfies Words;

export const EXEC_MODES = { par: 'parallel', seq: 'sequential' } as const satisfies Words;
export type ExecMode = keyof typeof EXEC_MODES;

export const LINK_TYPES = { blk: 'blocks', rel: 'relates', dup: 'duplicates' } as const satisfies Words;
export type LinkType = keyof typeof LINK_TYPES;

/** The short form of a word in either; undefined for one that is none. */
export const shortOf = <W extends Words>(words: W, given: string): (keyof W & string) | undefined =>
  Object.hasOwn(words, given) ? given : Object.keys(words).find((short) => words[short] === given);

/** A queued ticket that was put down as to do, not only into the backlog, has this label. */
const TODO = 'status:todo';
export const isTodo = (labels: readonly string[]): boolean => labels.includes(TODO);
/** The labels that its users gave a ticket. */
export const ownLabels = (labels: readonly string[]): string[] => labels.filter((label) => label !== TODO);
export const labelsFor = (own: readonly string[], todo: boolean): string[] =>
  todo ? [...ownLabels(own), TODO] : ownLabels(own);

const OF_STATUS: Record<TaskStatus, Status> = {
  queued: 'bk',
  assigned: 'ip',
  running: 'ip',
  review: 'ip',
  handoff: 'bl',
  done: 'dn',
  failed: 'cl',
  cancelled: 'cl',
};

export const statusOf = (status: TaskStatus, labels: readonly string[]): Status =>
  status === 'queued' && isTodo(labels) ? 'td' : OF_STATUS[status];

/** What a ticket of this status may be here. */
export const statusesBehind = (wanted: Status): TaskStatus[] =>
  wanted === 'td'
    ? ['queued']
    : (Object.keys(OF_STATUS) as TaskStatus[]).filter((status) => OF_STATUS[status] === wanted);

const URGENCY: readonly Priority[] = ['cr', 'h', 'm', 'l'];
export const priorityOf = (priority: number): Priority => URGENCY[priority - 1] ?? 'l';
export const urgencyOf = (priority: Priority): number => URGENCY.indexOf(priority) + 1;

/** Types made by other protocols are told as they are. */
export const typeOf = (type: string): string => shortOf(TYPES, type) ?? type;

export const modeOf = (mode: ExecMode): (typeof MODES)[number] => (mode === 'seq' ? 'sequence' : 'parallel');
export const execModeOf = (mode: string | undefined): ExecMode => (mode === 'sequence' ? 'seq' : 'par');

export const linkOf = (type: LinkType): (typeof LINKS)[number] => LINK_TYPES[type];
export const linkTypeOf = (link: (typeof LINKS)[number]): LinkType => shortOf(LINK_TYPES, link)!;
