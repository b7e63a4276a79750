/** What a caller may do to a task now, and why not the rest: read from the same rules that decide. */
import type { Message } from '../workflows/messages.ts';
import { mayNot } from '../workflows/permissions.ts';
import { decide } from '../workflows/receive.ts';
import type { Refusal } from '../workflows/refusals.ts';
import type { Task } from '../workflows/task-record.ts';
import { allows } from '../workflows/task-state.ts';
import type { CommandName } from '../workflows/task-state.ts';
import type { Principal } from './auth.ts';

export interface Action {
  name: string;
  method: string;
  href: string;
  allowed: boolean;
  why?: string;
}

/** Where each command is sent, and a content that no rule objects to. */
const ACTIONS: Record<CommandName, { method: string; path: string; ofRun?: true; content?: object }> = {
  claim: { method: 'POST', path: 'claim' },
  report_progress: { method: 'POST', path: 'progress', ofRun: true, content: { note: '' } },
  mark_complete: {
    method: 'POST',
    path: 'complete',
    ofRun: true,
    content: { output: null, reasoning: '', outputChecked: true },
  },
  mark_failed: { method: 'POST', path: 'fail', ofRun: true, content: { reasonCode: 'other' } },
  release: { method: 'POST', path: 'release', ofRun: true },
  hand_off: { method: 'POST', path: 'hand-off', content: { blockers: '' } },
  resume: { method: 'POST', path: 'resume' },
  approve: { method: 'POST', path: 'review' },
  request_changes: { method: 'POST', path: 'review', content: { comment: '' } },
  reopen: { method: 'POST', path: 'reopen' },
  cancel: { method: 'POST', path: 'cancel' },
  edit: { method: 'PATCH', path: '', content: { edit: {} } },
  comment: { method: 'POST', path: 'comments', content: { comment: '' } },
  create_subtask: {
    method: 'POST',
    path: 'subtasks',
    content: { child: { id: 'probe', definition: { title: 'probe' } } },
  },
  skip_child: { method: 'POST', path: 'subtasks/{childId}/skip', content: { child: 'probe' } },
};

/** All actions on this task as seen by this caller. */
export function actionsFor(task: Task, principal: Principal, now: string): Action[] {
  const mine = task.run?.agent === principal.id ? task.run.id : undefined;
  return (Object.keys(ACTIONS) as CommandName[]).map((name) => {
    const { method, path, ofRun } = ACTIONS[name];
    const base = `/v1/tasks/${task.id}`;
    const throughRun = ofRun || (name === 'hand_off' && mine !== undefined);
    const target = throughRun ? `runs/${mine ?? '{runId}'}/${path}` : path;
    const refusal = refusalOf(task, principal, name, mine, now);
    return {
      name,
      method,
      href: target ? `${base}/${target}` : base,
      allowed: refusal === undefined,
      ...(refusal && { why: refusal.detail }),
    };
  });
}

function refusalOf(
  task: Task,
  actor: Principal,
  name: CommandName,
  mine: string | undefined,
  now: string,
): Refusal | undefined {
  if (name === 'cancel') {
    const refusal = mayNot(task, actor, { name });
    if (refusal || (allows('cancel', task.status) && !task.cancel)) return refusal;
    return {
      type: 'transition_not_allowed',
      detail: `The task is ${task.cancel ? 'being cancelled' : task.status} already.`,
    };
  }
  if (ACTIONS[name].ofRun && mine === undefined) {
    return { type: 'run_not_active', detail: 'You hold no live run of this task.' };
  }
  const envelope = { messageId: 'probe', actor: { id: actor.id, role: actor.role } };
  const run = name === 'claim' ? { runId: 'probe' } : mine !== undefined && { runId: mine };
  const message = { name, ...envelope, ...run, ...ACTIONS[name].content } as Message;
  const verdict = decide(task, message, { now, mintId: () => 'probe' });
  return 'refusal' in verdict ? verdict.refusal : undefined;
}
