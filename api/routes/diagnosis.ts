/** `/v1/tasks/:id/diagnosis`: why a task does not move. */
import { diagnose } from '../diagnosis/diagnose.ts';
import { operation } from '../route.ts';
import type { Operation } from '../route.ts';
import { TaskParams } from '../schemas/common.ts';
import { DiagnosisBody } from '../schemas/diagnosis.ts';
import type { RouteDeps } from './deps.ts';

export const diagnosisRoutes = ({ services: { circumstances }, links }: RouteDeps): Operation[] => [
  operation({
    id: 'diagnoseTask',
    method: 'get',
    path: '/v1/tasks/:taskId/diagnosis',
    summary: 'Find out why a task does not move, and what to do',
    description:
      'One sentence, what stands behind it, what time will bring, and what makes it go on. When no worker answers, it says so, and tells of the task as the last one left it.',
    params: TaskParams,
    answers: { 200: { description: 'The diagnosis.', schema: DiagnosisBody } },
    problems: ['not_found', 'engine_unavailable'],
    async handle({ params, call: { principal } }) {
      const { task, about } = await circumstances(principal, params.taskId);
      const { id, status } = task;
      const to = {
        task: `/v1/tasks/${id}`,
        events: `/v1/tasks/${id}/events`,
        temporalUi: links.temporalUi(id),
      };
      return { status: 200, body: { task: id, status, ...diagnose(task, about), links: to } };
    },
  }),
];
