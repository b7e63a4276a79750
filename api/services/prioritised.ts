/**
 * Lists of work by how urgent it is, the oldest first among equals. Temporal does not sort, so each priority is asked
 * for by itself, up to as many tasks as it answers at once.
 */
import { RANGES } from '../../workflows/limits.ts';
import type { Principal } from '../auth.ts';
import type { Filter, Listing, TaskRow } from './listing.ts';

const LARGEST_PAGE = 1_000;

export function createPrioritised({ tasks }: Pick<Listing, 'tasks'>) {
  /** The first `atMost` of the tasks that the filter finds and `keep` keeps. */
  return async function prioritised(
    principal: Principal,
    filter: Filter,
    atMost: number,
    keep: (row: TaskRow) => boolean = () => true,
  ): Promise<TaskRow[]> {
    const found: TaskRow[] = [];
    const [first, last] =
      filter.priority === undefined ? RANGES.priority : [filter.priority, filter.priority];
    for (let priority: number = first; priority <= last && found.length < atMost; priority += 1) {
      const { items } = await tasks(principal, { ...filter, priority, limit: LARGEST_PAGE });
      found.push(...items.filter(keep).sort(byAge));
    }
    return found.slice(0, atMost);
  };
}

/** Ids begin with the time at which they were made. */
const byAge = (a: TaskRow, b: TaskRow): number =>
  a.createdAt === b.createdAt ? (a.id < b.id ? -1 : 1) : a.createdAt < b.createdAt ? -1 : 1;
