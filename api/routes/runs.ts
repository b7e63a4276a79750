/** `/v1/tasks/:id/claim` and `/v1/tasks/:id/runs/…`: what agents do. */
import { Claimed, RunAnswer, TaskBody } from '../schemas/answers.ts';
import { RunParams, TaskParams } from '../schemas/common.ts';
import {
  ClaimTask,
  Empty,
  HandOff,
  MarkComplete,
  MarkFailed,
  Release,
  ReportProgress,
} from '../schemas/requests.ts';
import type { ProblemName } from '../problems.ts';
import { operation } from '../route.ts';
import type { Operation } from '../route.ts';
import { claimedAnswer, taskAnswer } from './deps.ts';
import type { RouteDeps } from './deps.ts';

const RUN_PROBLEMS: ProblemName[] = [
  'not_found',
  'forbidden',
  'run_not_active',
  'budget_exhausted',
  'no_worker',
];
const theTask = { description: 'The task; the run is over.', schema: TaskBody };

export function runRoutes(deps: RouteDeps): Operation[] {
  const { claim, runs, runLog } = deps.services;
  return [
    operation({
      id: 'claimTask',
      method: 'post',
      path: '/v1/tasks/:taskId/claim',
      summary: 'Take a task',
      description:
        'Exactly one of many claims wins. From then on send heartbeats: a third of `leaseSeconds` apart is a good pace, and any other call of the run counts as one.',
      params: TaskParams,
      body: ClaimTask,
      bodyOptional: true,
      answers: { 200: { description: 'The task and your run; its lease is live.', schema: Claimed } },
      problems: [
        'not_found',
        'held',
        'assigned_to_another',
        'unexpected_status',
        'backing_off',
        'transition_not_allowed',
        'no_worker',
      ],
      async handle({ params, body, call, hungUp }) {
        const wish = { expected: body.expected, leaseSeconds: body.lease?.seconds };
        const claimed = await claim(params.taskId, call, wish, hungUp);
        return await claimedAnswer(claimed, call.principal, deps);
      },
    }),
    operation({
      id: 'heartbeat',
      method: 'post',
      path: '/v1/tasks/:taskId/runs/:runId/heartbeat',
      summary: 'Renew the lease of a run',
      params: RunParams,
      body: Empty,
      bodyOptional: true,
      answers: { 200: { description: 'The run goes on, or is asked to stop.', schema: RunAnswer } },
      problems: RUN_PROBLEMS,
      async handle({ params, call }) {
        return { status: 200, body: await runs.heartbeat(params.taskId, params.runId, call) };
      },
    }),
    operation({
      id: 'reportProgress',
      method: 'post',
      path: '/v1/tasks/:taskId/runs/:runId/progress',
      summary: 'Report a checkpoint',
      description:
        'The first one acknowledges the task. Costs add up, and may spend the budget, which ends the run.',
      params: RunParams,
      body: ReportProgress,
      mayBeUnconfirmed: true,
      answers: { 200: { description: 'The run goes on, or is asked to stop.', schema: RunAnswer } },
      problems: [...RUN_PROBLEMS, 'cancel_requested', 'idempotency_key_reused'],
      async handle({ params, body, call }) {
        return { status: 200, body: await runs.report(params.taskId, params.runId, call, body) };
      },
    }),
    operation({
      id: 'markComplete',
      method: 'post',
      path: '/v1/tasks/:taskId/runs/:runId/complete',
      summary: 'Hand in the work',
      description: 'Frozen from then on. The same content again gets the same answer.',
      params: RunParams,
      body: MarkComplete,
      mayBeUnconfirmed: true,
      answers: { 200: theTask },
      problems: [...RUN_PROBLEMS, 'output_invalid', 'task_full', 'idempotency_key_reused'],
      async handle({ params, body, call }) {
        return taskAnswer(
          await runs.say(params.taskId, params.runId, 'mark_complete', call, body),
          call.principal,
          deps,
        );
      },
    }),
    operation({
      id: 'markFailed',
      method: 'post',
      path: '/v1/tasks/:taskId/runs/:runId/fail',
      summary: 'Give up, and say why',
      description:
        'Depending on the reason another run follows at once, later, or not at all. It can read your report.',
      params: RunParams,
      body: MarkFailed,
      mayBeUnconfirmed: true,
      answers: { 200: theTask },
      problems: [...RUN_PROBLEMS, 'idempotency_key_reused'],
      async handle({ params, body, call }) {
        return taskAnswer(
          await runs.say(params.taskId, params.runId, 'mark_failed', call, body),
          call.principal,
          deps,
        );
      },
    }),
    operation({
      id: 'releaseRun',
      method: 'post',
      path: '/v1/tasks/:taskId/runs/:runId/release',
      summary: 'Give the task back',
      description: 'It does not count as an attempt. Say why in the comment.',
      params: RunParams,
      body: Release,
      bodyOptional: true,
      mayBeUnconfirmed: true,
      answers: { 200: theTask },
      problems: [...RUN_PROBLEMS, 'idempotency_key_reused'],
      async handle({ params, body, call }) {
        return taskAnswer(
          await runs.say(params.taskId, params.runId, 'release', call, body),
          call.principal,
          deps,
        );
      },
    }),
    operation({
      id: 'handOff',
      method: 'post',
      path: '/v1/tasks/:taskId/runs/:runId/hand-off',
      summary: 'Hand the task to a person',
      params: RunParams,
      body: HandOff,
      mayBeUnconfirmed: true,
      answers: { 200: theTask },
      problems: [...RUN_PROBLEMS, 'cancel_requested', 'idempotency_key_reused'],
      async handle({ params, body, call }) {
        return taskAnswer(
          await runs.say(params.taskId, params.runId, 'hand_off', call, body),
          call.principal,
          deps,
        );
      },
    }),
    operation({
      id: 'readRunLog',
      method: 'get',
      path: '/v1/tasks/:taskId/runs/:runId/log',
      summary: 'See what a launched agent prints',
      description:
        'Of a run that Baton launched: the last of what its program wrote, and the header `X-Run-Live`, `true` while there may come more.',
      params: RunParams,
      answers: { 200: { description: 'The end of the output.', contentType: 'text/plain' } },
      problems: ['not_found'],
      async handle({ params, call }, res) {
        const { text, isLive } = await runLog(call.principal, params.taskId, params.runId);
        res.set('x-run-live', String(isLive)).type('text/plain').send(text);
        return undefined;
      },
    }),
  ];
}
