/**
 * The offers of queued tasks, as agents take them: the API polls the Temporal task queue behind a work queue on the
 * agent's behalf, so that Temporal decides on the order and shows who took what.
 */
import { defaultPayloadConverter } from '@temporalio/common';
import type { Arguments } from '../../workflows/messages.ts';
import { NotOpen } from './calls.ts';
import type { Calls } from './calls.ts';

/** An offer that was handed to an agent. It is offered to the next one unless it is answered within 10 s. */
export interface HeldOffer {
  taskId: string;
  token: Uint8Array;
}

/** What Temporal knows of a task queue; it may still count offers that were withdrawn. */
export interface Depth {
  waiting: number;
  byPriority: Record<number, number>;
  /** The most urgent priority that waits. */
  mostUrgent?: number;
  oldestSeconds: number;
  pollers: { agent: string; lastSeenAt: string }[];
}

/** Temporal answers an empty poll this long before its deadline, and refuses deadlines of 2 s and less. */
const TAIL_MS = 1_000;
export const SHORTEST_POLL_MS = 1_050;

export type Offers = ReturnType<typeof createOffers>;

export function createOffers({ service, namespace, call }: Calls) {
  /** An offer that stands no more need not be answered. */
  const ifItStands = (answered: Promise<unknown>): Promise<unknown> =>
    answered.catch((error: unknown) => {
      if (!(error instanceof NotOpen)) throw error;
    });

  return {
    /** Waits for an offer, `ms` at most, which must be at least `SHORTEST_POLL_MS`. */
    async poll(agent: string, taskQueue: string, ms: number): Promise<HeldOffer | undefined> {
      const request = { namespace, taskQueue: { name: taskQueue }, identity: agent };
      const polled = await call(() => service.pollActivityTaskQueue(request), { ms: ms + TAIL_MS });
      if (!polled.taskToken?.length) return undefined;
      return { taskId: polled.workflowExecution?.workflowId ?? '', token: polled.taskToken };
    },

    /**
     * Claims the task by its offer. Whether that got it, only the task can tell: an offer that stands no more was
     * withdrawn, or lapsed, or answered by this very claim, which was sent again because its answer was lost.
     */
    claim: async (agent: string, { token }: HeldOffer, claim: Arguments<'claim'>): Promise<void> => {
      const result = { payloads: [defaultPayloadConverter.toPayload(claim)] };
      const request = { namespace, identity: agent, taskToken: token, result };
      await ifItStands(call(() => service.respondActivityTaskCompleted(request)));
    },

    /** Gives the offer back, so that the next one gets it at once. */
    giveBack: async (agent: string, { token }: HeldOffer): Promise<void> => {
      const failure = { message: 'given back', applicationFailureInfo: { type: 'given_back' } };
      const request = { namespace, identity: agent, taskToken: token, failure };
      await ifItStands(call(() => service.respondActivityTaskFailed(request)));
    },

    async depth(taskQueue: string): Promise<Depth> {
      const request = {
        namespace,
        taskQueue: { name: taskQueue },
        taskQueueType: ACTIVITY,
        reportStats: true,
      };
      const { stats, statsByPriorityKey, pollers } = await call(() => service.describeTaskQueue(request));
      const waiting = Object.entries(statsByPriorityKey ?? {})
        .map(([priority, here]): [number, number] => [
          Number(priority),
          Number(here.approximateBacklogCount ?? 0),
        ])
        .filter(([, here]) => here > 0);
      return {
        waiting: Number(stats?.approximateBacklogCount ?? 0),
        byPriority: Object.fromEntries(waiting),
        ...(waiting.length > 0 && { mostUrgent: Math.min(...waiting.map(([priority]) => priority)) }),
        oldestSeconds: Number(stats?.approximateBacklogAge?.seconds ?? 0),
        pollers: (pollers ?? []).map(({ identity, lastAccessTime }) => ({
          agent: identity ?? '',
          lastSeenAt: new Date(Number(lastAccessTime?.seconds ?? 0) * 1000).toISOString(),
        })),
      };
    },
  };
}

/** The protocol's number for task queues of activities. */
const ACTIVITY = 2;
