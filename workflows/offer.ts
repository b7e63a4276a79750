/**
 * The offer of a queued task: an activity that waits in the Temporal task queue of a work queue or of an agent's
 * inbox. No worker polls there. Whoever polls it takes the task, by completing it with a claim; Temporal hands out by
 * priority, and offers it anew when a taker vanishes.
 */
import { ActivityCancellationType, scheduleActivity } from '@temporalio/workflow';
import { byteLength } from './parse.ts';
import { isGated } from './task-record.ts';
import type { Task } from './task-record.ts';
import { isContainer } from './tree.ts';

/** The activity type; nothing is registered under it. */
const OFFER = 'offer';

/** How long a taker may have it before it is offered to the next one. */
const ANSWER_WITHIN = '10s';
const NEXT_OFFER_AFTER = '100ms';
const FAIRNESS_KEY_BYTES = 64;

/** The Temporal task queue behind a work queue. */
export const workQueue = (id: string): string => `queue/${id}`;

/** The Temporal task queue that is an agent's inbox; of two companies no two agents share one. */
export const inbox = (company: string, agent: string): string =>
  `inbox/${company.replace(/[%/]/g, encodeURIComponent)}/${agent}`;

/** What a taker learns before it takes; the rest it reads from the task. */
export interface Offered {
  id: string;
  title: string;
  priority: number;
}

export interface Offer extends Offered {
  taskQueue: string;
  /** Tasks of one priority with different keys take turns, where the server knows how. */
  fairnessKey: string;
}

/** Where and how a task is offered in its present state; undefined when it waits for nobody who polls. */
export function offerOf(task: Task): Offer | undefined {
  const { id, company, definition } = task;
  const { queue, assignee, title, priority, project } = definition;
  const isWaiting = task.status === 'queued' && !isGated(task) && !task.notBefore && !isContainer(task);
  if (!isWaiting || (queue === undefined && assignee === undefined)) return undefined;
  return {
    id,
    title,
    priority,
    taskQueue: assignee === undefined ? workQueue(queue!) : inbox(company, assignee),
    fairnessKey: shortened(project ?? company),
  };
}

/** Offers the task until somebody takes it; answers what the taker said, which is a claim if it makes sense. */
export function offer({ taskQueue, fairnessKey, ...offered }: Offer): Promise<unknown> {
  return scheduleActivity<unknown>(OFFER, [offered], {
    taskQueue,
    startToCloseTimeout: ANSWER_WITHIN,
    retry: { initialInterval: NEXT_OFFER_AFTER, backoffCoefficient: 1 },
    cancellationType: ActivityCancellationType.TRY_CANCEL,
    priority: { priorityKey: offered.priority, fairnessKey },
    summary: `offered in ${taskQueue}, priority ${offered.priority}`.slice(0, 200),
  });
}

function shortened(key: string): string {
  let short = key.slice(0, FAIRNESS_KEY_BYTES);
  while (byteLength(short) > FAIRNESS_KEY_BYTES) short = short.slice(0, -1);
  return short.toWellFormed();
}
