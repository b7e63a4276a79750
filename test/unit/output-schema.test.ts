/** Outputs against the JSON Schema of their task. */
import { describe, expect, it } from 'vitest';
import { Problem } from '../../api/problems.ts';
import { assertFits, assertUsableSchema } from '../../api/services/output-schema.ts';

const problemOf = (act: () => void): Problem => {
  try {
    act();
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
  throw new Error('It was not refused.');
};

describe('an output schema', () => {
  it.each([
    ['of an unknown type', { type: 'nope' }],
    ['that refers to somewhere else', { $ref: 'http://elsewhere.example/schema' }],
    ['whose pattern only a backtracking engine could match', { type: 'string', pattern: '(?=a)b' }],
  ])('%s is refused when the task is created', (_what, schema) => {
    const { type, details } = problemOf(() => assertUsableSchema(schema, '/outputSchema'));
    expect(type).toBe('invalid_request');
    expect(details.errors?.[0]?.pointer).toBe('/outputSchema');
  });

  it('points at each mistake of an output', () => {
    const schema = {
      type: 'object',
      required: ['name'],
      properties: { sizes: { type: 'array', items: { type: 'integer' } } },
      additionalProperties: false,
    };
    const { type, details } = problemOf(() => assertFits(schema, { sizes: [1, 'two'], extra: true }));
    expect(type).toBe('output_invalid');
    expect(details.errors?.map(({ pointer }) => pointer).sort()).toEqual([
      '/output',
      '/output',
      '/output/sizes/1',
    ]);
  });

  it('keeps patterns apart', () => {
    const schema = { type: 'object', properties: { a: { pattern: '^a+$' }, b: { pattern: '^b+$' } } };
    expect(() => assertFits(schema, { a: 'aa', b: 'bb' })).not.toThrow();
    expect(problemOf(() => assertFits(schema, { a: 'bb', b: 'aa' })).details.errors).toHaveLength(2);
  });

  it('is no way to stop the process: a pattern that would backtrack for ages is answered', () => {
    const schema = { type: 'string', pattern: '^(a+)+$' };
    expect(problemOf(() => assertFits(schema, `${'a'.repeat(5_000)}!`)).type).toBe('output_invalid');
  });
});
