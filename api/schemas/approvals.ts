/** What callers send to `/v1/approvals` and get from it. */
import { z } from 'zod';
import { APPROVAL_STATUSES, APPROVAL_STEPS } from '../../workflows/approval.ts';
import type { ApprovalStep } from '../../workflows/approval.ts';
import { LIMITS } from '../../workflows/limits.ts';
import { Actor, at } from './answers.ts';
import { json, name, note } from './common.ts';
import { PageQuery } from './requests.ts';

const payload = json(LIMITS.approvalPayloadBytes);

export const CreateApproval = z
  .strictObject({
    type: name.meta({ description: 'What kind of thing is to be approved.' }),
    tasks: z
      .array(name)
      .max(LIMITS.links)
      .optional()
      .meta({ description: 'Ids of the tasks it is about, which wait for it.' }),
    payload: payload.optional().meta({ description: 'Whatever whoever decides needs to know.' }),
  })
  .meta({ id: 'CreateApproval' });

export const ApprovalParams = z.object({
  approvalId: z.string().meta({ description: 'Id of the approval, a UUID.' }),
});

export const ListApprovals = PageQuery.extend({ status: z.enum(APPROVAL_STATUSES).optional() });

export const DecideApproval = z
  .strictObject({ decision: z.enum(['approve', 'reject', 'request_revision']), note: note.optional() })
  .meta({ id: 'DecideApproval' });

export const ResubmitApproval = z
  .strictObject({ note: note.optional(), payload: payload.optional() })
  .meta({ id: 'ResubmitApproval' });

export const ApprovalBody = z
  .object({
    id: z.string(),
    company: z.string(),
    type: z.string(),
    status: z.enum(APPROVAL_STATUSES),
    requestedBy: Actor,
    tasks: z.array(z.string()),
    payload: z.unknown(),
    history: z
      .array(
        z.object({
          step: z.enum(Object.keys(APPROVAL_STEPS) as [ApprovalStep]),
          by: Actor,
          at,
          note: z.string().optional(),
        }),
      )
      .meta({ description: 'What was decided, and submitted again, the oldest first.' }),
    createdAt: at,
    updatedAt: at,
  })
  .meta({ id: 'Approval' });
