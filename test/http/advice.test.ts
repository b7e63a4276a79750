/** A refusal is an instruction: its body alone says what is wrong and what to do next, without a look at the docs. */
import { expect, test } from 'vitest';
import { useApi } from '../support/api-under-test.ts';
import type { Answer } from '../support/caller.ts';

const api = useApi();

const edit = (headers: Record<string, string>) => async (id: string) =>
  api.olga.patch(`/v1/tasks/${id}`, { title: 'b' }, headers);
const create = (headers: Record<string, string>, title = 'a') =>
  api.olga.post('/v1/tasks', { title }, headers);

const REFUSED: [type: string, advice: RegExp, ask: (taskId: string) => Promise<Answer>][] = [
  ['unauthenticated', /Authorization: Bearer|npm run token/, () => api.fetch('/v1/tasks')],
  ['not_found', /GET \/v1\/tasks/, () => api.olga.get(`/v1/tasks/${crypto.randomUUID()}`)],
  ['method_not_allowed', /Allow/, () => api.olga.send('DELETE', '/v1/tasks')],
  ['version_required', /If-Match: "3"/, edit({})],
  ['invalid_precondition', /If-Match: "3"/, edit({ 'if-match': 'three' })],
  ['stale_version', /Read the task again/, edit({ 'if-match': '"7"' })],
  ['invalid_idempotency_key', /UUID/, () => create({ 'idempotency-key': ' ' })],
  ['unsupported_media_type', /application\/json/, () => create({ 'content-type': 'text/plain' })],
  ['body_too_large', /Send less/, () => create({}, 'x'.repeat(600 * 1024))],
  [
    'idempotency_key_reused',
    /new key/,
    async (id) => {
      await create({ 'idempotency-key': id }, 'a');
      return await create({ 'idempotency-key': id }, 'b');
    },
  ],
];

test.each(REFUSED)('%s says what to do: %s', async (type, advice, ask) => {
  const { id } = await api.olga.create();
  const { body } = await ask(id);
  expect(body).toMatchObject({ type: `/problems/${type}`, hint: expect.stringMatching(advice) });
  expect(body.detail).not.toBe(body.title);
});
