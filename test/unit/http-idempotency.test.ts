import { expect, test } from 'vitest';
import { fingerprint, messageIdFor, parseIdempotencyKey, uuidFrom } from '../../api/idempotency.ts';
import { Problem } from '../../api/problems.ts';

test('quotes around a key are no part of it', () => {
  expect(parseIdempotencyKey('"a b"')).toBe('a b');
  expect(parseIdempotencyKey('a b')).toBe('a b');
  expect(parseIdempotencyKey(undefined)).toBeUndefined();
});

test.each(['', '""', ' ', 'x'.repeat(201), 'é', 'a\tb'])('%j is no key', (header) => {
  expect(() => parseIdempotencyKey(header)).toThrow(Problem);
});

test('the same content has the same fingerprint, in whatever order its fields come', () => {
  expect(fingerprint({ a: 1, b: { c: [1, 2], d: null } })).toBe(
    fingerprint({ b: { d: null, c: [1, 2] }, a: 1 }),
  );
});

test.each([
  [{ a: [1, 2] }, { a: [2, 1] }],
  [{ a: 1 }, { a: '1' }],
  [{ a: null }, {}],
  [{ a: {} }, { a: [] }],
  [
    ['ab', 'c'],
    ['a', 'bc'],
  ],
])('%j and %j have different fingerprints', (one, other) => {
  expect(fingerprint(one)).not.toBe(fingerprint(other));
});

test('an id made from parts is a UUID of version 8, the same for the same parts only', () => {
  const id = uuidFrom('task', 'acme', 'alice', 'k');
  expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(uuidFrom('task', 'acme', 'alice', 'k')).toBe(id);
  expect(uuidFrom('task', 'acme', 'alic', 'ek')).not.toBe(id);
});

test('a message without a key has an id of its own each time', () => {
  expect(messageIdFor('alice', undefined)).not.toBe(messageIdFor('alice', undefined));
  expect(messageIdFor('alice', 'k')).toBe(messageIdFor('alice', 'k'));
  expect(messageIdFor('alice', 'k')).not.toBe(messageIdFor('bob', 'k'));
});
