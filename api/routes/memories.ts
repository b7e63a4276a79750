/** `/v1/memory`: what is remembered of a task, an agent, a project or a client. */
import type { Response } from 'express';
import { markdownOf } from '../../workflows/memory-record.ts';
import type { MemoryRecord } from '../../workflows/memory-record.ts';
import type { Principal } from '../auth.ts';
import { pathOf, presentEntry, presentMemory } from '../present-memory.ts';
import type { ProblemName } from '../problems.ts';
import { etag, operation } from '../route.ts';
import type { Answer, Operation } from '../route.ts';
import {
  AddToMemory,
  MemoryBody,
  MemoryEntryBody,
  MemoryParams,
  PutMemory,
  SummariseMemory,
} from '../schemas/memories.ts';
import type { Subject } from '../services/memories.ts';
import type { RouteDeps } from './deps.ts';

const MARKDOWN = 'text/markdown';
const theMemory = { description: 'The memory.', schema: MemoryBody };
const CHANGE_PROBLEMS: ProblemName[] = [
  'not_found',
  'forbidden',
  'memory_full',
  'invalid_request',
  'no_worker',
];

const memoryAnswer = (memory: MemoryRecord): Answer => ({
  status: 200,
  body: presentMemory(memory),
  headers: { etag: etag(memory.version) },
});

const subjectOf = ({ scope, id }: Subject, principal: Principal): Subject => ({
  scope,
  id: scope === 'agent' && id === 'me' ? principal.id : id,
});

const wantsMarkdown = ({ req }: Response): boolean => req.accepts(['json', MARKDOWN]) === MARKDOWN;

export function memoryRoutes({ services: { memories } }: RouteDeps): Operation[] {
  return [
    operation({
      id: 'getMemory',
      method: 'get',
      path: '/v1/memory/:scope/:id',
      summary: 'Read what is remembered of a task, an agent, a project or a client',
      description:
        'With `Accept: text/markdown` as one text, in which every entry names who made it. Agents read the memories of their company but those of other agents, unless these answer to them.',
      params: MemoryParams,
      answers: { 200: { ...theMemory, contentType: MARKDOWN } },
      problems: ['not_found', 'forbidden', 'invalid_request', 'engine_unavailable'],
      async handle({ params, call: { principal } }, res) {
        const memory = await memories.read(principal, subjectOf(params, principal));
        res.vary('accept');
        if (!wantsMarkdown(res)) return memoryAnswer(memory);
        return { ...memoryAnswer(memory), body: markdownOf(memory), contentType: MARKDOWN };
      },
    }),
    operation({
      id: 'putMemory',
      method: 'put',
      path: '/v1/memory/:scope/:id',
      summary: 'Write anew what is remembered',
      description:
        'The text takes the place of all entries; an empty one forgets them. Agents write their own memory, and that of a task they hold.',
      params: MemoryParams,
      body: PutMemory,
      ifMatch: 'required',
      answers: { 200: theMemory },
      problems: [...CHANGE_PROBLEMS, 'stale_version', 'version_required'],
      async handle({ params, body, call }) {
        return memoryAnswer(await memories.put(call, subjectOf(params, call.principal), body.text));
      },
    }),
    operation({
      id: 'addToMemory',
      method: 'post',
      path: '/v1/memory/:scope/:id',
      summary: 'Remember one thing more',
      description:
        'What a run promotes comes in by itself, once its work is accepted. Nothing old is dropped to make room: when there is none, this is refused.',
      params: MemoryParams,
      body: AddToMemory,
      answers: { 201: { description: 'The entry.', schema: MemoryEntryBody } },
      problems: CHANGE_PROBLEMS,
      async handle({ params, body, call }) {
        const subject = subjectOf(params, call.principal);
        const { entry, version } = await memories.append(call, subject, body.text);
        const headers = { location: pathOf(subject), etag: etag(version) };
        return { status: 201, body: presentEntry(entry), headers };
      },
    }),
    operation({
      id: 'summariseMemory',
      method: 'post',
      path: '/v1/memory/:scope/:id/summarise',
      summary: 'Make room: one entry in place of the oldest',
      description:
        'For operators. The text stands in place of the entry that `upTo` names and of all before it.',
      params: MemoryParams,
      body: SummariseMemory,
      ifMatch: 'optional',
      answers: { 200: theMemory },
      problems: [...CHANGE_PROBLEMS, 'no_such_entry', 'stale_version'],
      async handle({ params, body, call }) {
        return memoryAnswer(await memories.summarise(call, subjectOf(params, call.principal), body));
      },
    }),
  ];
}
