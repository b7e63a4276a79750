/**
 * Work queues as such: opened, found, deleted. A queue is a workflow whose memo says all of it, so none of this needs a
 * worker; to delete it is to cancel it.
 */
import { uuidv7 } from 'uuidv7';
import { TypedSearchAttributes } from '@temporalio/common';
import type { QueueInput } from '../../workflows/queue.ts';
import { TaskCompanyKey } from '../../workflows/search-attributes.ts';
import { REQUEST_MEMO } from '../../workflows/visibility.ts';
import type { Principal } from '../auth.ts';
import { fingerprint, messageIdFor, uuidFrom } from '../idempotency.ts';
import { Problem } from '../problems.ts';
import type { Engine } from './engine.ts';
import { NotOpen } from './engine.ts';
import { isUuid } from './known-tasks.ts';
import type { Request } from './messages.ts';
import { Shared } from './shared.ts';
import { pageOf, quoted, read } from './visibility.ts';
import type { Info } from './visibility.ts';

export interface Queue extends QueueInput {
  id: string;
}

/** How long a queue is taken to be there because it was, and the queues of a company to be the same. */
export const TAKEN_TO_BE_THERE_MS = 2_000;
/** Agents that choose among the queues of their company choose among this many. */
const MOST_QUEUES = 1_000;

export type Queues = ReturnType<typeof createQueues>;

export function createQueues(engine: Engine) {
  const found = new Shared<Found | undefined>(TAKEN_TO_BE_THERE_MS);
  const companies = new Shared<Queue[]>(TAKEN_TO_BE_THERE_MS);

  async function look(queueId: string): Promise<Found | undefined> {
    try {
      const { type, memo, status, raw } = await engine.describe(queueId);
      if (type !== 'queue' || !memo?.['company']) return undefined;
      const { [REQUEST_MEMO]: request, ...input } = memo;
      const isBeingDeleted = raw.workflowExtendedInfo?.cancelRequested ?? false;
      const isOpen = status.name === 'RUNNING' && !isBeingDeleted;
      return { queue: { id: queueId, ...(input as unknown as QueueInput) }, request, isOpen };
    } catch (error) {
      if (error instanceof NotOpen) return undefined;
      throw error;
    }
  }

  /** The queue under this id, if it is one of the company. */
  async function find({ company }: Principal, queueId: string): Promise<Found | undefined> {
    if (!isUuid(queueId)) return undefined;
    const { queue, ...rest } = (await found.get(queueId, () => look(queueId))) ?? {};
    return queue?.company === company ? ({ queue, ...rest } as Found) : undefined;
  }

  /** A queue of the caller's company. Throws `not_found` when there is none under this id, or it was deleted. */
  async function open(principal: Principal, queueId: string): Promise<Queue> {
    const there = await find(principal, queueId);
    if (!there?.isOpen) throw notFound();
    return there.queue;
  }

  /** Opens a queue; durable when this resolves. The same key and body again answer the same queue. */
  async function create(
    { principal, key }: Request,
    body: Pick<QueueInput, 'name' | 'team'> & { defaults?: QueueInput['defaults'] | undefined },
  ): Promise<Queue> {
    const { company, id, role } = principal;
    const queueId = key === undefined ? uuidv7() : uuidFrom('queue', company, id, key);
    const { name, team, defaults = {} } = body;
    const input: QueueInput = {
      name,
      ...(team !== undefined && { team }),
      company,
      defaults,
      createdBy: { id, role },
      createdAt: new Date().toISOString(),
    };
    const request = fingerprint('queue', body);
    const isNew = await engine.openQueue(id, {
      workflowId: queueId,
      args: [input],
      memo: { ...input, [REQUEST_MEMO]: request },
      typedSearchAttributes: new TypedSearchAttributes([{ key: TaskCompanyKey, value: company }]),
      staticSummary: name,
      staticDetails: `Tasks whose queue is ${queueId} wait in task queue queue/${queueId} until an agent takes them.`,
    });
    found.forget(queueId);
    companies.forget(company);
    if (isNew) return { id: queueId, ...input };
    const before = await find(principal, queueId);
    if (before?.request === request) return before.queue;
    throw new Problem('idempotency_key_reused', { detail: 'This key opened another queue before.' });
  }

  /** Deletes a queue of the company; its tasks are up to the caller. The same key again finds it deleted by it. */
  async function close({ principal, key }: Request, queueId: string): Promise<void> {
    await engine.cancel(principal.id, queueId, messageIdFor(principal.id, key));
    found.forget(queueId);
    companies.forget(principal.company);
  }

  /** Whether it was this very request, under its key, that deleted the queue. */
  async function wasClosedBy({ principal, key }: Request, queueId: string): Promise<boolean> {
    if (key === undefined || (await find(principal, queueId))?.isOpen !== false) return false;
    const { history } = await engine.history(queueId, '', new Uint8Array());
    const reason = messageIdFor(principal.id, key);
    return (history?.events ?? []).some(
      (event) => event.workflowExecutionCancelRequestedEventAttributes?.cause === reason,
    );
  }

  /** One page of the company's queues, the newest first. */
  async function page({ company }: Principal, limit: number, cursor: string | undefined) {
    const { items, next } = await pageOf(engine, queuesOf(company), limit, cursor);
    return { items: items.map(queueOf), next };
  }

  /** The company's queues, as of the last seconds. */
  const ofCompany = (company: string): Promise<Queue[]> =>
    companies.get(company, async () => {
      const { items } = await pageOf(engine, queuesOf(company), MOST_QUEUES, undefined);
      return items.map(queueOf);
    });

  return { open, create, close, wasClosedBy, page, ofCompany };
}

interface Found {
  queue: Queue;
  /** The fingerprint of the request that opened it. */
  request: unknown;
  isOpen: boolean;
}

const queuesOf = (company: string): string =>
  `WorkflowType = 'queue' AND TaskCompany = ${quoted(company)} AND ExecutionStatus = 'Running'`;

function queueOf({ execution, memo }: Info): Queue {
  const names = ['name', 'team', 'company', 'defaults', 'createdBy', 'createdAt'];
  const fields = names.map((name) => [name, read(memo?.fields?.[name])]);
  return { id: execution?.workflowId ?? '', ...(Object.fromEntries(fields) as QueueInput) };
}

const notFound = (): Problem =>
  new Problem('not_found', { detail: 'There is no such queue, or it belongs to another company.' });
