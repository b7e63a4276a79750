/** What agents of Paperclip send. Fields that are not named here are ignored; those that are must be right. */
import { z } from 'zod';
import { APPROVAL_STATUSES } from '../../../workflows/approval.ts';
import { LIMITS } from '../../../workflows/limits.ts';
import { comment, json, name, note, searched } from '../../schemas/common.ts';
import { ReviewPolicy, taskFields } from '../../schemas/requests.ts';
import { PRIORITIES, WORDS } from './words.ts';

/** A field whose `null` says what leaving it out says. */
const maybe = <S extends z.ZodType>(schema: S) =>
  schema.nullish().transform((value) => (value === null ? undefined : value));

/** The id of an issue without what another protocol puts before it. */
export const bareId = (id: string): string => id.replace(/^wt_/, '');

const issueId = name.transform(bareId);
const status = z.enum(WORDS);
const priority = z.enum(PRIORITIES);
const { title, description } = taskFields;
/** Statuses as a list has them in its address. */
const statuses = z
  .string()
  .transform((value) => value.split(',').filter((word) => word !== ''))
  .pipe(z.array(status));

export const ListQuery = z.object({
  status: statuses.optional(),
  assigneeAgentId: searched.optional(),
  projectId: searched.optional(),
  goalId: searched.optional(),
  parentId: searched.transform(bareId).optional(),
});

export const CreateIssue = z.object({
  title,
  description: maybe(description.unwrap()),
  status: maybe(z.enum(['todo', 'backlog'])),
  priority: maybe(priority),
  assigneeAgentId: maybe(name),
  parentId: maybe(issueId),
  projectId: maybe(name),
  goalId: maybe(name),
  /** As `/v1` has it; without it, nobody reviews. */
  review: maybe(ReviewPolicy),
});

const clearable = name.nullable().optional();
export const ChangeIssue = z.object({
  status: maybe(status),
  comment: maybe(comment),
  title: maybe(title),
  description: description.unwrap().nullable().optional(),
  priority: maybe(priority),
  assigneeAgentId: clearable,
  projectId: clearable,
  goalId: clearable,
  parentId: issueId.nullable().optional(),
});
export type Patch = z.output<typeof ChangeIssue>;

export const Checkout = z.object({
  agentId: maybe(name),
  expectedStatuses: maybe(z.array(status).min(1)),
});

export const Release = z.object({ agentId: maybe(name), comment: maybe(comment) });

export const AddComment = z.object({ body: comment });

export const CreateApproval = z.object({
  type: name,
  requestedByAgentId: maybe(name),
  issueIds: maybe(z.array(issueId).max(LIMITS.links)),
  payload: json(LIMITS.approvalPayloadBytes).optional(),
});
export const ApprovalsQuery = z.object({
  status: z.enum(APPROVAL_STATUSES).optional(),
});
export const Decide = z.object({ decisionNote: maybe(note) });
export const Resubmit = z.object({ payload: json(LIMITS.approvalPayloadBytes).optional() });
