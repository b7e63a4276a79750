/** Paperclip's approvals: asked for by agents, decided by somebody else. */
import type { ApprovalRecord, ApprovalStep } from '../../../workflows/approval.ts';
import { APPROVAL_STEPS, isDecided } from '../../../workflows/approval.ts';
import type { Services } from '../../services/index.ts';
import { actingAs, read } from '../dialect.ts';
import type { On } from '../dialect.ts';
import { expectCompany } from './issues.ts';
import { presentIssue } from './present.ts';
import { ApprovalsQuery, CreateApproval, Decide, Resubmit } from './schemas.ts';

const MOST_APPROVALS = 1_000;

/** The steps of an approval by where they are asked for. */
const DECISIONS: Record<string, ApprovalStep> = {
  approve: 'approve',
  reject: 'reject',
  'request-revision': 'request_revision',
};

export function approvalRoutes(on: On, { approvals, tasks }: Services): void {
  on('post', '/companies/:companyId/approvals', async (asked) => {
    expectCompany(asked);
    const { requestedByAgentId, ...body } = read(CreateApproval, asked.body);
    const approval = await approvals.create(actingAs(asked.call, requestedByAgentId), body);
    return {
      status: 201,
      body: presentApproval(approval),
      headers: { location: `/api/approvals/${approval.id}` },
    };
  });

  on('get', '/companies/:companyId/approvals', async (asked) => {
    expectCompany(asked);
    const { status } = read(ApprovalsQuery, asked.query);
    const { items } = await approvals.page(asked.call.principal, status, MOST_APPROVALS, undefined);
    return { status: 200, body: items.map(presentApproval) };
  });

  on('get', '/approvals/:approvalId', async ({ params, call }) => ({
    status: 200,
    body: presentApproval(await approvals.read(call.principal, params['approvalId']!)),
  }));

  on('get', '/approvals/:approvalId/issues', async ({ params, call: { principal } }) => {
    const { issueIds } = await approvals.read(principal, params['approvalId']!);
    const issues = await Promise.all(issueIds.map((issueId) => tasks.lastKnown(principal, issueId)));
    return { status: 200, body: issues.map(presentIssue) };
  });

  for (const [path, step] of Object.entries(DECISIONS)) {
    on('post', `/approvals/:approvalId/${path}`, async ({ params, body, call }) => {
      const { decisionNote: note } = read(Decide, body);
      const approval = await approvals.step(params['approvalId']!, call, { step, note });
      return { status: 200, body: presentApproval(approval) };
    });
  }

  on('post', '/approvals/:approvalId/resubmit', async ({ params, body, call }) => {
    const { payload } = read(Resubmit, body);
    const approval = await approvals.step(params['approvalId']!, call, { step: 'resubmit', payload });
    return { status: 200, body: presentApproval(approval) };
  });
}

function presentApproval(approval: ApprovalRecord) {
  const { id, company, type, requestedBy, issueIds, payload, status, history, createdAt, updatedAt } =
    approval;
  const isAgent = requestedBy.role === 'agent';
  const decision = history.findLast(({ step }) => step !== 'resubmit');
  const decided = isDecided(approval) ? decision : undefined;
  return {
    id,
    companyId: company,
    type,
    requestedByAgentId: isAgent ? requestedBy.id : null,
    requestedByUserId: isAgent ? null : requestedBy.id,
    status,
    payload: payload ?? {},
    issueIds,
    decisionNote: decision?.note ?? null,
    decidedByAgentId: decided?.by.role === 'agent' ? decided.by.id : null,
    decidedByUserId: decided && decided.by.role !== 'agent' ? decided.by.id : null,
    decidedAt: decided?.at ?? null,
    history: history.map(({ step, by, at, note }) => ({
      status: APPROVAL_STEPS[step].to,
      byAgentId: by.role === 'agent' ? by.id : null,
      byUserId: by.role === 'agent' ? null : by.id,
      note: note ?? null,
      at,
    })),
    createdAt,
    updatedAt,
  };
}
