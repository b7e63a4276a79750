/** `/v1/queues` and `/v1/agents/me/next`: queues of work, and how agents take from them. */
import { presentQueue, presentSummary, presentWatched } from '../present-queues.ts';
import type { ProblemName } from '../problems.ts';
import { operation } from '../route.ts';
import type { Answer, Operation } from '../route.ts';
import { Claimed, pageOf } from '../schemas/answers.ts';
import {
  CreateQueue,
  DeleteQuery,
  QueueBody,
  QueueDetail,
  QueueParams,
  QueueSummary,
  TakeNext,
  WaitQuery,
} from '../schemas/queues.ts';
import { PageQuery } from '../schemas/requests.ts';
import type { Principal } from '../auth.ts';
import type { Claimed as Taken } from '../services/take-up.ts';
import { claimedAnswer } from './deps.ts';
import type { RouteDeps } from './deps.ts';

const TAKEN = {
  200: { description: 'A task and your run, as a claim answers; its lease is live.', schema: Claimed },
  204: { description: 'There is nothing to take.' },
};
const TAKE_PROBLEMS: ProblemName[] = ['run_not_active', 'no_worker', 'engine_unavailable'];

export function queueRoutes(deps: RouteDeps): Operation[] {
  const { queues, next } = deps.services;
  const taken = async (claimed: Taken | undefined, principal: Principal): Promise<Answer> =>
    claimed ? await claimedAnswer(claimed, principal, deps) : { status: 204 };

  return [
    operation({
      id: 'createQueue',
      method: 'post',
      path: '/v1/queues',
      summary: 'Open a work queue',
      description: 'Tasks wait there that are created, or edited, with its id as `queue`.',
      body: CreateQueue,
      answers: { 201: { description: 'The queue.', schema: QueueBody } },
      problems: ['engine_unavailable'],
      async handle({ body, call }) {
        const queue = await queues.create(call, body);
        return {
          status: 201,
          body: presentQueue(queue),
          headers: { location: `/v1/queues/${queue.id}` },
        };
      },
    }),
    operation({
      id: 'listQueues',
      method: 'get',
      path: '/v1/queues',
      summary: 'List the work queues, the newest first, with how many tasks they have',
      query: PageQuery,
      answers: { 200: { description: 'One page.', schema: pageOf(QueueSummary) } },
      problems: ['engine_unavailable'],
      async handle({ query, call }) {
        const { items, next: cursor } = await queues.list(call.principal, query.limit, query.cursor);
        return { status: 200, body: { items: items.map(presentSummary), next: cursor } };
      },
    }),
    operation({
      id: 'getQueue',
      method: 'get',
      path: '/v1/queues/:queueId',
      summary: 'Look at a work queue: what waits, and who asks for it',
      params: QueueParams,
      answers: { 200: { description: 'The queue.', schema: QueueDetail } },
      problems: ['not_found', 'engine_unavailable'],
      async handle({ params, call }) {
        return { status: 200, body: presentWatched(await queues.read(call.principal, params.queueId)) };
      },
    }),
    operation({
      id: 'deleteQueue',
      method: 'delete',
      path: '/v1/queues/:queueId',
      summary: 'Delete a work queue',
      description:
        'For people, and the agent that opened it. With `force` its tasks are cancelled: those that wait, are worked on or were handed off. Work in review is not: decide on it first. A task that comes at the same moment, or is reopened later, no longer waits for anybody, but can be claimed by its id or moved. With `force` the answer takes some seconds.',
      params: QueueParams,
      query: DeleteQuery,
      answers: { 204: { description: 'It is deleted.' } },
      problems: ['not_found', 'forbidden', 'queue_not_empty', 'engine_unavailable'],
      async handle({ params, query, call }) {
        await queues.remove(call, params.queueId, query.force === 'true');
        return { status: 204 };
      },
    }),
    operation({
      id: 'dequeue',
      method: 'post',
      path: '/v1/queues/:queueId/dequeue',
      summary: 'Take the next task of a queue',
      description:
        'The most urgent, and of those the one that has waited longest. With `wait` the answer comes as soon as there is a task. A look at an empty queue takes a second.',
      params: QueueParams,
      query: WaitQuery,
      body: TakeNext,
      bodyOptional: true,
      answers: TAKEN,
      problems: ['not_found', ...TAKE_PROBLEMS],
      async handle({ params, query, body, call, hungUp }) {
        const asked = { lease: body.lease, waitSeconds: query.wait, hungUp };
        return await taken(await next.dequeue(params.queueId, call, asked), call.principal);
      },
    }),
    operation({
      id: 'steal',
      method: 'post',
      path: '/v1/queues/:queueId/steal',
      summary: 'Take a task that waits in another queue',
      description:
        'For an agent whose own queue is empty: from the queues of the same team, or else from any of the company, the one with the most urgent task first. Never a task that somebody works on.',
      params: QueueParams,
      body: TakeNext,
      bodyOptional: true,
      answers: TAKEN,
      problems: ['not_found', ...TAKE_PROBLEMS],
      async handle({ params, body, call, hungUp }) {
        const asked = { lease: body.lease, waitSeconds: 0, hungUp };
        return await taken(await next.steal(params.queueId, call, asked), call.principal);
      },
    }),
    operation({
      id: 'next',
      method: 'post',
      path: '/v1/agents/me/next',
      summary: 'Take the next task there is for you',
      description:
        'One that is assigned to you, or else the most urgent of all queues of your company. With `wait` the answer comes when there is a task.',
      query: WaitQuery,
      body: TakeNext,
      bodyOptional: true,
      answers: TAKEN,
      problems: TAKE_PROBLEMS,
      async handle({ query, body, call, hungUp }) {
        const asked = { lease: body.lease, waitSeconds: query.wait, hungUp };
        return await taken(await next.next(call, asked), call.principal);
      },
    }),
  ];
}
