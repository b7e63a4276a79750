/**
 * Small parsers for what reaches a workflow: start input and messages, which any Temporal client may send. Pure and
 * free of dependencies, since a validation library in the workflow bundle costs memory in every worker. A parser
 * returns the checked value or throws a `ParseFault` naming the place; `parse` turns that into a result.
 */
import { LIMITS } from './limits.ts';

export type Parser<T> = (value: unknown, at: string) => T;
export type Infer<P> = P extends Parser<infer T> ? T : never;

/** A value is not what its parser wants; the message starts with the place. */
export class ParseFault extends Error {}

const fail = (at: string, expected: string): never => {
  throw new ParseFault(`${at} ${expected}`);
};

/** The length of a string in UTF-8, in bytes; limits are in bytes because that is what Temporal stores. */
export const byteLength = (value: string): number => new TextEncoder().encode(value).length;

/** A string of `min` to `max` bytes, and one that every part of Temporal and its databases can store. */
export const text =
  (max: number, min = 0): Parser<string> =>
  (value, at) => {
    if (typeof value !== 'string') return fail(at, 'must be a string');
    // A string has at most as many UTF-16 units as bytes, so most long ones are refused without encoding them.
    if (value.length > max || byteLength(value) > max) return fail(at, `must be at most ${max} bytes`);
    if (value.length < min) return fail(at, 'must not be empty');
    if (value.includes('\0') || !value.isWellFormed()) return fail(at, 'must be well-formed and without NUL');
    return value;
  };

export const number =
  (min: number, max: number): Parser<number> =>
  (value, at) =>
    typeof value === 'number' && value >= min && value <= max
      ? value
      : fail(at, `must be a number from ${min} to ${max}`);

export const integer =
  (min: number, max: number): Parser<number> =>
  (value, at) =>
    Number.isInteger(number(min, max)(value, at)) ? (value as number) : fail(at, 'must be a whole number');

export const boolean: Parser<boolean> = (value, at) =>
  typeof value === 'boolean' ? value : fail(at, 'must be true or false');

const ISO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)$/;
const YEAR_ONE = Date.parse('0001-01-01T00:00:00Z');
const YEAR_9999 = Date.parse('9999-12-31T23:59:59Z');

/** An ISO 8601 time with its offset and a year of four digits in UTC, kept as the string it was. */
export const time: Parser<string> = (value, at) => {
  const parsed = typeof value === 'string' && ISO_TIME.test(value) ? Date.parse(value) : NaN;
  return parsed >= YEAR_ONE && parsed <= YEAR_9999 ? (value as string) : fail(at, 'must be an ISO 8601 time');
};

export const oneOf =
  <const T extends string>(...values: readonly T[]): Parser<T> =>
  (value, at) =>
    values.includes(value as T) ? (value as T) : fail(at, `must be one of ${values.join(', ')}`);

/** Whether a JSON value has lists or objects in more than `levels` levels. */
export const isNestedDeeper = (value: unknown, levels: number): boolean =>
  typeof value === 'object' &&
  value !== null &&
  (levels === 0 || Object.values(value).some((each) => isNestedDeeper(each, levels - 1)));

/** Any JSON value of at most `max` bytes once serialised. */
export const json =
  (max: number): Parser<unknown> =>
  (value, at) => {
    if (value === undefined) return fail(at, 'is missing');
    if (isNestedDeeper(value, LIMITS.jsonLevels))
      return fail(at, `must be nested at most ${LIMITS.jsonLevels} levels deep`);
    return byteLength(JSON.stringify(value)) <= max
      ? value
      : fail(at, `must be at most ${max} bytes as JSON`);
  };

export const list =
  <T>(item: Parser<T>, max: number, min = 0): Parser<T[]> =>
  (value, at) => {
    if (!Array.isArray(value)) return fail(at, 'must be a list');
    if (value.length > max) return fail(at, `must have at most ${max} items`);
    if (value.length < min) return fail(at, `must have at least ${min} item`);
    return value.map((each, i) => item(each, `${at}/${i}`));
  };

export const optional =
  <T>(parser: Parser<T>): Parser<T | undefined> =>
  (value, at) =>
    value === undefined ? undefined : parser(value, at);

/** `null` means "clear this" in an edit. */
export const nullable =
  <T>(parser: Parser<T>): Parser<T | null> =>
  (value, at) =>
    value === null ? null : parser(value, at);

type Shape = Record<string, Parser<unknown>>;
type OptionalKeys<S extends Shape> = { [K in keyof S]: undefined extends Infer<S[K]> ? K : never }[keyof S];
type Fields<S extends Shape> = { [K in Exclude<keyof S, OptionalKeys<S>>]: Infer<S[K]> } & {
  [K in OptionalKeys<S>]?: Infer<S[K]>;
};

/** An object with these fields; others are dropped, so that a newer API can talk to an older worker. */
export const object =
  <S extends Shape>(shape: S): Parser<Fields<S>> =>
  (value, at) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      return fail(at, 'must be an object');
    const given = value as Record<string, unknown>;
    const parsed: Record<string, unknown> = {};
    for (const [key, parser] of Object.entries(shape)) {
      const field = parser(Object.hasOwn(given, key) ? given[key] : undefined, `${at}/${key}`);
      if (field !== undefined) parsed[key] = field;
    }
    return parsed as Fields<S>;
  };

export type Parsed<T> = { ok: true; value: T } | { ok: false; fault: string };

/** Checks `value`. Never throws, whatever it is given. */
export function parse<T>(parser: Parser<T>, value: unknown): Parsed<T> {
  try {
    return { ok: true, value: parser(value, '') };
  } catch (error) {
    return { ok: false, fault: error instanceof ParseFault ? error.message.trim() : 'can not be read' };
  }
}
