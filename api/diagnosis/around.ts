/** What is around a task and stands behind where it stands: what Temporal, lists and other workflows know. Pure. */
import { later } from '../../workflows/rules/rule.ts';
import type { Task } from '../../workflows/task-record.ts';
import { isTerminal } from '../../workflows/task-state.ts';
import { isOutOfTheWay } from '../../workflows/tree.ts';
import type { Circumstances, Pending } from './circumstances.ts';
import type { Fact } from './fact.ts';

export const around = (task: Task, about: Circumstances): (Fact | undefined)[] => [
  closed(task, about),
  noWorker(about),
  stuck(about),
  holder(task),
  lease(task, about),
  gate(task, about),
  ...approvals(task, about),
  place(about),
  askedBy(about),
  agent(about),
  subtasks(task, about),
  ...about.pending.filter((each) => isOfNote(each, task)).map(pending),
];

function closed({ terminated }: Task, { closedAt }: Circumstances): Fact | undefined {
  if (closedAt === undefined) return undefined;
  const how = terminated
    ? 'was ended from outside, in the Temporal UI or by a time limit, and'
    : 'has closed and';
  return { name: 'closed', text: `Its workflow ${how} takes no messages any more.`, data: { at: closedAt } };
}

function noWorker({ worker }: Circumstances): Fact | undefined {
  if (!worker || worker.answers) return undefined;
  const text = worker.listens
    ? 'No worker answers, although one has listened within the last minutes.'
    : 'No worker listens.';
  return {
    name: 'no_worker',
    text: `${text} What is told here is as the last one left it.`,
    data: { ...worker },
  };
}

function stuck({ stuck: step }: Circumstances): Fact | undefined {
  if (!step) return undefined;
  const text = `Workers have failed ${step.attempts - 1} times at the step that is due since ${step.since}; they try again.`;
  return { name: 'stuck', text, data: { ...step } };
}

function holder({ run, definition }: Task): Fact | undefined {
  if (!run) return undefined;
  const { id, agent: who, attempt, startedAt, launch } = run;
  const by = launch ? `, launched as ${launch.launcher} on ${launch.runner}` : '';
  return {
    name: 'holder',
    text: `${who} holds it by run ${id} since ${startedAt}, attempt ${attempt} of ${definition.maxAttempts}${by}.`,
    data: { agent: who, run: id, attempt, since: startedAt, ...(launch && { launch: { ...launch } }) },
  };
}

/** Whether the holder is alive: its lease is an activity, whose heartbeats Temporal has. */
function lease({ run }: Task, { now, pending: all, runner }: Circumstances): Fact | undefined {
  if (!run) return undefined;
  const held = all.find(({ id }) => id === run.id);
  const dead = (text: string) => ({ name: 'lease' as const, text, data: { alive: false } });
  if (!held) return dead('Its lease is over, which the task is about to learn of.');
  if (held.state === 'paused') return dead('Its lease is paused in Temporal.');
  if (held.state === 'scheduled') {
    if (!runner) return dead('No worker has taken up its lease yet.');
    const there = runner.listens ? 'listens, and has' : 'does not listen, and has';
    return dead(`Runner ${runner.name} ${there} not taken it up yet.`);
  }
  const seenAt = held.heartbeatAt ?? held.since ?? now;
  const seen =
    held.heartbeatAt === undefined
      ? `No heartbeat has come since it began at ${seenAt}`
      : `Its last heartbeat came at ${seenAt}`;
  const expiresAt = later(seenAt, run.leaseSeconds);
  const alive = Date.parse(expiresAt) > Date.parse(now);
  const text = `${seen}; ${alive ? 'without another it counts as crashed at' : 'it lapsed at'} ${expiresAt}.`;
  return { name: 'lease', text, data: { alive, lastHeartbeatAt: seenAt, expiresAt } };
}

function gate({ gate: closedBy }: Task, { blocker, isStranded }: Circumstances): Fact | undefined {
  if (!closedBy) return undefined;
  if (isStranded)
    return {
      name: 'stranded',
      text: 'Its parent task, which would open its gate, has ended.',
      data: { task: closedBy.blockedBy },
    };
  if (!blocker) return undefined;
  const { id, title, status, holder: who } = blocker;
  const by = who === undefined ? '' : `, held by ${who}`;
  return {
    name: 'gate',
    text: `Task ${id} (${title}) has to be done first; it is ${status}${by}.`,
    data: { task: id, status, ...(who !== undefined && { holder: who }) },
  };
}

/** What it may be neither taken nor completed before. */
const approvals = ({ approvals: open = [], status }: Task, { lapsed }: Circumstances): Fact[] =>
  (isTerminal(status) ? [] : open).map(({ id, type, requestedBy, since }) => {
    const hasLapsed = lapsed?.id === id;
    const ended = hasLapsed ? ' It has ended without a decision, so that nobody can decide any more.' : '';
    return {
      name: 'approval',
      text: `It waits for approval ${id} (${type}) since ${since}, for which ${requestedBy.id} asked.${ended}`,
      data: { approval: id, type, requestedBy: requestedBy.id, since, lapsed: hasLapsed },
    };
  });

function place({ place: where }: Circumstances): Fact | undefined {
  if (!where) return undefined;
  const { kind, id, name = id, isGone, waiting, ahead } = where;
  if (isGone) return { name: 'place', text: `Its queue, ${id}, was deleted.`, data: { kind, id, isGone } };
  const inWhat = kind === 'queue' ? `queue ${name}` : `the inbox of ${id}`;
  if (ahead === undefined) return { name: 'place', text: `It waits in ${inWhat}.`, data: { kind, id } };
  const text = `${ahead === 0 ? 'None waits' : `${ahead} of ${waiting} wait`} before it in ${inWhat}.`;
  return { name: 'place', text, data: { kind, id, waiting, ahead } };
}

function askedBy({ place: where, agent: assignee }: Circumstances): Fact | undefined {
  // Agents that Baton launches do not ask.
  if (!where || where.isGone || (where.kind === 'inbox' && assignee?.isLaunched)) return undefined;
  const inWhat = where.kind === 'queue' ? `queue ${where.name ?? where.id}` : `the inbox of ${where.id}`;
  const agents = where.askedBy;
  const text =
    agents.length === 0
      ? `Nobody has asked for work of ${inWhat} within the last minutes.`
      : `Work of ${inWhat} was asked for by ${agents
          .slice(0, MOST_NAMED)
          .map(({ agent: who, lastSeenAt }) => `${who} at ${lastSeenAt}`)
          .join(', ')}.`;
  return { name: 'asked_by', text, data: { agents } };
}

function agent({ agent: known, runner }: Circumstances): Fact | undefined {
  if (!known) return undefined;
  const { id, state, why, isLaunched, knowsOfIt, unanswered } = known;
  const where = runner
    ? ` on runner ${runner.name}, which ${runner.listens ? 'listens' : 'does not listen'}`
    : '';
  const how = isLaunched ? `Baton launches it${where}` : 'it asks for its work itself';
  const woken = knowsOfIt ? '; a wake for this task waits for it' : '';
  const missed = unanswered
    ? `; nobody took up the last of its launches (${unanswered.launches}), and none follows before ${unanswered.until}`
    : '';
  return {
    name: 'agent',
    text: `Agent ${id} is ${state}: ${why.replace(/\.$/, '')}; ${how}${woken}${missed}.`,
    data: {
      agent: id,
      state,
      isLaunched,
      knowsOfIt,
      ...(runner && { runner: { ...runner } }),
      ...(unanswered && { unanswered }),
    },
  };
}

const MOST_NAMED = 5;

function subtasks(
  { children, definition, status }: Task,
  { subtasks: rows }: Circumstances,
): Fact | undefined {
  if (children.length === 0 || isTerminal(status)) return undefined;
  const open = children.filter((child) => child.status === 'open');
  const failed = children.filter((child) => child.status === 'failed');
  const done = children.filter((child) => isOutOfTheWay(child, definition)).length;
  const inWords = open.slice(0, MOST_NAMED).map(({ id, title, blockedBy }) => {
    const row = rows?.get(id);
    const state = blockedBy === undefined ? (row?.status ?? 'open') : 'waits for its turn';
    return `${title} (${state}${row?.holder === undefined ? '' : `, ${row.holder}`})`;
  });
  const more = open.length > MOST_NAMED ? [`${open.length - MOST_NAMED} more`] : [];
  const left = open.length > 0 ? ` Still open: ${[...inWords, ...more].join(', ')}.` : '';
  const lost =
    failed.length > 0
      ? ` Failed: ${failed
          .map(({ title }) => title)
          .slice(0, MOST_NAMED)
          .join(', ')}.`
      : '';
  return {
    name: 'subtasks',
    text: `${done} of ${children.length} sub-tasks are done.${left}${lost}`,
    data: { all: children.length, done, open: open.map(({ id }) => id), failed: failed.map(({ id }) => id) },
  };
}

/** What is told of elsewhere, and goes well, is not told twice. */
const isOfNote = ({ id, type, state, attempt, failure }: Pending, { run }: Task): boolean => {
  if (state === 'paused') return true;
  if (id === run?.id || state === 'stopping') return false;
  return type === 'offer' ? state === 'started' : attempt > 1 || failure !== undefined || type === 'remember';
};

function pending({ id, type, state, attempt, since, by, failure }: Pending): Fact {
  const tried = attempt > 1 ? `, at its ${attempt}th try` : '';
  const why = failure === undefined ? '' : ` It failed last with: ${failure}`;
  const who = by === undefined || state !== 'started' ? '' : ` by ${by}`;
  return {
    name: 'pending',
    text: `Activity ${type} is ${state}${who}${since === undefined ? '' : ` since ${since}`}${tried}.${why}`,
    data: { id, type, state, attempt },
  };
}
