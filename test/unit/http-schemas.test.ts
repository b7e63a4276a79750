/** What the API lets through, the workflow must be able to read: both check, each with its own means. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CreateTask } from '../../api/schemas/create-task.ts';
import { queryOf } from '../../api/services/listing.ts';
import { EditTask, ListTasks, MarkComplete, MarkFailed, ReportProgress } from '../../api/schemas/requests.ts';
import { Definition, Edit } from '../../workflows/definition.ts';
import { LIMITS, RANGES } from '../../workflows/limits.ts';
import { MESSAGES } from '../../workflows/messages.ts';
import { parse } from '../../workflows/parse.ts';
import type { Parser } from '../../workflows/parse.ts';

const envelope = { messageId: 'm', actor: { id: 'alice', role: 'agent' }, runId: 'r' };

const text = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.constantFrom('', 'x'.repeat(401), 'é'.repeat(100), '\ud800', 'a\0'),
);
const integer = ([min, max]: readonly [number, number]) =>
  fc.constantFrom(min - 1, min, max, max + 1, 1.5, Number.NaN);
const maybe = <T>(value: fc.Arbitrary<T>) =>
  fc.option(fc.oneof({ weight: 9, arbitrary: value }, fc.constantFrom(null, [], {}) as never), {
    nil: undefined,
    freq: 2,
  });

const Definitions = fc.record({
  title: text,
  description: maybe(text),
  priority: maybe(integer(RANGES.priority)),
  labels: maybe(fc.array(text, { maxLength: LIMITS.labels + 1 })),
  assignee: maybe(text),
  payload: maybe(fc.json().map((json) => JSON.parse(json))),
  deadline: maybe(fc.constantFrom('2999-01-01T00:00:00Z', '2999-01-01T00:00:00+02:00', '2999-01-01', 'soon')),
  lease: maybe(fc.record({ seconds: integer(RANGES.leaseSeconds) })),
  maxAttempts: maybe(integer(RANGES.maxAttempts)),
  budget: maybe(fc.record({ usd: fc.double(), tokens: integer(RANGES.tokens) })),
  review: maybe(
    fc.record({
      policy: fc.constantFrom('required', 'none', 'other'),
      reviewers: maybe(fc.array(text)),
      quorum: maybe(fc.nat(5)),
    }),
  ),
  context: maybe(fc.array(fc.record({ path: text, text: maybe(text), url: maybe(fc.webUrl()) }))),
});

/** Why the workflow can't read what the API took; undefined when it can, or when the API took it not. */
function faultOf(
  checked: { success: boolean; data?: unknown },
  parser: Parser<unknown>,
  also: object = {},
): string | undefined {
  if (!checked.success) return undefined;
  const parsed = parse(parser, JSON.parse(JSON.stringify({ ...also, ...(checked.data as object) })));
  return parsed.ok ? undefined : parsed.fault;
}

test('a task that the API takes is one that the workflow can read', () => {
  fc.assert(
    fc.property(Definitions, (body) => {
      expect(faultOf(CreateTask.safeParse(body), Definition)).toBeUndefined();
    }),
  );
});

test('an edit that the API takes is one that the workflow can read', () => {
  const edits = Definitions.map(({ context: _context, ...edit }) => edit);
  fc.assert(
    fc.property(edits, (edit) => {
      expect(faultOf(EditTask.safeParse(edit), Edit)).toBeUndefined();
    }),
  );
});

test.each([
  [
    'progress',
    ReportProgress,
    MESSAGES.report_progress,
    fc.record({ note: maybe(text), percent: maybe(fc.double()) }),
  ],
  ['a result', MarkComplete, MESSAGES.mark_complete, fc.record({ output: fc.jsonValue(), reasoning: text })],
  [
    'a failure',
    MarkFailed,
    MESSAGES.mark_failed,
    fc.record({ reasonCode: fc.constantFrom('other', 'crashed'), blocker: maybe(text) }),
  ],
] as const)('%s that the API takes is one that the workflow can read', (_name, schema, parser, bodies) => {
  fc.assert(
    fc.property(bodies as fc.Arbitrary<object>, (body) => {
      expect(faultOf(schema.safeParse(body), parser as Parser<unknown>, envelope)).toBeUndefined();
    }),
  );
});

test('no filter value gets out of its quotes in a list query', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (value) => {
      const filter = ListTasks.safeParse({ project: value, text: value });
      if (!filter.success) return;
      const query = queryOf('acme', filter.data);
      const outside = query.replace(/'(?:[^'\\]|\\.)*'/g, '?');
      expect(outside).toBe(queryOf('acme', { project: 'x', text: 'x' }).replace(/'[^']*'/g, '?'));
    }),
  );
});
