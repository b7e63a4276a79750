/** `/v1/tasks`: create, find, read and change tasks. */
import { presentRow } from '../present.ts';
import { operation } from '../route.ts';
import type { Operation } from '../route.ts';
import { TaskBody, TaskSummary, pageOf } from '../schemas/answers.ts';
import { TaskParams } from '../schemas/common.ts';
import { CreateTask } from '../schemas/create-task.ts';
import { AddLink, Cancel, EditTask, Empty, HandOff, ListTasks, Reopen, Resume } from '../schemas/requests.ts';
import { taskAnswer } from './deps.ts';
import type { RouteDeps } from './deps.ts';
import { exportTasks } from './export.ts';

export const CREATED =
  'The task, durable from now on, with all that is below it. Its sub-tasks have started by then; if no worker is up they start when one is, and are not found by their ids before.';
const theTask = { description: 'The task.', schema: TaskBody };

export function taskRoutes(deps: RouteDeps): Operation[] {
  const { creation, tasks, listing } = deps.services;
  return [
    operation({
      id: 'createTask',
      method: 'post',
      path: '/v1/tasks',
      summary: 'Create a task, a tree of tasks, or a sub-task',
      description:
        'With `children` a whole tree comes into being, or nothing. With `parent` it is the same as to create a sub-task there.',
      body: CreateTask,
      answers: { 201: { description: CREATED, schema: TaskBody } },
      problems: [
        'idempotency_key_reused',
        'not_found',
        'transition_not_allowed',
        'cancel_requested',
        'order_taken',
        'tree_too_large',
        'task_full',
        'no_worker',
        'engine_unavailable',
      ],
      async handle({ body: { parent, ...body }, call }) {
        const created =
          parent === undefined ? creation.task(call, body) : creation.subtask(parent, call, body);
        return taskAnswer(await created, call.principal, deps, 201);
      },
    }),
    operation({
      id: 'listTasks',
      method: 'get',
      path: '/v1/tasks',
      summary: 'List tasks: open ones, the newest first, then closed ones, the last closed first',
      description: 'Lists lag some milliseconds behind; a task read by its id never does.',
      query: ListTasks,
      answers: { 200: { description: 'One page.', schema: pageOf(TaskSummary) } },
      problems: ['engine_unavailable'],
      async handle({ query, call }) {
        const { items, next } = await listing.tasks(call.principal, query);
        return { status: 200, body: { items: items.map((row) => presentRow(row, deps.links)), next } };
      },
    }),
    exportTasks(deps),
    operation({
      id: 'getTask',
      method: 'get',
      path: '/v1/tasks/:taskId',
      summary: 'Read a task, open or closed',
      params: TaskParams,
      answers: { 200: theTask },
      problems: ['not_found', 'no_worker', 'engine_unavailable'],
      async handle({ params, call: { principal } }) {
        return taskAnswer(await tasks.read(principal, params.taskId), principal, deps);
      },
    }),
    operation({
      id: 'editTask',
      method: 'patch',
      path: '/v1/tasks/:taskId',
      summary: 'Change what a task asks for',
      params: TaskParams,
      body: EditTask,
      ifMatch: 'required',
      answers: { 200: theTask },
      problems: [
        'not_found',
        'forbidden',
        'frozen',
        'held',
        'stale_version',
        'version_required',
        'task_full',
        'no_worker',
      ],
      async handle({ params, body, call }) {
        return taskAnswer(await tasks.edit(params.taskId, call, body), call.principal, deps);
      },
    }),
    operation({
      id: 'cancelTask',
      method: 'post',
      path: '/v1/tasks/:taskId/cancel',
      summary: 'Cancel a task',
      description:
        'At once when nobody holds it. Otherwise its agent learns of it by its next heartbeat and has the grace period to wind down.',
      params: TaskParams,
      body: Cancel,
      bodyOptional: true,
      ifMatch: 'optional',
      mayBeUnconfirmed: true,
      answers: { 200: { description: 'The task, cancelled or being cancelled.', schema: TaskBody } },
      problems: [
        'not_found',
        'forbidden',
        'transition_not_allowed',
        'stale_version',
        'task_full',
        'no_worker',
      ],
      async handle({ params, body, call }) {
        return taskAnswer(await tasks.cancel(params.taskId, call, body), call.principal, deps);
      },
    }),
    operation({
      id: 'resumeTask',
      method: 'post',
      path: '/v1/tasks/:taskId/resume',
      summary: 'Queue a task again that was handed off',
      params: TaskParams,
      body: Resume,
      bodyOptional: true,
      ifMatch: 'optional',
      mayBeUnconfirmed: true,
      answers: { 200: theTask },
      problems: ['not_found', 'forbidden', 'transition_not_allowed', 'stale_version', 'no_worker'],
      async handle({ params, body, call }) {
        return taskAnswer(await tasks.tell(params.taskId, 'resume', call, body), call.principal, deps);
      },
    }),
    operation({
      id: 'handOffQueuedTask',
      method: 'post',
      path: '/v1/tasks/:taskId/hand-off',
      summary: 'Hand a task to a person that nobody holds yet',
      params: TaskParams,
      body: HandOff,
      ifMatch: 'optional',
      mayBeUnconfirmed: true,
      answers: { 200: theTask },
      problems: ['not_found', 'forbidden', 'transition_not_allowed', 'stale_version', 'no_worker'],
      async handle({ params, body, call }) {
        return taskAnswer(await tasks.tell(params.taskId, 'hand_off', call, body), call.principal, deps);
      },
    }),
    operation({
      id: 'archiveTask',
      method: 'post',
      path: '/v1/tasks/:taskId/archive',
      summary: 'Keep a closed task out of lists of work, while it settles',
      params: TaskParams,
      body: Empty,
      bodyOptional: true,
      mayBeUnconfirmed: true,
      answers: { 200: theTask },
      problems: ['not_found', 'transition_not_allowed', 'no_worker'],
      async handle({ params, call }) {
        return taskAnswer(await tasks.tell(params.taskId, 'archive', call, {}), call.principal, deps);
      },
    }),
    operation({
      id: 'linkTask',
      method: 'post',
      path: '/v1/tasks/:taskId/links',
      summary: 'Say what a task is to another one',
      description: 'For people and agents to read; nothing waits because of it.',
      params: TaskParams,
      body: AddLink,
      mayBeUnconfirmed: true,
      answers: { 200: theTask },
      problems: ['not_found', 'transition_not_allowed', 'task_full', 'no_worker'],
      async handle({ params, body, call }) {
        return taskAnswer(await tasks.link(params.taskId, call, body), call.principal, deps);
      },
    }),
    operation({
      id: 'reopenTask',
      method: 'post',
      path: '/v1/tasks/:taskId/reopen',
      summary: 'Take up a done or cancelled task again, while it settles',
      params: TaskParams,
      body: Reopen,
      bodyOptional: true,
      ifMatch: 'optional',
      mayBeUnconfirmed: true,
      answers: { 200: theTask },
      problems: ['not_found', 'forbidden', 'transition_not_allowed', 'stale_version', 'no_worker'],
      async handle({ params, body, call }) {
        return taskAnswer(await tasks.tell(params.taskId, 'reopen', call, body), call.principal, deps);
      },
    }),
  ];
}
