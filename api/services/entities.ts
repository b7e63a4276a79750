/** Agents, approvals and memories as the services find them: small workflows whose memo is all there is to know, worker or not. */
import type { UpdateDefinition } from '@temporalio/client';
import { TypedSearchAttributes } from '@temporalio/common';
import type { SearchAttributePair } from '@temporalio/common';
import { RECORD_MEMO } from '../../workflows/entity.ts';
import { REQUEST_MEMO } from '../../workflows/visibility.ts';
import type { Engine, EntityType } from './engine.ts';
import { NoAnswer, NotOpen } from './engine.ts';
import { envelope } from './messages.ts';
import type { Request } from './messages.ts';
import { noWorker } from './reading.ts';
import { pageOf, quoted, read } from './visibility.ts';

export interface Found<R> {
  record: R;
  /** The fingerprint of the request that it began with. */
  request: unknown;
  isOpen: boolean;
}

interface Opening {
  workflowId: string;
  /** What it is to begin with; the rest is up to it. */
  record: object;
  /** The fingerprint of the request, where a repeat is to be told from another one. */
  request?: string;
  attributes: SearchAttributePair[];
  title: string;
}

export function createEntities<R extends object>(engine: Engine, type: EntityType) {
  /** What there is under this id; undefined when there is nothing of this kind. */
  async function find(workflowId: string): Promise<Found<R> | undefined> {
    const described = await engine.describe(workflowId).catch((error: unknown) => {
      if (error instanceof NotOpen) return undefined;
      throw error;
    });
    const record = described?.memo?.[RECORD_MEMO] as R | undefined;
    if (described?.type !== type || !record) return undefined;
    return { record, request: described.memo?.[REQUEST_MEMO], isOpen: described.status.name === 'RUNNING' };
  }

  /** Begins it; durable when this resolves. Answers false when there is one under this id already. */
  const open = (actorId: string, { workflowId, record, request, attributes, title }: Opening) =>
    engine.openEntity(type, actorId, {
      workflowId,
      args: [record],
      memo: {
        [RECORD_MEMO]: record as Record<string, unknown>,
        ...(request !== undefined && { [REQUEST_MEMO]: request }),
      },
      typedSearchAttributes: new TypedSearchAttributes(attributes),
      staticSummary: title,
    });

  /** Changes it by one update; answers it after that. Throws the refusal, `NotOpen`, or `no_worker`. */
  async function change<M extends { messageId: string; contentHash?: string | undefined }>(
    workflowId: string,
    request: Request,
    update: UpdateDefinition<R, [M]>,
    content: Omit<M, keyof ReturnType<typeof envelope>>,
  ): Promise<R> {
    const message = { ...envelope(update.name, workflowId, request, content), ...content } as unknown as M;
    return await engine.update(request.principal.id, workflowId, update, message).catch((error: unknown) => {
      throw error instanceof NoAnswer ? noWorker(error) : error;
    });
  }

  /** One page of those of a company, the newest first, as lists know them. */
  async function page(company: string, condition: string, limit: number, cursor: string | undefined) {
    const query = `WorkflowType = ${quoted(type)} AND TaskCompany = ${quoted(company)}${condition}`;
    const { items, next } = await pageOf(engine, query, limit, cursor);
    const records = items.flatMap(({ memo }) => read<R>(memo?.fields?.[RECORD_MEMO]) ?? []);
    return { items: records, next };
  }

  return { find, open, change, page };
}
