/** What a task knows of itself that stands behind where it stands. Pure. */
import { summary } from '../../workflows/details.ts';
import { DEFAULTS } from '../../workflows/limits.ts';
import { unplaced } from '../../workflows/promotions.ts';
import { budgetUsed } from '../../workflows/rules/budget.ts';
import type { Task } from '../../workflows/task-record.ts';
import { isTerminal } from '../../workflows/task-state.ts';
import { around } from './around.ts';
import type { Circumstances } from './circumstances.ts';
import type { Fact } from './fact.ts';

/** All facts that matter to this task now, what is wrong with Baton itself first. */
export function factsOf(task: Task, about: Circumstances): Fact[] {
  const own = isTerminal(task.status)
    ? [settles(task, about), followedBy(task)]
    : [cancel(task), progress(task), backoff(task), review(task), handoff(task), deadline(task, about)];
  const past = [attempts(task), lastFailure(task), budget(task, about), notRemembered(task), ignored(task)];
  return [...around(task, about), ...own, ...past].filter((fact) => fact !== undefined);
}

function cancel({ cancel: asked, run }: Task): Fact | undefined {
  if (!asked || !run) return undefined;
  const { at, by, graceUntil } = asked;
  const who = by === undefined ? 'Its cancellation was asked for' : `${by} cancelled it`;
  return {
    name: 'cancel',
    text: `${who} at ${at}; its run is ended at ${graceUntil}, whatever its agent does.`,
    data: { at, graceUntil, ...(by !== undefined && { by }) },
  };
}

function progress(task: Task): Fact | undefined {
  const { run, lastProgress } = task;
  if (!run) return undefined;
  if (!lastProgress) return { name: 'progress', text: 'No agent has ever reported on it.' };
  const { at, agent, run: reporter } = lastProgress;
  const whose = reporter === run.id ? agent : `${agent}, in a run before,`;
  return {
    name: 'progress',
    text: `${whose} last reported at ${at}: ${summary(task)}`,
    data: { at, agent, run: reporter },
  };
}

function backoff({ status, notBefore }: Task): Fact | undefined {
  if (status !== 'queued' || notBefore === undefined) return undefined;
  return {
    name: 'backoff',
    text: `No run may begin before ${notBefore}, for the reason of the last failure needs time to pass.`,
    data: { notBefore },
  };
}

function review(task: Task): Fact | undefined {
  const { status, review: under, definition } = task;
  if (status !== 'review' || !under) return undefined;
  const { quorum = DEFAULTS.quorum, onTimeout = 'escalate' } = definition.review;
  const approvedBy = under.approvals.map(({ by }) => by);
  const sofar = approvedBy.length > 0 ? `; ${approvedBy.join(', ')} approved` : '';
  const limit = under.dueAt === undefined ? '' : `; at ${under.dueAt} its time limit passes: ${onTimeout}`;
  return {
    name: 'review',
    text: `In review since ${under.since}, by ${quorum} of ${definition.review.reviewers?.join(', ') ?? 'the reviewers'}${sofar}${limit}.`,
    data: {
      since: under.since,
      quorum,
      approvedBy,
      ...(under.dueAt !== undefined && { dueAt: under.dueAt, onTimeout }),
    },
  };
}

function handoff({ status, handoff: given }: Task): Fact | undefined {
  if (status !== 'handoff' || !given) return undefined;
  const { by, at, blockers, nextStep } = given;
  const next = nextStep === undefined ? '' : ` The next step, as it says: ${nextStep}`;
  return { name: 'handoff', text: `${by} handed it off at ${at}: ${blockers}${next}`, data: { ...given } };
}

function deadline({ status, definition, failsAt }: Task, { now }: Circumstances): Fact | undefined {
  const { deadline: at } = definition;
  if (at === undefined) return undefined;
  const isPast = Date.parse(at) < Date.parse(now);
  const fails = status === 'queued' && failsAt !== undefined && !isPast;
  return {
    name: 'deadline',
    text: `Its deadline ${isPast ? 'was' : 'is'} ${at}${fails ? '; if it still waits by then, it fails' : ''}.`,
    data: { at, overdue: isPast },
  };
}

function settles({ settleUntil, status }: Task, { closedAt }: Circumstances): Fact | undefined {
  if (settleUntil === undefined || closedAt !== undefined) return undefined;
  const text = `It can be commented on${status === 'failed' ? '' : ' and reopened'} until ${settleUntil}.`;
  return { name: 'settles', text, data: { until: settleUntil } };
}

function attempts({ attempts: spent, definition: { maxAttempts } }: Task): Fact | undefined {
  if (spent === 0) return undefined;
  const left = Math.max(0, maxAttempts - spent);
  const text = `${spent} of ${maxAttempts} attempts are spent; ${left} ${left === 1 ? 'is' : 'are'} left.`;
  return { name: 'attempts', text, data: { spent, left, max: maxAttempts } };
}

function lastFailure({ lastFailure: failure }: Task): Fact | undefined {
  if (!failure) return undefined;
  const { reasonCode, message, at, run, report } = failure;
  const next = report?.nextStep === undefined ? '' : ` Its agent suggests: ${report.nextStep}`;
  return {
    name: 'last_failure',
    text: `The last failure, at ${at}, was ${reasonCode}: ${message}${next}`,
    data: { reasonCode, at, ...(run !== undefined && { run }) },
  };
}

function budget(task: Task, { now }: Circumstances): Fact | undefined {
  const used = budgetUsed(task, now);
  if (!task.definition.budget || used === 0) return undefined;
  const percent = Math.floor(used * 100);
  return { name: 'budget', text: `${percent} % of its budget is spent.`, data: { percent } };
}

function notRemembered(task: Task): Fact | undefined {
  const scopes = unplaced(task);
  if (scopes.length === 0) return undefined;
  const text = `What was promoted to ${scopes.join(', ')} is not remembered: the task has no such thing.`;
  return { name: 'not_remembered', text, data: { scopes } };
}

function ignored({ malformed }: Task): Fact | undefined {
  if (!malformed) return undefined;
  const { message, at, fault } = malformed;
  const text = `A message, ${message}, that came at ${at} could not be read and was ignored: ${fault}.`;
  return { name: 'ignored_message', text, data: { ...malformed } };
}

function followedBy({ followedBy: id }: Task): Fact | undefined {
  return id === undefined
    ? undefined
    : { name: 'followed_by', text: `Task ${id} asks for the work again.`, data: { task: id } };
}
