/** `/v1/tasks/:id/{comments,review,events,messages}`: what people and agents say about a task, and its record. */
import { Comment, Event, Received, TaskBody, pageOf } from '../schemas/answers.ts';
import { TaskParams } from '../schemas/common.ts';
import { AddComment, PageQuery, ReviewDecision } from '../schemas/requests.ts';
import { operation } from '../route.ts';
import type { Operation } from '../route.ts';
import { z } from 'zod';
import { taskAnswer } from './deps.ts';
import type { RouteDeps } from './deps.ts';

export function talkRoutes(deps: RouteDeps): Operation[] {
  const { tasks, review, events, received } = deps.services;
  return [
    operation({
      id: 'addComment',
      method: 'post',
      path: '/v1/tasks/:taskId/comments',
      summary: 'Comment on a task',
      params: TaskParams,
      body: AddComment,
      mayBeUnconfirmed: true,
      answers: { 201: { description: 'The comment.', schema: Comment } },
      problems: ['not_found', 'transition_not_allowed', 'task_full', 'idempotency_key_reused', 'no_worker'],
      async handle({ params, body, call }) {
        const { comment } = await tasks.comment(params.taskId, call, body.text);
        return { status: 201, body: comment };
      },
    }),
    operation({
      id: 'listComments',
      method: 'get',
      path: '/v1/tasks/:taskId/comments',
      summary: 'Read the comments, oldest first',
      description: 'The latest 200; the events have those before.',
      params: TaskParams,
      query: PageQuery,
      answers: { 200: { description: 'One page.', schema: pageOf(Comment) } },
      problems: ['not_found', 'no_worker'],
      async handle({ params, query, call }) {
        return {
          status: 200,
          body: await tasks.comments(call.principal, params.taskId, query.limit, query.cursor),
        };
      },
    }),
    operation({
      id: 'reviewTask',
      method: 'post',
      path: '/v1/tasks/:taskId/review',
      summary: 'Approve the work, or ask for changes',
      description:
        'Changes make a new task that is linked with this one, or, with `rework: same_task`, queue this one again for its agent. The submission stays as it is. Besides reviewers and operators, the agent that holds or held the parent task may decide.',
      params: TaskParams,
      body: ReviewDecision,
      ifMatch: 'optional',
      mayBeUnconfirmed: true,
      answers: { 200: { description: 'The task after the decision.', schema: TaskBody } },
      problems: [
        'not_found',
        'forbidden',
        'self_review',
        'already_decided',
        'transition_not_allowed',
        'stale_version',
        'idempotency_key_reused',
        'no_worker',
      ],
      async handle({ params, body, call }) {
        const { decision, ...content } = body;
        return taskAnswer(await review(params.taskId, decision, call, content), call.principal, deps);
      },
    }),
    operation({
      id: 'listEvents',
      method: 'get',
      path: '/v1/tasks/:taskId/events',
      summary: 'Read what happened to a task, oldest first',
      params: TaskParams,
      query: PageQuery,
      answers: { 200: { description: 'One page.', schema: pageOf(Event) } },
      problems: ['not_found', 'engine_unavailable'],
      async handle({ params, query, call }) {
        return { status: 200, body: await events(call.principal, params.taskId, query.limit, query.cursor) };
      },
    }),
    operation({
      id: 'getMessage',
      method: 'get',
      path: '/v1/tasks/:taskId/messages/:messageId',
      summary: 'Find out what became of a message that was answered with 202',
      params: TaskParams.extend({ messageId: z.string().min(1).max(200) }),
      answers: { 200: { description: 'Its outcome, as far as it is known.', schema: Received } },
      problems: ['not_found', 'no_worker'],
      async handle({ params, call }) {
        return { status: 200, body: await received(call.principal, params.taskId, params.messageId) };
      },
    }),
  ];
}
