import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Definition } from '../../workflows/definition.ts';
import { LIMITS } from '../../workflows/limits.ts';
import { MESSAGES } from '../../workflows/messages.ts';
import type { Message, MessageName } from '../../workflows/messages.ts';
import { parse } from '../../workflows/parse.ts';
import { receive } from '../../workflows/receive.ts';
import { STATUSES } from '../../workflows/task-state.ts';
import { TaskInput, newTask } from '../../workflows/task-record.ts';
import { REQUIRED, aTaskThatIs, ada, at } from '../support/task-fixture.ts';

const NAMES = Object.keys(MESSAGES) as MessageName[];
/** A refusal starts with the place, such as `/edit/labels/3`, or speaks of the whole. */
const NAMES_THE_PLACE = /^(\/[A-Za-z]+(\/[A-Za-z0-9]+)*|must be an object)/;

const moment = { now: at(0), mintId: () => 'minted' };
const tasks = STATUSES.map((status) => aTaskThatIs(status, { settleSeconds: 60 }).task);

const FULL = {
  messageId: 'm',
  actor: ada,
  runId: 'r',
  ifVersion: 1,
  comment: 'hi',
  contentHash: 'h',
  edit: { title: 'T', labels: ['a'], review: { policy: 'required', reviewers: ['rita'] } },
  memoryPromotions: [{ scope: 's', text: 't' }],
  tried: [{ what: 'w', whyFailed: 'y' }],
};
const valid = (name: MessageName): object => ({ ...FULL, ...REQUIRED[name] });

/** `value` with one of its parts, however deep, replaced. */
function replaced(value: unknown, pick: number, by: unknown): unknown {
  if (typeof value !== 'object' || value === null) return by;
  const keys = Object.keys(value);
  if (keys.length === 0) return by;
  const key = keys[pick % keys.length]!;
  const part = replaced((value as Record<string, unknown>)[key], Math.floor(pick / keys.length), by);
  return Array.isArray(value) ? value.with(Number(key), part) : { ...value, [key]: part };
}

const anything = fc.oneof(fc.anything({ withNullPrototype: true }), fc.jsonValue());

describe.each(NAMES)('whatever arrives as %s', (name) => {
  const takesOrRefuses = (args: unknown) => {
    const parsed = parse<object>(MESSAGES[name], args);
    if (parsed.ok) for (const task of tasks) receive(task, { name, ...parsed.value } as Message, moment);
    else expect(parsed.fault).toMatch(NAMES_THE_PLACE);
  };

  test('is refused with the place that is wrong, or can be handled', () => {
    expect(() => fc.assert(fc.property(anything, takesOrRefuses), { numRuns: 100 })).not.toThrow();
  });

  test('even when it is almost right', () => {
    const almost = fc
      .tuple(fc.nat(), anything)
      .map(([pick, by]) => (by === undefined ? {} : replaced(valid(name), pick, by)));
    expect(() => fc.assert(fc.property(almost, takesOrRefuses), { numRuns: 200 })).not.toThrow();
  });

  test('is taken when it is right, without the fields that nobody knows', () => {
    const parsed = parse<object>(MESSAGES[name], { ...valid(name), surprise: true });
    expect(parsed).toMatchObject({ ok: true, value: REQUIRED[name] });
    expect(parsed).not.toHaveProperty('value.surprise');
  });
});

test('whatever a task is started with is refused with the place that is wrong, or starts a task', () => {
  const input = {
    definition: { title: 'T', labels: ['a'], budget: { usd: 1 } },
    company: 'acme',
    createdBy: ada,
  };
  const starts = (value: unknown) => {
    const parsed = parse(TaskInput, value);
    if (parsed.ok) expect(newTask('task-1', parsed.value, at(0)).status).toBe('queued');
    else expect(parsed.fault).toMatch(NAMES_THE_PLACE);
  };
  expect(() => fc.assert(fc.property(anything, starts), { numRuns: 200 })).not.toThrow();
  const almost = fc.tuple(fc.nat(), anything).map(([pick, by]) => replaced(input, pick, by));
  expect(() => fc.assert(fc.property(almost, starts), { numRuns: 500 })).not.toThrow();
});

describe('a definition', () => {
  const faultOf = (definition: object) => {
    const parsed = parse(Definition, { title: 'T', ...definition });
    return parsed.ok ? undefined : parsed.fault;
  };

  test.each([
    ['an empty title', { title: '' }, '/title must not be empty'],
    ['a title of too many bytes', { title: '豆'.repeat(134) }, '/title must be at most 400 bytes'],
    ['a priority off the scale', { priority: 6 }, '/priority must be a number from 1 to 5'],
    ['half a priority', { priority: 2.5 }, '/priority must be a whole number'],
    ['not a number', { budget: { usd: NaN } }, '/budget/usd must be a number'],
    ['a lease below 5 s', { lease: { seconds: 4 } }, '/lease/seconds must be a number from 5'],
    ['an unknown policy', { review: { policy: 'maybe' } }, '/review/policy must be one of required, none'],
    ['a time without an offset', { deadline: '2030-01-01T00:00:00' }, '/deadline must be an ISO 8601 time'],
    ['a day that does not exist', { deadline: '2030-13-01T00:00:00Z' }, '/deadline must be an ISO 8601 time'],
    ['the wrong label', { labels: ['a', 7] }, '/labels/1 must be a string'],
    ['too many labels', { labels: Array(21).fill('a') }, '/labels must have at most 20 items'],
    ['NUL', { description: 'a\0b' }, '/description must be well-formed'],
    ['half a surrogate pair', { assignee: '\ud83e' }, '/assignee must be well-formed'],
    ['a payload that is too large', { payload: 'p'.repeat(LIMITS.payloadBytes) }, '/payload must be at most'],
    [
      'a quorum that can not be reached',
      { review: { policy: 'required', reviewers: ['rita', 'rita'], quorum: 2 } },
      '/review/quorum must not exceed the number of reviewers',
    ],
  ])('with %s is refused, and the fault says where', (_what, definition, fault) => {
    expect(faultOf(definition)).toContain(fault);
  });

  test('as a whole leaves room for the work on it', () => {
    const item = { path: 'a', text: 'x'.repeat(LIMITS.contextBytes) };
    expect(faultOf({ context: [item, item] })).toBeUndefined();
    expect(faultOf({ context: [item, item, item] })).toMatch('leaves no room');
  });

  test.each(['2030-01-01T00:00Z', '2030-01-01T00:00:00.123Z', '2030-01-01T00:00:00+02:00'])(
    'may have the deadline %s',
    (deadline) => {
      expect(faultOf({ deadline })).toBeUndefined();
    },
  );
});
