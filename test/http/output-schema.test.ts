/** A task may say what its output must look like: an unusable schema is refused, and so is an output that does not fit. */
import { expect, test } from 'vitest';
import { useApi } from '../support/api-under-test.ts';
import { eventually } from '../support/caller.ts';

const api = useApi();

const outputSchema = {
  type: 'object',
  required: ['beans'],
  additionalProperties: false,
  properties: {
    beans: { type: 'integer', minimum: 0 },
    'by/colour': { type: 'array', items: { enum: ['green', 'white'] } },
    at: { type: 'string', format: 'date-time' },
  },
};

test('an output that fits is taken', async () => {
  const { id } = await api.olga.create({ outputSchema });
  const run = await api.alice.claim(id);
  const output = { beans: 7, 'by/colour': ['green'], at: '2026-01-01T00:00:00Z' };
  expect((await run.complete({ output })).body).toMatchObject({ status: 'review', submission: { output } });
});

test('an output that does not fit is refused with a pointer to each mistake, and the run goes on', async () => {
  const { id } = await api.olga.create({ outputSchema });
  const run = await api.alice.claim(id);
  const { status, body } = await run.complete({
    output: { beans: -1, 'by/colour': ['red'], at: 'noon', more: 1 },
  });
  expect({ status, ...body }).toMatchObject({
    status: 422,
    type: '/problems/output_invalid',
    retryable: true,
  });
  expect(body.errors.map(({ pointer }: { pointer: string }) => pointer).toSorted()).toEqual([
    '/output',
    '/output/at',
    '/output/beans',
    '/output/by~1colour/0',
  ]);
  expect(body.detail).toBe(`${body.errors[0].pointer}: ${body.errors[0].detail}`);
  expect(await api.olga.read(id)).toMatchObject({ status: 'assigned', submission: null });
  expect((await run.complete({ output: { beans: 7 } })).status).toBe(200);
});

test('who may hand in at all is told first, whatever the output looks like', async () => {
  const { id } = await api.olga.create({ outputSchema });
  const run = await api.alice.claim(id);
  const work = { output: {}, reasoning: '' };
  const stranger = await api.bob.post(`/v1/tasks/${id}/runs/${run.id}/complete`, work);
  expect(stranger).toMatchObject({ status: 403, body: { type: '/problems/forbidden' } });
  await run.release();
  expect(await run.complete(work)).toMatchObject({ status: 409, body: { endedBy: 'released' } });
  expect((await api.olga.read(id)).endedRuns).toMatchObject([{ end: 'released', lateSubmission: true }]);
});

test('to hand in what does not fit is a sign of life', async () => {
  const { id } = await api.olga.create({ outputSchema });
  const run = await api.alice.claim(id);
  const lastBeat = async () => {
    const { raw } = await api.temporal.workflow.getHandle(id).describe();
    return raw.pendingActivities?.[0]?.lastHeartbeatTime;
  };
  const first = await lastBeat();
  await eventually(
    async () => {
      expect((await run.complete({ output: {} })).body.type).toBe('/problems/output_invalid');
      return await lastBeat();
    },
    (beat) => Number(beat?.seconds) > Number(first?.seconds),
  );
});

test('a key that came with other work before is told so, whatever the output looks like', async () => {
  const { id } = await api.olga.create({ outputSchema });
  const run = await api.alice.claim(id);
  const key = { 'idempotency-key': 'k' };
  expect((await run.progress({}, key)).status).toBe(200);
  expect((await run.complete({ output: {} }, key)).body.type).toBe('/problems/idempotency_key_reused');
});

test('the schema holds after the API was started anew', async () => {
  const { id } = await api.olga.create({ outputSchema });
  const run = await api.alice.claim(id);
  await api.restartApp();
  expect((await run.complete({ output: {} })).body.type).toBe('/problems/output_invalid');
});

test.each([
  ['an unknown type', { type: 'objekt' }],
  ['a reference to nowhere', { $ref: '#/$defs/none' }],
  ['a reference to the network', { $ref: 'https://example.com/schema.json' }],
  ['a pattern that is none', { type: 'string', pattern: '(' }],
  ['a draft that is not known', { $schema: 'https://example.com/draft' }],
  ['asynchronous checks', { $async: true, type: 'object', required: ['x'] }],
])('a schema with %s is refused when the task is created', async (_name, schema) => {
  const { status, body } = await api.olga.post('/v1/tasks', { title: 'a', outputSchema: schema });
  expect({ status, ...body }).toMatchObject({ status: 422, type: '/problems/invalid_request' });
  expect(body.errors).toMatchObject([
    { pointer: '/outputSchema', detail: expect.stringMatching(/JSON Schema/) },
  ]);
});

test('an output that would take ages to check is refused, and stops nobody', async () => {
  const { id } = await api.olga.create({ outputSchema: { uniqueItems: true } });
  const run = await api.alice.claim(id);
  const refused = run.complete({ output: Array.from({ length: 20_000 }, (_, i) => ({ i })) });
  expect((await api.fetch('/livez')).status).toBe(200);
  expect(await refused).toMatchObject({
    status: 422,
    body: { type: '/problems/output_invalid', retryable: true },
  });
  expect((await run.fail({ reasonCode: 'out_of_scope' })).body.status).toBe('failed');
});

test('two tasks may use the same $id for different schemas', async () => {
  for (const type of ['string', 'integer']) {
    const { id } = await api.olga.create({ outputSchema: { $id: 'https://example.com/same', type } });
    const run = await api.alice.claim(id);
    expect((await run.complete({ output: 'text' })).status).toBe(type === 'string' ? 200 : 422);
  }
});

test('a schema of draft 7 is understood', async () => {
  const schema = { $schema: 'http://json-schema.org/draft-07/schema#', type: 'integer' };
  const { id } = await api.olga.create({ outputSchema: schema });
  const run = await api.alice.claim(id);
  expect((await run.complete({ output: 'x' })).status).toBe(422);
  expect((await run.complete({ output: 7 })).status).toBe(200);
});
