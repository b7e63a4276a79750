/** What somebody may do so that a task goes on, the most useful first; that nothing need be done is said, too. Pure. */
import { FAILURE_REASONS } from '../../workflows/failure-reasons.ts';
import { offerOf } from '../../workflows/offer.ts';
import type { Standing } from '../../workflows/agent-state.ts';
import { heldUpBy } from '../../workflows/standing.ts';
import type { Task } from '../../workflows/task-record.ts';
import { isTerminal } from '../../workflows/task-state.ts';
import { areDone, isContainer } from '../../workflows/tree.ts';
import type { Circumstances } from './circumstances.ts';

const at = ({ id }: Task, path = ''): string => `/v1/tasks/${id}${path}`;

export function adviceFor(task: Task, about: Circumstances): string[] {
  if (about.worker && !about.worker.answers) return withoutWorker(about.worker.listens);
  if (about.stuck)
    return [
      'Look into the log of the workers, and at the last events of the workflow in the Temporal UI: a newer Baton may be what it needs.',
    ];
  const paused = about.pending.filter(({ state }) => state === 'paused').map(({ type }) => type);
  const resume = paused.length > 0 ? [`Unpause activity ${paused.join(', ')} in the Temporal UI.`] : [];
  return [...resume, ...toApprove(task, about), ...byStatus(task, about)];
}

const withoutWorker = (listens: boolean): string[] => [
  listens
    ? 'Look whether the workers are alive, and into their log; they may be overloaded.'
    : 'Start a worker: `npm start` runs one, and so does `node dist/worker/main.js`.',
  'What is sent meanwhile is kept, and handled once a worker is back.',
];

/** What opens the approvals that the task waits for. */
function toApprove(task: Task, { lapsed }: Circumstances): string[] {
  if (isTerminal(task.status) || task.cancel) return [];
  if (lapsed)
    return [
      `Cancel it, POST ${at(task, '/cancel')}, and create another task for the work: nobody can decide on approval ${lapsed.id} any more.`,
    ];
  return (task.approvals ?? []).map(({ id, requestedBy: { id: asker, role } }) => {
    const who = role === 'agent' ? `A person, or a manager of ${asker},` : `Another person than ${asker}`;
    const path = `/v1/approvals/${id}`;
    return `${who} decides: POST ${path}/decide {decision}. If a revision was requested, ${asker} has to submit it again first: POST ${path}/resubmit.`;
  });
}

function byStatus(task: Task, about: Circumstances): string[] {
  if (task.cancel && task.run) return ['Nothing: it ends by itself when the grace period is over.'];
  switch (task.status) {
    case 'queued':
      return queued(task, about);
    case 'assigned':
    case 'running':
      return held(task, about);
    case 'review':
      return [
        `${task.definition.review.reviewers?.join(' or ') ?? 'A reviewer'}, or an operator, decides: POST ${at(task, '/review')} {decision, comment}.`,
      ];
    case 'handoff':
      return [
        `Do away with what is in the way, then POST ${at(task, '/resume')}, which queues it again.`,
        `Or take it over: POST ${at(task, '/claim')}.`,
      ];
    case 'done':
    case 'cancelled':
      return ended(task, about);
    case 'failed':
      return failed(task);
  }
}

function queued(task: Task, about: Circumstances): string[] {
  if (task.gate) return behindGate(task, about);
  // What is to be done first has been said.
  if (task.approvals && (!isContainer(task) || areDone(task))) return [];
  if (isContainer(task)) return container(task);
  if (task.notBefore !== undefined) return [`Nothing: from ${task.notBefore} on the next run may begin.`];
  if (!offerOf(task)) {
    return [
      `Give it to somebody: PATCH ${at(task)} {assignee} or {queue}, with its ETag as If-Match.`,
      `Or let an agent take it by its id: POST ${at(task, '/claim')}.`,
    ];
  }
  const { assignee } = task.definition;
  return assignee === undefined ? inQueue(task, about) : inInbox(task, assignee, about);
}

function behindGate(task: Task, { isStranded, blocker }: Circumstances): string[] {
  if (isStranded)
    return [`Cancel it, POST ${at(task, '/cancel')}, and create a task of its own for the work.`];
  if (blocker?.parent !== undefined) {
    const subtask = `/v1/tasks/${blocker.parent}/subtasks/${blocker.id}`;
    return [`Decide on the step before: POST ${subtask}/retry, or /skip to go on without it.`];
  }
  return [
    `Nothing here: its turn comes by itself. GET /v1/tasks/${task.gate!.blockedBy}/diagnosis tells why that one is not done.`,
  ];
}

function container(task: Task): string[] {
  const held = heldUpBy(task);
  if (held) {
    const subtask = at(task, `/subtasks/${held.id}`);
    return [`Decide on ${held.title}: POST ${subtask}/retry, or ${subtask}/skip to go on without it.`];
  }
  const open = task.children.find(({ status, blockedBy }) => status === 'open' && blockedBy === undefined);
  if (!open) return [`Create the sub-tasks it is to have: POST ${at(task, '/subtasks')} {title}.`];
  return [`Nothing here. GET /v1/tasks/${open.id}/diagnosis tells why ${open.title} is not done.`];
}

function inQueue(task: Task, { place }: Circumstances): string[] {
  if (place?.isGone) return [`Move it: PATCH ${at(task)} {queue} or {assignee}, with its ETag as If-Match.`];
  const urge = `PATCH ${at(task)} {priority: 1}, with its ETag as If-Match, brings it to the front.`;
  if (place && place.askedBy.length > 0) {
    return (place.ahead ?? 0) > 0
      ? [`Nothing: its turn comes. ${urge}`]
      : ['Nothing: whoever asks next gets it, unless those who asked are still at work.'];
  }
  return [
    `Let agents ask for work there: POST /v1/queues/${task.definition.queue}/dequeue?wait=30.`,
    `Or move it: PATCH ${at(task)} {queue} or {assignee}, with its ETag as If-Match.`,
  ];
}

function inInbox(task: Task, assignee: string, { agent, place, runner }: Circumstances): string[] {
  const other = `Or give it to another: PATCH ${at(task)} {assignee}, with its ETag as If-Match.`;
  const its = `/v1/agents/${encodeURIComponent(assignee)}`;
  if (agent?.state === 'terminated') return [other.replace('Or give', 'Give')];
  if (agent?.state === 'paused') return [takeUpAgain(assignee, its, agent.pausedBy), other];
  if (!agent?.isLaunched) {
    if (place && place.askedBy.length > 0)
      return [`Nothing: ${assignee} asks for work, and gets it in turn.`];
    return [
      `${assignee} has to ask for it: POST /v1/agents/me/next?wait=30, or POST ${at(task, '/claim')}.`,
      other,
    ];
  }
  if (runner && !runner.listens) return [startRunner(runner.name), other];
  if (agent.state === 'running' || agent.knowsOfIt)
    return [`Nothing: ${assignee} is launched for it once it may begin another run.`, other];
  return [`Wake ${assignee}: POST ${its}/wake {task: "${task.id}"}.`, other];
}

function held({ run, ...task }: Task, { runner, pending, now }: Circumstances): string[] {
  const lease = pending.find(({ id }) => id === run?.id);
  if (runner && !runner.listens && lease?.state === 'scheduled') return [startRunner(runner.name)];
  if (lease?.state === 'paused') return [];
  const since = Date.parse(now) - Date.parse(run?.checkpointAt ?? now);
  const silent =
    since > QUIET_MS ? 'Ask it by a comment how it goes: ' : 'Nothing. To ask how it goes, comment: ';
  return [
    `${silent}POST /v1/tasks/${task.id}/comments {text}.`,
    `To stop it: POST /v1/tasks/${task.id}/cancel; its agent is told by its next heartbeat.`,
  ];
}

function takeUpAgain(agent: string, its: string, pausedBy: Standing['pausedBy']): string {
  if (pausedBy === 'budget_exhausted')
    return `Raise the budget of ${agent}, PUT ${its} {budget}, or wait for the next month.`;
  const resume = `POST ${its}/resume`;
  return pausedBy === 'no_progress'
    ? `Find out why the runs of ${agent} came to nothing, GET ${its}, then let it work again: ${resume}.`
    : `Let ${agent} work again: ${resume}.`;
}

const startRunner = (name: string): string => `Start runner ${name}: nobody listens there.`;

/** An agent that says nothing for longer may be stuck, whatever its heartbeats say. */
const QUIET_MS = 300_000;

function ended(task: Task, { closedAt }: Circumstances): string[] {
  if (closedAt !== undefined || task.settleUntil === undefined) return ['Nothing: it has ended.'];
  return [`Nothing: it has ended. Until ${task.settleUntil} POST ${at(task, '/reopen')} takes it up again.`];
}

function failed(task: Task): string[] {
  const { failure, followedBy, parent } = task;
  if (followedBy !== undefined)
    return [`Nothing here. GET /v1/tasks/${followedBy}/diagnosis tells of the next try.`];
  const retry =
    parent === undefined
      ? 'create a new task for it: POST /v1/tasks'
      : `try it again: POST /v1/tasks/${parent.id}/subtasks/${task.id}/retry`;
  const isForPerson = failure && FAILURE_REASONS[failure.reasonCode] === 'needs_person';
  return [
    isForPerson ? `Do away with what was in the way, then ${retry}.` : `If it is still wanted, ${retry}.`,
  ];
}
