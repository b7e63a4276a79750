/**
 * Lists of tasks by how urgent they are, the oldest first among equals. Temporal does not sort: what fits one answer is
 * sorted here, and of more than that each priority is asked for by itself.
 */
import { RANGES } from '../../workflows/limits.ts';
import type { Principal } from '../auth.ts';
import { LARGEST_PAGE } from './listing.ts';
import type { Filter, Listing, TaskRow } from './listing.ts';

export function createPrioritised({ tasks }: Pick<Listing, 'tasks'>) {
  /** The first `atMost` of the tasks that the filter finds and `keep` keeps, and whether it finds more than can be seen. */
  return async function prioritised(
    principal: Principal,
    filter: Filter,
    atMost = LARGEST_PAGE,
    keep: (row: TaskRow) => boolean = () => true,
  ): Promise<{ rows: TaskRow[]; truncated: boolean }> {
    const list = async (also: Filter = {}) => {
      const { items, next } = await tasks(principal, { ...filter, ...also, limit: LARGEST_PAGE });
      return { rows: items.filter(keep).sort(byUrgency), truncated: next !== null };
    };
    const all = await list();
    if (!all.truncated || filter.priority !== undefined) return { ...all, rows: all.rows.slice(0, atMost) };
    const rows: TaskRow[] = [];
    const [first, last] = RANGES.priority;
    for (let priority: number = first; priority <= last && rows.length < atMost; priority += 1) {
      rows.push(...(await list({ priority })).rows);
    }
    return { rows: rows.slice(0, atMost), truncated: true };
  };
}

const byUrgency = (a: TaskRow, b: TaskRow): number =>
  a.priority - b.priority || Date.parse(a.createdAt) - Date.parse(b.createdAt) || (a.id < b.id ? -1 : 1);
