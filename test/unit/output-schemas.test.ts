/** Outputs against the JSON Schema of their task. */
import { describe, expect, it } from 'vitest';
import { Problem } from '../../api/problems.ts';
import { createOutputSchemas } from '../../api/services/output-schemas.ts';

const { mustBeUsable, mustFit } = createOutputSchemas();
const alice = { id: 'alice', role: 'agent', company: 'acme' } as const;
const bob = { ...alice, id: 'bob' };

async function problemOf(act: Promise<void>): Promise<Problem> {
  const error = await act.then(
    () => new Error('It was not refused.'),
    (reason: unknown) => reason,
  );
  if (error instanceof Problem) return error;
  throw error;
}
const fit = (schema: object, output: unknown) => mustFit(alice, JSON.stringify(schema), output);

/** What this schema says of the output 1 takes twice as long to find out with each level. */
function exponential(levels: number): object {
  const $defs: Record<string, object> = { [`level${levels}`]: { type: 'string' } };
  for (let i = 0; i < levels; i += 1) {
    const next = { $ref: `#/$defs/level${i + 1}` };
    $defs[`level${i}`] = { anyOf: [next, next] };
  }
  return { $ref: '#/$defs/level0', $defs };
}

describe('an output schema', () => {
  it.each([
    ['of an unknown type', { type: 'nope' }],
    ['that refers to somewhere else', { $ref: 'http://elsewhere.example/schema' }],
    ['whose pattern only a backtracking engine could match', { type: 'string', pattern: '(?=a)b' }],
  ])('%s is refused when the task is created', async (_what, schema) => {
    const placed = [
      { pointer: '/outputSchema', schema: {} },
      { pointer: '/children/0/outputSchema', schema },
    ];
    const { type, details } = await problemOf(mustBeUsable(alice, placed));
    expect(type).toBe('invalid_request');
    expect(details.errors?.[0]?.pointer).toBe('/children/0/outputSchema');
  });

  it('points at each mistake of an output', async () => {
    const schema = {
      type: 'object',
      required: ['name'],
      properties: { sizes: { type: 'array', items: { type: 'integer' } } },
      additionalProperties: false,
    };
    const { type, details } = await problemOf(fit(schema, { sizes: [1, 'two'], extra: true }));
    expect(type).toBe('output_invalid');
    expect(details.errors?.map(({ pointer }) => pointer).sort()).toEqual([
      '/output',
      '/output',
      '/output/sizes/1',
    ]);
  });

  it('keeps patterns apart', async () => {
    const schema = { type: 'object', properties: { a: { pattern: '^a+$' }, b: { pattern: '^b+$' } } };
    await expect(fit(schema, { a: 'aa', b: 'bb' })).resolves.toBeUndefined();
    expect((await problemOf(fit(schema, { a: 'bb', b: 'aa' }))).details.errors).toHaveLength(2);
  });

  it('whose pattern would backtrack for ages is answered', async () => {
    const schema = { type: 'string', pattern: '^(a+)+$' };
    expect((await problemOf(fit(schema, `${'a'.repeat(5_000)}!`))).type).toBe('output_invalid');
  });

  it('that refers to nothing but itself is no internal error', async () => {
    const { type, details } = await problemOf(fit({ $ref: '#' }, 1));
    expect({ type, ...details }).toMatchObject({ type: 'output_invalid', detail: /can not be checked/ });
  });
});

describe('a check that takes ages', () => {
  const many = Array.from({ length: 20_000 }, (_, i) => ({ i }));

  it.each([
    ['for its schema', exponential(40), 1],
    ['for schema and output', { uniqueItems: true }, many],
  ])('%s is given up, and stops nobody', async (_why, schema, output) => {
    const impatient = createOutputSchemas({ limitMs: 1_500 });
    let turns = 0;
    const others = setInterval(() => (turns += 1), 20);
    const { type, details } = await problemOf(impatient.mustFit(alice, JSON.stringify(schema), output));
    clearInterval(others);
    expect({ type, ...details }).toMatchObject({ type: 'output_invalid', retryable: true, hint: /simpler/ });
    expect(turns, 'the process went on meanwhile').toBeGreaterThan(5);
    await expect(impatient.mustFit(alice, '{"type":"integer"}', 1)).resolves.toBeUndefined();
  });

  it('makes its own caller wait, and nobody else for more than one', async () => {
    const impatient = createOutputSchemas({ limitMs: 1_500 });
    const slow = JSON.stringify(exponential(40));
    const ended: string[] = [];
    const note = (who: string) => () => void ended.push(who);
    const checks = [1, 2, 3].map(() => impatient.mustFit(alice, slow, 1).catch(note('alice')));
    checks.push(impatient.mustFit(bob, '{}', 1).then(note('bob')));
    await Promise.all(checks);
    expect(ended).toEqual(['alice', 'bob', 'alice', 'alice']);
  });

  it('is given up when a task is created, too', async () => {
    const impatient = createOutputSchemas({ limitMs: 1 });
    const placed = [{ pointer: '/outputSchema', schema: exponential(200) }];
    const { type, details } = await problemOf(impatient.mustBeUsable(alice, placed));
    expect({ type, ...details }).toMatchObject({
      type: 'invalid_request',
      errors: [{ pointer: '/outputSchema', detail: /too costly/ }],
    });
  });

  it('can not be ordered without end', async () => {
    const checks = Array.from({ length: 25 }, () => fit({}, 1));
    const refused = (await Promise.allSettled(checks)).filter(({ status }) => status === 'rejected');
    expect(refused).toHaveLength(5);
    expect(refused[0]).toMatchObject({ reason: { type: 'rate_limited', details: { retryable: true } } });
    await expect(fit({}, 1)).resolves.toBeUndefined();
  });
});
