/**
 * The life of a task: its eight states and what may move it from one to another. Pure data, and the only place that
 * says so: the workflow, the API's `actions`, the property tests and the README's diagram all read this table.
 */

export const STATUSES = [
  'queued',
  'assigned',
  'running',
  'review',
  'done',
  'failed',
  'cancelled',
  'handoff',
] as const;
export type TaskStatus = (typeof STATUSES)[number];

export const TERMINAL = ['done', 'failed', 'cancelled'] as const satisfies readonly TaskStatus[];
export const isTerminal = (status: TaskStatus): boolean =>
  (TERMINAL as readonly TaskStatus[]).includes(status);

/** The states in which an agent holds the task. */
const HELD = ['assigned', 'running'] as const satisfies readonly TaskStatus[];
export const isHeld = (status: TaskStatus): boolean => (HELD as readonly TaskStatus[]).includes(status);

const OPEN = ['queued', 'assigned', 'running', 'review', 'handoff'] as const satisfies readonly TaskStatus[];

interface Transition {
  readonly from: readonly TaskStatus[];
  /** Where it may lead; a task that stays where it is lists nothing. */
  readonly to: readonly TaskStatus[];
}

/** What people and agents ask for. */
export const COMMANDS = {
  claim: { from: ['queued', 'handoff'], to: ['assigned'] },
  report_progress: { from: HELD, to: ['running', 'failed'] },
  mark_complete: { from: HELD, to: ['review', 'done'] },
  mark_failed: { from: HELD, to: ['failed', 'queued'] },
  release: { from: HELD, to: ['queued'] },
  hand_off: { from: ['queued', ...HELD], to: ['handoff'] },
  resume: { from: ['handoff'], to: ['queued'] },
  approve: { from: ['review'], to: ['done'] },
  request_changes: { from: ['review'], to: ['failed', 'queued'] },
  reopen: { from: ['done', 'cancelled'], to: ['queued', 'handoff'] },
  cancel: { from: OPEN, to: ['cancelled'] },
  edit: { from: ['queued', 'handoff', ...HELD], to: [] },
  archive: { from: TERMINAL, to: [] },
  link: { from: STATUSES, to: [] },
  comment: { from: STATUSES, to: [] },
  create_subtask: { from: ['queued', 'handoff', ...HELD], to: [] },
  skip_child: { from: ['queued', 'handoff', ...HELD], to: [] },
} as const satisfies Record<string, Transition>;
export type CommandName = keyof typeof COMMANDS;

/** What the tasks of one tree tell each other, and approvals the tasks that they are about. */
export const NOTICES = {
  child_closed: { from: STATUSES, to: [] },
  open_gate: { from: STATUSES, to: [] },
  close_gate: { from: OPEN, to: [] },
  approval_asked: { from: STATUSES, to: [] },
  approval_decided: { from: STATUSES, to: [] },
} as const satisfies Record<string, Transition>;
export type NoticeName = keyof typeof NOTICES;

/** What happens to a task without anybody asking. */
export const OCCURRENCES = {
  lease_lost: { from: HELD, to: ['queued', 'failed', 'handoff'] },
  stalled: { from: HELD, to: ['queued', 'failed'] },
  deadline_passed: { from: ['queued'], to: ['failed'] },
  backoff_over: { from: ['queued'], to: [] },
  review_overdue: { from: ['review'], to: ['done', 'failed', 'queued'] },
  grace_over: { from: HELD, to: ['cancelled'] },
  settled: { from: TERMINAL, to: [] },
  children_done: { from: ['queued'], to: ['review', 'done'] },
  child_failed: { from: ['queued', 'handoff', ...HELD], to: ['failed'] },
  approval_rejected: { from: ['queued'], to: ['handoff'] },
  look_at_children: { from: OPEN, to: [] },
} as const satisfies Record<string, Transition>;
export type OccurrenceName = keyof typeof OCCURRENCES;

/** Whether the table lets this message act on a task in `status`. */
export const allows = (message: CommandName | NoticeName, status: TaskStatus): boolean =>
  (({ ...COMMANDS, ...NOTICES })[message].from as readonly TaskStatus[]).includes(status);

/** The commands that the table lets act on a task in `status`. */
export const allowedCommands = (status: TaskStatus): CommandName[] =>
  (Object.keys(COMMANDS) as CommandName[]).filter((command) => allows(command, status));
