/** Tickets by what they have in common: the backlog, the board, lists and searches. */
import type { CallToolResult } from '@modelcontextprotocol/server';
import { invalidRequest } from '../../problems.ts';
import { wordsOf } from '../../schemas/requests.ts';
import type { Services } from '../../services/index.ts';
import { LARGEST_PAGE } from '../../services/listing.ts';
import type { Filter, TaskRow } from '../../services/listing.ts';
import type { Asking } from '../tool.ts';
import { bareId } from '../tool.ts';
import { shape } from '../toon.ts';
import type { Given } from './define.ts';
import { answered, listed } from './present.ts';
import { STATUSES, statusOf, statusesBehind, typeOf, urgencyOf } from './words.ts';
import type { Status } from './words.ts';

export type Listed = Given<
  never,
  'status' | 'type' | 'priority' | 'labels' | 'assignee' | 'parent_id' | 'limit' | 'include_archived'
>;
type Call = Asking['call'];

const USUAL_LIMIT = 50;
/** Of each column of the board. */
const COLUMN_LIMIT = 20;

export function createLists({ listing, prioritised }: Services) {
  const keep =
    ({ status, type, labels = [], include_archived }: Listed) =>
    (row: TaskRow): boolean =>
      (status === undefined || statusOf(row.status, row.labels) === status) &&
      (type === undefined || typeOf(row.type ?? '') === type) &&
      labels.every((label) => row.labels.includes(label)) &&
      (include_archived === true || !row.archived);

  const filterOf = ({ status, priority, labels, assignee, parent_id }: Listed): Filter => ({
    ...(status !== undefined && { statuses: statusesBehind(status) }),
    ...(priority !== undefined && priority !== 'l' && { priority: urgencyOf(priority) }),
    ...(labels?.[0] !== undefined && { label: labels[0] }),
    ...(assignee && { whose: assignee }),
    ...(parent_id !== undefined && { parent: bareId(parent_id) }),
  });

  const list = async (given: Listed, { principal }: Call, atMost = given.limit ?? USUAL_LIMIT) => {
    const isOfPriority = ({ priority }: TaskRow) =>
      given.priority === undefined || Math.min(priority, 4) === urgencyOf(given.priority);
    const isWanted = keep(given);
    const isListed = (row: TaskRow) => isOfPriority(row) && isWanted(row);
    return (await prioritised(principal, filterOf(given), atMost, isListed)).rows;
  };

  /** What ended last stands first. */
  async function closed(given: Listed, { principal }: Call): Promise<TaskRow[]> {
    const { items } = await listing.tasks(principal, { ...filterOf(given), limit: LARGEST_PAGE });
    return items.filter(keep(given)).slice(0, given.limit ?? COLUMN_LIMIT);
  }

  return {
    backlog: async ({ limit }: Pick<Listed, 'limit'>, { call }: Asking): Promise<CallToolResult> => {
      const { principal } = call;
      const filter = { status: 'queued', openTo: principal.id } as const;
      const { rows } = await prioritised(principal, filter, limit ?? USUAL_LIMIT);
      return answered(rows.map(listed));
    },

    list: async (given: Listed, { call }: Asking): Promise<CallToolResult> =>
      answered((await list(given, call)).map(listed)),

    board: async (given: Listed, { call }: Asking): Promise<CallToolResult> => {
      const columns = (Object.keys(STATUSES) as Status[]).map(async (status) => {
        const of = { ...given, status };
        const isClosed = status === 'dn' || status === 'cl';
        const rows = await (isClosed ? closed(of, call) : list(of, call, given.limit ?? COLUMN_LIMIT));
        return [status, rows.map(listed)] as const;
      });
      return answered(shape('BOARD', Object.fromEntries(await Promise.all(columns))));
    },

    search: async (
      { query, limit, include_archived }: Given<'query', 'limit' | 'include_archived'>,
      { call: { principal } }: Asking,
    ): Promise<CallToolResult> => {
      if (wordsOf(query) === '') throw invalidRequest([{ pointer: 'query', detail: 'must have a word' }]);
      const { items } = await listing.tasks(principal, { text: query, limit: LARGEST_PAGE });
      const found = items.filter(keep({ include_archived })).slice(0, limit ?? USUAL_LIMIT);
      return answered(found.map(listed));
    },
  };
}
