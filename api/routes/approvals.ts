/** `/v1/approvals`: what somebody else has to decide on before it may be done. */
import { presentApproval } from '../present-agents.ts';
import { operation } from '../route.ts';
import type { Operation } from '../route.ts';
import { pageOf } from '../schemas/answers.ts';
import {
  ApprovalBody,
  ApprovalParams,
  CreateApproval,
  DecideApproval,
  ListApprovals,
  ResubmitApproval,
} from '../schemas/approvals.ts';
import type { RouteDeps } from './deps.ts';

export function approvalRoutes({ services: { approvals } }: RouteDeps): Operation[] {
  return [
    operation({
      id: 'createApproval',
      method: 'post',
      path: '/v1/approvals',
      summary: 'Ask for an approval',
      description:
        'Until it is decided, nobody may take or complete those of its tasks that you have a say in: of a person any, of an agent those that it holds, is assigned or has created. Approved, they wait as before; rejected, those that still wait go to people, as handed off, unless they are assigned to you. You are woken in any case.',
      body: CreateApproval,
      answers: { 201: { description: 'The approval.', schema: ApprovalBody } },
      problems: ['idempotency_key_reused', 'engine_unavailable'],
      async handle({ body: { tasks, ...body }, call }) {
        const approval = await approvals.create(call, { ...body, issueIds: tasks, pointer: '/tasks' });
        const headers = { location: `/v1/approvals/${approval.id}` };
        return { status: 201, body: presentApproval(approval), headers };
      },
    }),
    operation({
      id: 'listApprovals',
      method: 'get',
      path: '/v1/approvals',
      summary: 'List approvals: pending ones, the newest first, then decided ones',
      query: ListApprovals,
      answers: { 200: { description: 'One page.', schema: pageOf(ApprovalBody) } },
      problems: ['engine_unavailable'],
      async handle({ query: { status, limit, cursor }, call }) {
        const { items, next } = await approvals.page(call.principal, status, limit, cursor);
        return { status: 200, body: { items: items.map(presentApproval), next } };
      },
    }),
    operation({
      id: 'getApproval',
      method: 'get',
      path: '/v1/approvals/:approvalId',
      summary: 'Read an approval',
      params: ApprovalParams,
      answers: { 200: { description: 'The approval.', schema: ApprovalBody } },
      problems: ['not_found', 'engine_unavailable'],
      async handle({ params, call }) {
        return {
          status: 200,
          body: presentApproval(await approvals.read(call.principal, params.approvalId)),
        };
      },
    }),
    operation({
      id: 'decideApproval',
      method: 'post',
      path: '/v1/approvals/:approvalId/decide',
      summary: 'Approve, reject, or ask for a revision',
      description: 'For people and the managers of the agent that asked; never for whoever asked.',
      params: ApprovalParams,
      body: DecideApproval,
      answers: { 200: { description: 'The approval after it.', schema: ApprovalBody } },
      problems: ['not_found', 'forbidden', 'transition_not_allowed', 'no_worker', 'engine_unavailable'],
      async handle({ params, body: { decision, note }, call }) {
        const approval = await approvals.step(params.approvalId, call, { step: decision, note });
        return { status: 200, body: presentApproval(approval) };
      },
    }),
    operation({
      id: 'resubmitApproval',
      method: 'post',
      path: '/v1/approvals/:approvalId/resubmit',
      summary: 'Submit again what was to be revised',
      params: ApprovalParams,
      body: ResubmitApproval,
      bodyOptional: true,
      answers: { 200: { description: 'The approval, pending again.', schema: ApprovalBody } },
      problems: ['not_found', 'forbidden', 'transition_not_allowed', 'no_worker', 'engine_unavailable'],
      async handle({ params, body, call }) {
        const approval = await approvals.step(params.approvalId, call, { step: 'resubmit', ...body });
        return { status: 200, body: presentApproval(approval) };
      },
    }),
  ];
}
