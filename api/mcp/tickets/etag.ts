/**
 * The etag of a ticket is the time of its last change, `ua`. Its digits below the millisecond are the version, so that
 * no two changes share one; for its users it is a time, or just a word to send back.
 */
import { isSettled } from '../../../workflows/task-record.ts';
import { Problem } from '../../problems.ts';
import type { Seen } from '../../services/last-seen.ts';

const DIGITS = 6;

export const uaOf = ({ updatedAt, version }: Pick<Seen, 'updatedAt' | 'version'>): string =>
  updatedAt.replace(/Z$/, `${String(version).padStart(DIGITS, '0')}Z`);

/**
 * The version that the sender of this etag knows. Throws `stale_version` for the etag of another state than the present
 * one; of a ticket that is closed for good none is stale, for there is nothing to retry.
 */
export function versionBy(etag: string | undefined, task: Seen): number | undefined {
  if (etag === undefined || etag === uaOf(task) || isSettled(task, new Date().toISOString()))
    return etag === undefined ? undefined : task.version;
  throw new Problem('stale_version', { version: task.version });
}
