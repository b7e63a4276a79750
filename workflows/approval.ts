/**
 * The approval workflow: something that somebody else has to decide on before it may be done. It ends with its final
 * decision; until then whoever asked for it may be sent to revise it, and submit it again, and its tasks wait.
 */
import { defineUpdate } from '@temporalio/workflow';
import { Actor } from './actor.ts';
import { continueAsNew } from './continue-as-new.ts';
import { id, note as noteText } from './definition.ts';
import { beginning, envelope, live } from './entity.ts';
import { boolean, json, list, object, oneOf, optional, time } from './parse.ts';
import type { Infer } from './parse.ts';
import type { Refusal } from './refusals.ts';
import { LIMITS } from './limits.ts';
import { TaskCompanyKey, TaskStatusKey } from './search-attributes.ts';
import type { ToldAgent } from './tell-agents.ts';
import type { ToldTasks } from './tell-tasks.ts';

export const APPROVAL_STATUSES = ['pending', 'approved', 'rejected', 'revision_requested'] as const;
export type ApprovalStatus = (typeof APPROVAL_STATUSES)[number];

/** What is done to an approval, and where it leads. */
export const APPROVAL_STEPS = {
  approve: { from: 'pending', to: 'approved' },
  reject: { from: 'pending', to: 'rejected' },
  request_revision: { from: 'pending', to: 'revision_requested' },
  resubmit: { from: 'revision_requested', to: 'pending' },
} as const satisfies Record<string, { from: ApprovalStatus; to: ApprovalStatus }>;
export type ApprovalStep = keyof typeof APPROVAL_STEPS;
const STEPS = Object.keys(APPROVAL_STEPS) as ApprovalStep[];

const Decision = object({ step: oneOf(...STEPS), by: Actor, at: time, note: optional(noteText) });

export const ApprovalRecord = object({
  id,
  company: id,
  /** What kind of thing is to be approved. */
  type: id,
  requestedBy: Actor,
  issueIds: list(id, LIMITS.links),
  payload: optional(json(LIMITS.approvalPayloadBytes)),
  status: oneOf(...APPROVAL_STATUSES),
  /** All that was decided and submitted again, the oldest first. */
  history: list(Decision, LIMITS.decisions),
  createdAt: time,
  updatedAt: time,
});
export type ApprovalRecord = Infer<typeof ApprovalRecord>;

const StepTaken = object({
  ...envelope,
  step: oneOf(...STEPS),
  note: optional(noteText),
  payload: optional(json(LIMITS.approvalPayloadBytes)),
  /** Set by the API for an agent that the one who asked reports to. */
  granted: optional(boolean),
});
export type StepTaken = Infer<typeof StepTaken>;

/** Answers the approval after it. */
export const approvalUpdate = defineUpdate<ApprovalRecord, [StepTaken]>('step');

/** Answers once its tasks have heard that they are to wait. */
export const approvalBegunUpdate = defineUpdate<void, [{ messageId: string }]>('begun');

export const isDecided = ({ status }: Pick<ApprovalRecord, 'status'>): boolean =>
  status === 'approved' || status === 'rejected';

/** The approval after a step, or why it can not be taken. Pure. */
export function takeStep(
  approval: ApprovalRecord,
  { step, actor, note, payload, granted }: StepTaken,
  now: string,
): ApprovalRecord | { refusal: Refusal } {
  const refusal = mayNot(approval, step, actor, granted) ?? wrongStatus(approval, step);
  if (refusal) return { refusal };
  const taken = { step, by: actor, at: now, ...(note !== undefined && { note }) };
  return {
    ...approval,
    ...(step === 'resubmit' && payload !== undefined && { payload }),
    status: APPROVAL_STEPS[step].to,
    history: [...approval.history, taken].slice(-LIMITS.decisions),
    updatedAt: now,
  };
}

function mayNot(
  { requestedBy }: ApprovalRecord,
  step: ApprovalStep,
  actor: Actor,
  granted = false,
): Refusal | undefined {
  const asked = requestedBy.id === actor.id;
  const isPerson = actor.role !== 'agent';
  if (step === 'resubmit') {
    if (asked || isPerson) return undefined;
    return { type: 'forbidden', detail: `Only ${requestedBy.id}, who asked for it, may submit it again.` };
  }
  if (asked) {
    return {
      type: 'forbidden',
      detail: 'You asked for this, so somebody else must decide.',
      hint: 'Wait for a decision.',
    };
  }
  if (isPerson || granted) return undefined;
  return {
    type: 'forbidden',
    detail: `Only people, and managers of ${requestedBy.id}, may decide on this.`,
    hint: 'Leave it to them.',
  };
}

function wrongStatus({ status }: ApprovalRecord, step: ApprovalStep): Refusal | undefined {
  const { from } = APPROVAL_STEPS[step];
  if (status === from) return undefined;
  return {
    type: 'transition_not_allowed',
    detail: `The approval is ${status}, and only one that is ${from} takes ${step}.`,
    hint: 'Read it again.',
    retryable: false,
  };
}

/** An agent that asked is woken when somebody has decided, or wants it to be revised. */
export function decisionTold({
  id: approvalId,
  requestedBy,
  issueIds,
  status,
  history,
}: ApprovalRecord): ToldAgent[] {
  if (requestedBy.role !== 'agent' || status === 'pending') return [];
  const content = {
    reason: 'approval_decided' as const,
    approvalId,
    approvalStatus: status,
    ...(history.at(-1)?.by.role !== 'agent' && { byPerson: true }),
    ...(issueIds.length > 0 && { linkedIssueIds: issueIds }),
  };
  return [{ to: { agent: requestedBy.id }, name: 'wake', content }];
}

/**
 * The tasks that it is about wait for it as far as whoever asked has a say in them, which each of them decides. They
 * hear that it was asked for, and what was decided; of a revision they need not know.
 */
export function tasksTold({
  id: approvalId,
  type,
  requestedBy,
  issueIds: to,
  status,
  history,
}: ApprovalRecord): ToldTasks | undefined {
  const last = history.at(-1);
  if (!last) return { to, name: 'approval_asked', content: { approvalId, type, actor: requestedBy } };
  if (status !== 'approved' && status !== 'rejected') return undefined;
  const { by: actor, note } = last;
  const said = note === undefined ? {} : { note };
  return { to, name: 'approval_decided', content: { approvalId, decision: status, actor, ...said } };
}

/** Answers the approval as it was decided. */
export async function approval(input: ApprovalRecord): Promise<ApprovalRecord> {
  const record = await live({
    record: beginning(ApprovalRecord, input),
    update: approvalUpdate,
    message: StepTaken,
    receive: takeStep,
    attributesOf: ({ company, status }) => [
      { key: TaskCompanyKey, value: company },
      { key: TaskStatusKey, value: status },
    ],
    isOver: isDecided,
    tells: decisionTold,
    tellsTasks: tasksTold,
    begunUpdate: approvalBegunUpdate,
  });
  if (!isDecided(record)) return await continueAsNew<typeof approval>(record);
  return record;
}
