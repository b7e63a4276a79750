/** Approvals: asked for, decided, sent back and submitted again. */
import { uuidv7 } from 'uuidv7';
import { approvalBegunUpdate, approvalUpdate, takeStep } from '../../workflows/approval.ts';
import type { ApprovalRecord, ApprovalStatus, ApprovalStep, StepTaken } from '../../workflows/approval.ts';
import { TaskCompanyKey, TaskStatusKey } from '../../workflows/search-attributes.ts';
import type { Principal } from '../auth.ts';
import { fingerprint, uuidFrom } from '../idempotency.ts';
import { Problem, namedAt } from '../problems.ts';
import type { Agents } from './agents.ts';
import type { Engine } from './engine.ts';
import { NotOpen } from './engine.ts';
import { createEntities } from './entities.ts';
import type { KnownTasks } from './known-tasks.ts';
import { isUuid } from './known-tasks.ts';
import type { Request } from './messages.ts';
import { quoted } from './visibility.ts';

export interface NewApproval {
  type: string;
  issueIds?: string[] | undefined;
  /** What the caller calls them. */
  pointer?: string;
  payload?: unknown;
}

interface Deps {
  engine: Engine;
  known: Pick<KnownTasks, 'mustBeOf'>;
  agents: Pick<Agents, 'managesAnyOf'>;
}

export function createApprovals({ engine, known, agents }: Deps) {
  const entities = createEntities<ApprovalRecord>(engine, 'approval');

  /** An approval of the caller's company. Throws `not_found`. */
  async function read({ company }: Principal, id: string): Promise<ApprovalRecord> {
    const there = isUuid(id) ? await entities.find(id) : undefined;
    if (there?.record.company === company) return there.record;
    throw new Problem('not_found', {
      detail: 'There is no such approval, or it belongs to another company.',
    });
  }

  /**
   * Asks for an approval in the caller's name, for which these tasks wait from then on, as far as the caller has a say
   * in them. The same key and body again answer the same one.
   */
  async function create(
    { principal, key }: Request,
    { pointer = '/issueIds', ...asked }: NewApproval,
  ): Promise<ApprovalRecord> {
    const { company } = principal;
    const issueIds = [...new Set(asked.issueIds)];
    await Promise.all(issueIds.map((issueId) => mustBeTask(principal, issueId, pointer)));
    const id = key === undefined ? uuidv7() : uuidFrom('approval', company, principal.id, key);
    const now = new Date().toISOString();
    const record: ApprovalRecord = {
      id,
      company,
      type: asked.type,
      requestedBy: { id: principal.id, role: principal.role },
      issueIds,
      ...(asked.payload !== undefined && { payload: asked.payload }),
      status: 'pending',
      history: [],
      createdAt: now,
      updatedAt: now,
    };
    const request = fingerprint('approval', asked);
    const attributes = [
      { key: TaskCompanyKey, value: company },
      { key: TaskStatusKey, value: record.status },
    ];
    const title = `Approval: ${asked.type}`;
    if (await entities.open(principal.id, { workflowId: id, record, request, attributes, title })) {
      if (issueIds.length > 0) await untilTold(principal, id);
      return record;
    }
    const before = await entities.find(id);
    if (before?.request === request) return before.record;
    throw new Problem('idempotency_key_reused', { detail: 'This key asked for another approval before.' });
  }

  /** Its tasks hear of it when a worker is there. Whoever looks at one of them next should find it waiting. */
  async function untilTold(principal: Principal, id: string): Promise<void> {
    await engine.update(principal.id, id, approvalBegunUpdate, { messageId: uuidv7() }).catch(() => {});
  }

  async function mustBeTask(principal: Principal, taskId: string, pointer: string): Promise<void> {
    const detail = `${taskId} is no task of your company`;
    await known.mustBeOf(principal, taskId).catch(namedAt(pointer, detail));
  }

  /** Takes one step with the approval; answers it after that. Said twice by the same caller, it is done once. */
  async function step(
    id: string,
    request: Request,
    content: Pick<StepTaken, 'step' | 'note' | 'payload'>,
  ): Promise<ApprovalRecord> {
    const { principal } = request;
    const before = await read(principal, id);
    if (repeats(before, principal, content)) return before;
    const isOther = principal.role === 'agent' && before.requestedBy.id !== principal.id;
    const granted = isOther && (await agents.managesAnyOf(principal, [before.requestedBy.id]));
    const whole = { ...content, ...(granted && { granted }) };
    return await entities.change(id, request, approvalUpdate, whole).catch(async (error: unknown) => {
      if (!(error instanceof NotOpen)) throw error;
      return tooLate(await read(principal, id), principal, whole);
    });
  }

  const page = (
    { company }: Principal,
    status: ApprovalStatus | undefined,
    limit: number,
    cursor: string | undefined,
  ) =>
    entities.page(
      company,
      ` AND ExecutionStatus != 'ContinuedAsNew'${status ? ` AND TaskStatus = ${quoted(status)}` : ''}`,
      limit,
      cursor,
    );

  return { create, read, step, page };
}

/** Whether the last step was this very one, by the same caller. */
function repeats(
  { history }: ApprovalRecord,
  { id }: Principal,
  { step, note, payload }: { step: ApprovalStep; note?: string | undefined; payload?: unknown },
): boolean {
  const last = history.at(-1);
  return last?.step === step && last.by.id === id && last.note === note && payload === undefined;
}

/** What a step comes to on an approval that is decided. */
function tooLate(
  approval: ApprovalRecord,
  principal: Principal,
  content: Pick<StepTaken, 'step' | 'note' | 'payload' | 'granted'>,
): ApprovalRecord {
  if (repeats(approval, principal, content)) return approval;
  const message = { ...content, messageId: '', actor: { id: principal.id, role: principal.role } };
  const after = takeStep(approval, message, approval.updatedAt);
  if ('refusal' in after) throw Problem.of(after.refusal);
  throw new Problem('transition_not_allowed', {
    detail: 'The approval was ended from outside, without a decision.',
    hint: 'Ask for another one. A task that waits for this one can only be cancelled.',
  });
}
