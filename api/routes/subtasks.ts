/** `/v1/tasks/:id/subtasks`: break a task up, and decide what becomes of parts that failed. */
import { z } from 'zod';
import { presentSubtasks } from '../present-subtasks.ts';
import { operation } from '../route.ts';
import type { Operation } from '../route.ts';
import { Subtask, TaskBody, pageOf } from '../schemas/answers.ts';
import { TaskParams } from '../schemas/common.ts';
import { CreateSubtask } from '../schemas/create-task.ts';
import { DecideOnSubtask } from '../schemas/requests.ts';
import { taskAnswer } from './deps.ts';
import type { RouteDeps } from './deps.ts';
import { CREATED } from './tasks.ts';

const SubtaskParams = TaskParams.extend({
  childId: z.string().min(1).max(200).meta({ description: 'Id of the sub-task.' }),
});

export function subtaskRoutes(deps: RouteDeps): Operation[] {
  const { creation, family, tasks } = deps.services;
  return [
    operation({
      id: 'createSubtask',
      method: 'post',
      path: '/v1/tasks/:taskId/subtasks',
      summary: 'Create a sub-task, with its own sub-tasks if it has any',
      description:
        'For the agent that breaks its task up, and for people. In a sequence a sub-task waits for those of lower `order`, whenever they were created.',
      params: TaskParams,
      body: CreateSubtask,
      answers: { 201: { description: CREATED, schema: TaskBody } },
      problems: [
        'not_found',
        'transition_not_allowed',
        'cancel_requested',
        'order_taken',
        'tree_too_large',
        'task_full',
        'no_worker',
      ],
      async handle({ params, body, call }) {
        return taskAnswer(await creation.subtask(params.taskId, call, body), call.principal, deps, 201);
      },
    }),
    operation({
      id: 'listSubtasks',
      method: 'get',
      path: '/v1/tasks/:taskId/subtasks',
      summary: 'List the sub-tasks of a task, in their order',
      description:
        'All of them, for there are at most 200. Their states lag some hundred milliseconds behind; `GET /v1/tasks?parent=` also lists those that were tried again in another task.',
      params: TaskParams,
      answers: { 200: { description: 'All of them.', schema: pageOf(Subtask) } },
      problems: ['not_found', 'no_worker'],
      async handle({ params, call: { principal } }) {
        const task = await tasks.read(principal, params.taskId);
        const items = presentSubtasks(task, await family.subtasksOf(task, principal));
        return { status: 200, body: { items, next: null } };
      },
    }),
    operation({
      id: 'skipSubtask',
      method: 'post',
      path: '/v1/tasks/:taskId/subtasks/:childId/skip',
      summary: 'Do without a sub-task that failed or was cancelled',
      description: 'For people, and the agent that holds the task. A sequence that was held goes on.',
      params: SubtaskParams,
      body: DecideOnSubtask,
      bodyOptional: true,
      mayBeUnconfirmed: true,
      answers: { 200: { description: 'The task, which goes on without it.', schema: TaskBody } },
      problems: [
        'not_found',
        'no_such_child',
        'forbidden',
        'transition_not_allowed',
        'cancel_requested',
        'no_worker',
      ],
      async handle({ params, body, call }) {
        const content = { ...body, child: params.childId };
        return taskAnswer(await tasks.tell(params.taskId, 'skip_child', call, content), call.principal, deps);
      },
    }),
    operation({
      id: 'retrySubtask',
      method: 'post',
      path: '/v1/tasks/:taskId/subtasks/:childId/retry',
      summary: 'Have a sub-task that failed or was cancelled done by a new one',
      description:
        'For people, and the agent that holds the task. The new one asks for the same, takes its place and its order, and is linked with it.',
      params: SubtaskParams,
      body: DecideOnSubtask,
      bodyOptional: true,
      answers: { 201: { description: 'The new sub-task.', schema: TaskBody } },
      problems: [
        'not_found',
        'no_such_child',
        'forbidden',
        'transition_not_allowed',
        'cancel_requested',
        'task_full',
        'no_worker',
      ],
      async handle({ params, body, call }) {
        const { taskId, childId } = params;
        const created = await creation.retry(taskId, childId, call, body.comment);
        return taskAnswer(created, call.principal, deps, 201);
      },
    }),
  ];
}
