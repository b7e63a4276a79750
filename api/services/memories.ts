/** What is remembered of tasks, agents, projects and clients: who may read it, and who may change what. */
import { emptyMemory } from '../../workflows/memory-record.ts';
import type { MemoryChange, MemoryEntry, MemoryRecord, MemoryScope } from '../../workflows/memory-record.ts';
import { memoryUpdate } from '../../workflows/memory.ts';
import { TaskCompanyKey } from '../../workflows/search-attributes.ts';
import type { Principal } from '../auth.ts';
import { memoryWorkflowId } from '../entity-ids.ts';
import { messageIdFor } from '../idempotency.ts';
import { Problem } from '../problems.ts';
import type { Agents } from './agents.ts';
import type { Engine } from './engine.ts';
import { createEntities } from './entities.ts';
import type { KnownTasks } from './known-tasks.ts';
import type { Request } from './messages.ts';
import type { Reader } from './reading.ts';

/** Of what it is the memory. */
export interface Subject {
  scope: MemoryScope;
  id: string;
}

type Content =
  | { do: 'append'; entries: { id: string; text: string }[] }
  | { do: 'replace'; text: string }
  | { do: 'summarise'; upTo: string; text: string };

interface Deps {
  engine: Engine;
  known: Pick<KnownTasks, 'mustBeOf'>;
  reader: Pick<Reader, 'task'>;
  agents: Pick<Agents, 'managesAnyOf'>;
}

export function createMemories({ engine, known, reader, agents }: Deps) {
  const entities = createEntities<MemoryRecord>(engine, 'memory');

  /** Ended by somebody, it is still there, and goes on with what it had once there is something new. */
  const find = async ({ company }: Principal, { scope, id }: Subject) =>
    await entities.find(memoryWorkflowId(company, scope, id));

  /** What is remembered. Throws `not_found` when nothing is, or the caller's company has no such task. */
  async function read(principal: Principal, subject: Subject): Promise<MemoryRecord> {
    await mustBeReadable(principal, subject);
    const there = await find(principal, subject);
    if (there && there.record.version > 0) return there.record;
    throw new Problem('not_found', {
      detail: `Nothing is remembered of ${subject.scope} ${subject.id} yet.`,
      hint: 'POST `{text}` here to begin with. Other companies have memories of their own, whatever the name.',
    });
  }

  async function mustBeReadable(principal: Principal, { scope, id }: Subject): Promise<void> {
    if (scope === 'task') return await known.mustBeOf(principal, id);
    if (scope !== 'agent' || principal.role !== 'agent' || principal.id === id) return;
    if (await agents.managesAnyOf(principal, [id])) return;
    throw new Problem('forbidden', {
      detail: 'What an agent remembers is for itself, for those it answers to, and for people.',
      hint: 'Your own is at /v1/memory/agent/me.',
    });
  }

  async function mustBeWritable(principal: Principal, { scope, id }: Subject): Promise<void> {
    if (scope === 'task') await known.mustBeOf(principal, id);
    if (principal.role !== 'agent' || (scope === 'agent' && principal.id === id)) return;
    if (scope === 'task' && (await reader.task(principal, id)).run?.agent === principal.id) return;
    throw new Problem('forbidden', {
      detail: 'Agents write what they remember themselves, and the memory of a task while they hold it.',
      hint: 'Promote the rest when you hand in your work: `memoryPromotions: [{scope, text}]`.',
    });
  }

  /** Changes what is remembered; answers it after that. What nothing was remembered of begins with it. */
  async function change(request: Request, subject: Subject, content: Content): Promise<MemoryRecord> {
    const { principal } = request;
    await mustBeWritable(principal, subject);
    const { company } = principal;
    const workflowId = memoryWorkflowId(company, subject.scope, subject.id);
    const before = await entities.find(workflowId);
    if (!before?.isOpen) {
      await entities.open(principal.id, {
        workflowId,
        record: before?.record ?? emptyMemory({ ...subject, company }, new Date().toISOString()),
        attributes: [{ key: TaskCompanyKey, value: company }],
        title: `Memory of ${subject.scope} ${subject.id}`,
      });
    }
    return await entities.change<MemoryChange>(workflowId, request, memoryUpdate, content as MemoryChange);
  }

  /** Adds one entry in the caller's name, and answers it. */
  async function append(
    request: Request,
    subject: Subject,
    text: string,
  ): Promise<{ entry: MemoryEntry; version: number }> {
    // An entry has the id of the message that brought it, so a repeat finds it.
    const messageId = messageIdFor(request.principal.id, request.key);
    const entries = [{ id: messageId, text }];
    const after = await change({ ...request, messageId }, subject, { do: 'append', entries });
    const entry = after.entries.find(({ id }) => id === messageId);
    if (entry) return { entry, version: after.version };
    throw new Problem('not_found', { detail: 'Your entry was taken, and has been replaced since.' });
  }

  /** Replaces all that is remembered by a text, or by nothing. */
  const put = (request: Request, subject: Subject, text: string): Promise<MemoryRecord> =>
    change(request, subject, { do: 'replace', text });

  /** Makes room: one entry stands in place of all up to the one named. */
  async function summarise(
    request: Request,
    subject: Subject,
    summary: { upTo: string; text: string },
  ): Promise<MemoryRecord> {
    await mustBeReadable(request.principal, subject);
    if (request.principal.role !== 'operator')
      throw new Problem('forbidden', {
        detail: 'Only operators summarise a memory.',
        hint: 'Ask one of them.',
      });
    return await change(request, subject, { do: 'summarise', ...summary });
  }

  return { read, append, put, summarise };
}
