/** What a caller may do to a task now, and why not the rest: read from the same rules that decide. */
import type { Message } from '../workflows/messages.ts';
import { mayNot } from '../workflows/permissions.ts';
import { decide } from '../workflows/receive.ts';
import { needsDecision } from '../workflows/rules/children.ts';
import type { Refusal } from '../workflows/refusals.ts';
import type { Task } from '../workflows/task-record.ts';
import { allows } from '../workflows/task-state.ts';
import type { CommandName } from '../workflows/task-state.ts';
import type { Principal } from './auth.ts';
import type { Family } from './services/family.ts';

export interface Action {
  name: string;
  method: string;
  href: string;
  allowed: boolean;
  why?: string;
}

/** A command, or one that is a case of another. */
type ActionName = CommandName | 'retry_child';

interface Call {
  method: string;
  path: string;
  ofRun?: true;
  command?: CommandName;
  /** A content that no rule objects to; `child` is a sub-task that somebody has to decide on. */
  content?: (child: string) => object;
}

const probe = { id: 'probe', definition: { title: 'probe' } };

/** Where each is sent. */
const ACTIONS: Record<ActionName, Call> = {
  claim: { method: 'POST', path: 'claim' },
  report_progress: { method: 'POST', path: 'progress', ofRun: true, content: () => ({ note: '' }) },
  mark_complete: {
    method: 'POST',
    path: 'complete',
    ofRun: true,
    content: () => ({ output: null, reasoning: '', outputChecked: true }),
  },
  mark_failed: { method: 'POST', path: 'fail', ofRun: true, content: () => ({ reasonCode: 'other' }) },
  release: { method: 'POST', path: 'release', ofRun: true },
  hand_off: { method: 'POST', path: 'hand-off', content: () => ({ blockers: '' }) },
  resume: { method: 'POST', path: 'resume' },
  approve: { method: 'POST', path: 'review' },
  request_changes: { method: 'POST', path: 'review', content: () => ({ comment: '' }) },
  reopen: { method: 'POST', path: 'reopen' },
  cancel: { method: 'POST', path: 'cancel' },
  archive: { method: 'POST', path: 'archive' },
  link: { method: 'POST', path: 'links', content: () => ({ to: 'probe', type: 'relates' }) },
  edit: { method: 'PATCH', path: '', content: () => ({ edit: {} }) },
  comment: { method: 'POST', path: 'comments', content: () => ({ comment: '' }) },
  create_subtask: { method: 'POST', path: 'subtasks', content: () => ({ child: probe }) },
  skip_child: { method: 'POST', path: 'subtasks/{childId}/skip', content: (child) => ({ child }) },
  retry_child: {
    method: 'POST',
    path: 'subtasks/{childId}/retry',
    command: 'create_subtask',
    content: (replaces) => ({ child: probe, replaces }),
  },
};

/** All actions on this task as seen by this caller. Where one is about a sub-task, the first is named that needs it. */
export function actionsFor(
  task: Task,
  principal: Principal,
  now: string,
  { holdsParent = false }: Pick<Family, 'holdsParent'> = {},
): Action[] {
  const mine = task.run?.agent === principal.id ? task.run.id : undefined;
  const child = task.children.find(needsDecision)?.id;
  const caller: Caller = { actor: principal, run: mine, child, holdsParent };
  return (Object.keys(ACTIONS) as ActionName[]).map((name) => {
    const { method, path, ofRun } = ACTIONS[name];
    const base = `/v1/tasks/${task.id}`;
    const throughRun = ofRun || (name === 'hand_off' && mine !== undefined);
    const place = path.replace('{childId}', child ?? '{childId}');
    const target = throughRun ? `runs/${mine ?? '{runId}'}/${place}` : place;
    const refusal = refusalOf(task, name, caller, now);
    return {
      name,
      method,
      href: target ? `${base}/${target}` : base,
      allowed: refusal === undefined,
      ...(refusal && { why: refusal.detail }),
    };
  });
}

interface Caller {
  actor: Principal;
  /** The caller's live run of the task. */
  run: string | undefined;
  child: string | undefined;
  holdsParent: boolean;
}

function refusalOf(task: Task, name: ActionName, caller: Caller, now: string): Refusal | undefined {
  const { actor, run, child, holdsParent } = caller;
  if (name === 'cancel') {
    const refusal = mayNot(task, actor, { name });
    if (refusal || (allows('cancel', task.status) && !task.cancel)) return refusal;
    return {
      type: 'transition_not_allowed',
      detail: `The task is ${task.cancel ? 'being cancelled' : task.status} already.`,
    };
  }
  const { ofRun, command = name, content } = ACTIONS[name];
  if (ofRun && run === undefined) {
    return { type: 'run_not_active', detail: 'You hold no live run of this task.' };
  }
  const message = {
    name: command,
    messageId: 'probe',
    actor: { id: actor.id, role: actor.role },
    ...(name === 'claim' ? { runId: 'probe' } : run !== undefined && { runId: run }),
    ...(holdsParent && { holdsParent }),
    ...content?.(child ?? 'probe'),
  } as Message;
  const verdict = decide(task, message, { now, mintId: () => 'probe' });
  if ('task' in verdict) return undefined;
  const { refusal } = verdict;
  if (refusal.type !== 'no_such_child') return refusal;
  return { ...refusal, detail: 'None of its sub-tasks has failed or was cancelled.' };
}
