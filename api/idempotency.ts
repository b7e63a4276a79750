/** From an `Idempotency-Key` to ids that come out the same when the same request comes again. */
import { createHash, randomUUID } from 'node:crypto';
import { Problem } from './problems.ts';

/** The key of a request: a structured-field string, whose quotes may be missing. Throws `invalid_idempotency_key`. */
export function parseIdempotencyKey(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  const key = /^"(.*)"$/.exec(header)?.[1] ?? header;
  if (!/^[\x20-\x7e]{1,200}$/.test(key) || key.trim() === '') throw new Problem('invalid_idempotency_key');
  return key;
}

/** JSON whose objects have their keys in order, so that equal content gives equal text. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, each: unknown) =>
    each && typeof each === 'object' && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1)))
      : each,
  );
}

const digest = (parts: unknown[]) => createHash('sha256').update(canonical(parts)).digest();

/** A short fingerprint of some content. */
export const fingerprint = (...parts: unknown[]): string => digest(parts).toString('base64url').slice(0, 22);

/** How a request of another protocol is known again under its key, whatever it comes to mean: by who sent it, and what. */
export function knownBy(key: string | undefined, subject: string, ...said: unknown[]) {
  if (key === undefined) return {};
  return { key, messageId: messageIdFor(subject, key), said: fingerprint(...said) };
}

/** A UUID (version 8) that is the same for the same parts. */
export function uuidFrom(...parts: unknown[]): string {
  const bytes = digest(parts).subarray(0, 16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x80;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

/** The id of a message: of this subject's key if it sent one, else one of its own. */
export const messageIdFor = (subject: string, key: string | undefined): string =>
  key === undefined ? randomUUID() : uuidFrom('message', subject, key);
