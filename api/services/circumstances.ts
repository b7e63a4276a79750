/** Finds out what is around a task: whether a worker attends to it, what is pending, who could take it, what it waits for. */
import type { WorkflowExecutionDescription } from '@temporalio/client';
import { standingOf } from '../../workflows/agent-state.ts';
import { adapterOf } from '../../workflows/agent-record.ts';
import type { AgentRecord } from '../../workflows/agent-record.ts';
import { inbox, offerOf, workQueue } from '../../workflows/offer.ts';
import { runnerQueue } from '../../workflows/launch.ts';
import { heldUpBy } from '../../workflows/standing.ts';
import type { Task } from '../../workflows/task-record.ts';
import type { Principal } from '../auth.ts';
import type { Blocker, Circumstances, Pending, Place } from '../diagnosis/circumstances.ts';
import { Problem } from '../problems.ts';
import { isSearchable } from '../schemas/common.ts';
import type { Agents } from './agents.ts';
import { NoAnswer } from './engine.ts';
import type { Engine } from './engine.ts';
import type { FamilyReader } from './family.ts';
import type { KnownTasks } from './known-tasks.ts';
import type { Offers } from './offers.ts';
import type { Queues } from './queues.ts';
import type { Reader } from './reading.ts';
import { quoted } from './visibility.ts';

interface Deps {
  engine: Engine;
  known: Pick<KnownTasks, 'describeFor'>;
  reader: Reader;
  family: FamilyReader;
  queues: Pick<Queues, 'open'>;
  offers: Pick<Offers, 'depth'>;
  agents: Pick<Agents, 'findNow'>;
}

/** How long a worker may take to answer for a task before it counts as away. */
const ANSWERS_WITHIN_MS = 4_000;
/** Temporal tries a step again also when a worker goes away in the middle of it. */
const STUCK_AFTER = 3;
const STATES = { 1: 'scheduled', 2: 'started', 3: 'stopping', 4: 'paused', 5: 'paused' } as const;
const MOST_ASKERS = 20;

type Raw = WorkflowExecutionDescription['raw'];

export function createCircumstances({ engine, known, reader, family, queues, offers, agents }: Deps) {
  /** The task as far as it can be known, and what is around it. Throws `not_found`. */
  async function look(principal: Principal, taskId: string): Promise<{ task: Task; about: Circumstances }> {
    const described = await known.describeFor(principal, taskId);
    const { raw, closeTime, status } = described;
    if (status.name !== 'RUNNING') {
      const task = await reader.closed(taskId);
      const closedAt = (closeTime ?? new Date(task.updatedAt)).toISOString();
      return { task, about: { now: now(), closedAt, pending: [] } };
    }
    const [answer, { worker: listens }] = await Promise.all([
      askWorker(taskId),
      engine.health(ANSWERS_WITHIN_MS),
    ]);
    const task = answer ?? (await reader.onRecord(principal, taskId));
    const [place, whose, blocker, { isStranded, lapsed, subtasks }] = await Promise.all([
      placeOf(principal, task, described.startTime),
      workerOf(task),
      blockerOf(principal, task),
      family.around(task, principal),
    ]);
    const step = answer ? undefined : stuckAt(raw);
    const about: Circumstances = {
      now: now(),
      worker: { answers: answer !== undefined, listens },
      pending: (raw.pendingActivities ?? []).map(pendingOf),
      ...(step && { stuck: step }),
      ...(place && { place }),
      ...whose,
      ...(blocker && { blocker }),
      ...(isStranded && { isStranded }),
      ...(lapsed && { lapsed }),
      ...(subtasks && { subtasks }),
    };
    return { task, about };
  }

  /** The task as its workflow has it, or undefined when no worker answers in time. */
  async function askWorker(taskId: string): Promise<Task | undefined> {
    const asked = engine.view(taskId, [], ANSWERS_WITHIN_MS);
    return await asked.then(
      ({ task }) => task,
      (error: unknown) => {
        if (error instanceof NoAnswer) return undefined;
        throw error;
      },
    );
  }

  /** Where it is offered, and how far from the front. */
  async function placeOf(principal: Principal, task: Task, startedAt: Date): Promise<Place | undefined> {
    const { assignee, queue } = task.definition;
    if (!offerOf(task)) return undefined;
    if (assignee !== undefined) {
      const where = { kind: 'inbox' as const, id: assignee, isGone: false };
      const here = `TaskAssignee = ${quoted(assignee)}`;
      const line = isSearchable(assignee) ? here : undefined;
      return { ...where, ...(await watched(inbox(task.company, assignee), task, startedAt, line)) };
    }
    const id = queue!;
    const found = await queues.open(principal, id).catch(unlessMissing);
    if (!found) return { kind: 'queue', id, isGone: true, askedBy: [] };
    const line = `TaskQueueId = ${quoted(id)} AND TaskAssignee IS NULL`;
    const rest = await watched(workQueue(id), task, startedAt, line);
    return { kind: 'queue', id, name: found.name, isGone: false, ...rest };
  }

  /** Who asks for work there, and how many stand in line with the task, before it and in all. */
  async function watched(
    taskQueue: string,
    { company, definition: { priority } }: Task,
    startedAt: Date,
    line: string | undefined,
  ): Promise<Pick<Place, 'waiting' | 'ahead' | 'askedBy'>> {
    const depth = await offers.depth(taskQueue);
    const askedBy = depth.pollers
      .toSorted((a, b) => b.lastSeenAt.localeCompare(a.lastSeenAt))
      .slice(0, MOST_ASKERS);
    if (line === undefined) return { askedBy };
    const waits = `WorkflowType = 'task' AND TaskCompany = ${quoted(company)} AND TaskStatus = 'queued' AND ExecutionStatus = 'Running' AND ${line}`;
    const older = `TaskPriority = ${priority} AND StartTime < '${startedAt.toISOString()}'`;
    const [all, before] = await Promise.all([
      engine.count(waits),
      engine.count(`${waits} AND (TaskPriority < ${priority} OR (${older}))`),
    ]);
    // Lists know of those that may not start yet, too; Temporal's own count knows of those that were withdrawn.
    return { waiting: all.total, ahead: Math.min(before.total, Math.max(0, depth.waiting - 1)), askedBy };
  }

  /** The agent that is to work on it, or does, and the machine on which it is launched. */
  async function workerOf(task: Task): Promise<Pick<Circumstances, 'agent' | 'runner'>> {
    const { run, company, definition } = task;
    const id = run?.agent ?? (offerOf(task) && definition.assignee);
    if (id === undefined) return {};
    const found = await agents.findNow(company, id);
    const adapter = found && adapterOf(found.profile);
    const runner = run ? run.launch?.runner : adapter?.type === 'process' ? adapter.runner : undefined;
    return {
      ...(found && { agent: knownOf(found, task.id) }),
      ...(runner !== undefined && {
        runner: { name: runner, listens: await hasPollers(runnerQueue(runner)) },
      }),
    };
  }

  const hasPollers = async (taskQueue: string): Promise<boolean> =>
    (await offers.depth(taskQueue)).pollers.length > 0;

  /** The task before it, and whether somebody has to decide on that one. */
  async function blockerOf(principal: Principal, { gate }: Task): Promise<Blocker | undefined> {
    if (!gate) return undefined;
    const before = await reader.lastKnown(principal, gate.blockedBy).catch(unlessMissing);
    if (!before) return undefined;
    const { id, definition, status, run, parent } = before;
    const above =
      status === 'failed' && parent && (await reader.lastKnown(principal, parent.id).catch(unlessMissing));
    const isHeld = above && heldUpBy(above)?.id === id;
    return {
      id,
      title: definition.title,
      status,
      ...(run && { holder: run.agent }),
      ...(isHeld && { parent: above.id }),
    };
  }

  return look;
}

const now = () => new Date().toISOString();

function knownOf(agent: AgentRecord, taskId: string): NonNullable<Circumstances['agent']> {
  const { id, profile, wakes, runs, unanswered } = agent;
  const { state, why, pausedBy } = standingOf(agent, now());
  return {
    id,
    state,
    why,
    ...(pausedBy && { pausedBy }),
    isLaunched: adapterOf(profile).type === 'process',
    knowsOfIt: [...wakes, ...runs.filter(({ phase }) => phase === 'launching')].some(
      (each) => each.taskId === taskId,
    ),
    ...(unanswered && { unanswered }),
  };
}

function unlessMissing(error: unknown): undefined {
  if (!(error instanceof Problem) || error.type !== 'not_found') throw error;
}

/** Since when workers fail at the step that is due, if they do. */
function stuckAt({ pendingWorkflowTask: step }: Raw): Circumstances['stuck'] {
  if (!step || Number(step.attempt) < STUCK_AFTER) return undefined;
  const since = iso(step.originalScheduledTime ?? step.scheduledTime) ?? now();
  return { attempts: Number(step.attempt), since };
}

type RawPending = NonNullable<Raw['pendingActivities']>[number];

function pendingOf(activity: RawPending): Pending {
  const state = STATES[activity.state as keyof typeof STATES] ?? 'scheduled';
  const since = iso(state === 'started' ? activity.lastStartedTime : activity.scheduledTime);
  const heartbeatAt = iso(activity.lastHeartbeatTime);
  return {
    id: activity.activityId ?? '',
    type: activity.activityType?.name ?? '',
    state: activity.paused ? 'paused' : state,
    attempt: Number(activity.attempt ?? 1),
    ...(since !== undefined && { since }),
    ...(heartbeatAt !== undefined && { heartbeatAt }),
    ...(activity.lastWorkerIdentity && { by: activity.lastWorkerIdentity }),
    ...(activity.lastFailure?.message && { failure: activity.lastFailure.message }),
  };
}

type Timestamp = { seconds?: unknown; nanos?: number | null } | null | undefined;

const iso = (time: Timestamp): string | undefined =>
  time && Number(time.seconds) > 0
    ? new Date(Number(time.seconds) * 1000 + Math.floor((time.nanos ?? 0) / 1e6)).toISOString()
    : undefined;
