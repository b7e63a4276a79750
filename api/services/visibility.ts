/** Asks Temporal's visibility: how values stand in a query, how a page goes on, how what comes back is read. */
import { createHash } from 'node:crypto';
import { defaultPayloadConverter } from '@temporalio/common';
import type { temporal } from '@temporalio/proto';
import { invalidRequest } from '../problems.ts';
import type { Problem } from '../problems.ts';
import type { Engine } from './engine.ts';

export type Info = temporal.api.workflow.v1.IWorkflowExecutionInfo;

export const quoted = (value: string) => `'${value.replace(/\\/g, '\\\\').replace(/'/g, "\\'")}'`;

export const read = <T>(payload: { data?: Uint8Array | null } | null | undefined): T | undefined =>
  payload ? defaultPayloadConverter.fromPayload<T>(payload) : undefined;

export const isoTime = (time: { seconds?: unknown } | null | undefined): string | undefined =>
  time ? new Date(Number(time.seconds) * 1000).toISOString() : undefined;

/** Marks a cursor as one for this filter, and as it was given. */
const markOf = (query: string, token: string) =>
  createHash('sha256')
    .update(JSON.stringify([query, token]))
    .digest('base64url')
    .slice(0, 12);

function cursorOf(query: string, nextPageToken: Uint8Array): string {
  const token = Buffer.from(nextPageToken).toString('base64url');
  return `${markOf(query, token)}.${token}`;
}

function tokenOf(cursor: string | undefined, query: string): Uint8Array {
  if (cursor === undefined) return new Uint8Array();
  const [mark, token, ...rest] = cursor.split('.');
  if (!token || mark !== markOf(query, token) || rest.length > 0) throw invalidCursor();
  return Buffer.from(token, 'base64url');
}

export const invalidCursor = (): Problem =>
  invalidRequest([
    { pointer: 'cursor', detail: 'is none that this list gave, or belongs to another filter' },
  ]);

/** One page of what a query finds. Throws `invalid_request` when the cursor is none of this query's. */
export async function pageOf(
  engine: Pick<Engine, 'list'>,
  query: string,
  limit: number,
  cursor: string | undefined,
): Promise<{ items: Info[]; next: string | null }> {
  const { executions, nextPageToken } = await engine.list(query, limit, tokenOf(cursor, query));
  const next = nextPageToken && nextPageToken.length > 0 ? cursorOf(query, nextPageToken) : null;
  return { items: executions ?? [], next };
}
