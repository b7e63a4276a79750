/** Who may do what to a task. Pure; asked before anything else, by the workflow and by the API's `actions`. */
import type { Actor } from './actor.ts';
import type { MessageName } from './messages.ts';
import type { Refusal } from './refusals.ts';
import { endedRun } from './task-record.ts';
import type { Task } from './task-record.ts';

const forbidden = (detail: string, hint?: string): Refusal => ({
  type: 'forbidden',
  detail,
  ...(hint && { hint }),
});

/** Fields by which people keep control of agents; an agent may set them only on tasks of its own making. */
const GOVERNED = ['review', 'budget', 'maxAttempts'] as const;

const isPerson = (actor: Actor) => actor.role !== 'agent';
const isNamedReviewer = (task: Task, actor: Actor) =>
  task.definition.review.reviewers?.includes(actor.id) ?? false;

/** Refusals are remembered by the hundred, so that they must stay short. */
const someOf = (names: readonly string[]): string =>
  names.length <= 3 ? names.join(', ') : `${names.slice(0, 3).join(', ')} and ${names.length - 3} more`;

/** The agent that did the work under review. */
export const authorOf = ({ submission }: { submission?: { agent: string } }): string | undefined =>
  submission?.agent;

function mayNotReview(
  task: Task,
  actor: Actor,
  message: { holdsParent?: boolean | undefined },
): Refusal | undefined {
  if (actor.role === 'operator' || message.holdsParent || isNamedReviewer(task, actor)) return undefined;
  const { reviewers } = task.definition.review;
  if (reviewers) return forbidden(`Only ${someOf(reviewers)} or an operator may review this task.`);
  if (actor.role === 'reviewer') return undefined;
  return forbidden('Agents may not review this task.', 'Ask a reviewer or an operator for a decision.');
}

function mayNotEdit(task: Task, actor: Actor, message: { edit?: object | undefined }): Refusal | undefined {
  if (isPerson(actor) || task.createdBy.id === actor.id) return undefined;
  const governed = GOVERNED.filter((field) => message.edit && field in message.edit);
  if (governed.length === 0) return undefined;
  return forbidden(
    `An agent may not change ${governed.join(', ')} of a task that it did not create.`,
    'Ask an operator to change it.',
  );
}

/** The agent that a run belongs to, live or ended. */
const ownerOf = (task: Task, runId: string) =>
  task.run?.id === runId ? task.run.agent : endedRun(task, runId)?.agent;

function mayNotSpeakFor(task: Task, actor: Actor, runId: string): Refusal | undefined {
  const owner = ownerOf(task, runId);
  if (owner === undefined || owner === actor.id) return undefined;
  return forbidden('This run belongs to another agent.', 'Use the run id that your own claim returned.');
}

function mayNotDecideOnSteps(task: Task, actor: Actor): Refusal | undefined {
  if (isPerson(actor) || task.run?.agent === actor.id) return undefined;
  return forbidden('Only people, and the agent that holds the parent task, may skip or retry its sub-tasks.');
}

/** An approval holds back only what whoever asked for it has a say in; to other tasks it is a link and no more. */
function mayNotHoldBack({ run, definition, createdBy }: Task, actor: Actor): Refusal | undefined {
  const theirs = [run?.agent, definition.assignee, createdBy.id];
  if (isPerson(actor) || theirs.includes(actor.id)) return undefined;
  return forbidden(
    'Only people and the holder, assignee and creator of a task may have it wait for an approval.',
  );
}

/** Why `actor` may not do this to the task, whatever its state; undefined when it may. */
export function mayNot(
  task: Task,
  actor: Actor,
  message: {
    name: MessageName;
    runId?: string | undefined;
    edit?: object | undefined;
    holdsParent?: boolean | undefined;
    replaces?: string | undefined;
    granted?: boolean | undefined;
  },
): Refusal | undefined {
  if (message.edit) {
    const refusal = mayNotEdit(task, actor, message);
    if (refusal) return refusal;
  }
  switch (message.name) {
    case 'report_progress':
    case 'mark_complete':
    case 'mark_failed':
    case 'release':
      return message.runId === undefined ? undefined : mayNotSpeakFor(task, actor, message.runId);
    case 'hand_off':
      if (message.runId !== undefined) return mayNotSpeakFor(task, actor, message.runId);
      if (isPerson(actor) || task.definition.assignee === actor.id) return undefined;
      return forbidden('Only people and its assignee may hand off a task that nobody holds.');
    case 'approve':
    case 'request_changes':
      return mayNotReview(task, actor, message);
    case 'create_subtask':
      return message.replaces === undefined ? undefined : mayNotDecideOnSteps(task, actor);
    case 'skip_child':
      return mayNotDecideOnSteps(task, actor);
    case 'resume':
    case 'reopen':
      if (isPerson(actor) || message.granted) return undefined;
      return forbidden(`Agents may not ${message.name} a task.`, 'Ask a reviewer or an operator.');
    case 'cancel':
      if (isPerson(actor) || task.createdBy.id === actor.id || message.granted) return undefined;
      return forbidden(
        'Only people and the creator of a task may cancel it.',
        'If you hold it, release it or report its failure.',
      );
    case 'approval_asked':
      return mayNotHoldBack(task, actor);
    default:
      return undefined;
  }
}
