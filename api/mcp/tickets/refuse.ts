/** How tickets are refused: one of five codes, and a message that says what to do. */
import type { CallToolResult } from '@modelcontextprotocol/server';
import { Problem } from '../../problems.ts';
import type { ProblemName } from '../../problems.ts';
import type { TaskService } from '../../services/tasks.ts';
import type { Asking } from '../tool.ts';
import { shape, toon, word } from '../toon.ts';

/** Somebody else was first, or something changed: read again, decide again. */
const CONFLICTS: readonly ProblemName[] = [
  'held',
  'stale_version',
  'assigned_to_another',
  'unexpected_status',
  'backing_off',
  'approval_pending',
  'run_not_active',
  'budget_exhausted',
  'cancel_requested',
];

function codeOf({ type, status }: Problem): string {
  if (type === 'not_found' || type === 'seq_blocked') return type;
  if (CONFLICTS.includes(type)) return 'conflict';
  return status >= 500 ? 'internal' : 'invalid';
}

export const refused = (problem: Problem): CallToolResult => ({
  isError: true,
  content: [
    { type: 'text', text: toon(shape('ERR', { code: word(codeOf(problem)), msg: problem.message })) },
  ],
});

/** Where the other ticket of a link is none, that is what is said. */
export const unlessNone =
  (toId: string) =>
  (error: unknown): never => {
    const isNone = error instanceof Problem && error.details.errors?.some(({ pointer }) => pointer === '/to');
    throw isNone ? notFound(toId, error) : error;
  };

const notFound = (id: string, cause: Problem): Problem =>
  new Problem('not_found', { detail: `${id.slice(0, 100)} not found` }, { cause });

/** Waits for what is done to a ticket. Where it is refused, the message names the ticket. */
export async function about<T>(
  id: string,
  { principal }: Asking['call'],
  tasks: Pick<TaskService, 'lastKnown'>,
  doing: Promise<T>,
): Promise<T> {
  return await doing.catch(async (error: unknown) => {
    if (!(error instanceof Problem)) throw error;
    const { type, details, message } = error;
    const told = (detail: string) => new Problem(type, { ...details, detail }, { cause: error });
    switch (type) {
      case 'not_found':
        throw notFound(id, error);
      case 'held':
        throw told(`${id} is claimed by ${details.holder ?? 'another agent'}: take another ticket`);
      case 'stale_version':
        throw told(`${id} has changed: ticket_get it, decide, and retry with its ua as etag`);
      case 'seq_blocked': {
        const order = await tasks.lastKnown(principal, details.blockedBy!).then(
          ({ parent }) => parent?.order,
          () => undefined,
        );
        throw told(`${id} blocked: ord=${order ?? '?'} not done`);
      }
      default:
        throw told(message);
    }
  });
}
