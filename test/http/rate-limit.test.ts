/** Who asks too much is asked to slow down, and nobody else is. */
import { expect, test } from 'vitest';
import { useApi } from '../support/api-under-test.ts';

const api = useApi({ rateLimitPerMinute: 5 });

test('past its limit a caller is told when to come back, and others are served', async () => {
  const ask = () => api.alice.get('/v1/tasks?limit=1');
  const statuses = [];
  for (let i = 0; i < 5; i += 1) statuses.push((await ask()).status);
  expect(statuses).toEqual([200, 200, 200, 200, 200]);
  const { headers, body } = await ask();
  expect(body).toMatchObject({ status: 429, type: '/problems/rate_limited', retryable: true });
  expect(Number(headers.get('retry-after'))).toBe(body.retryAfterSeconds);
  expect(body.retryAfterSeconds).toBeGreaterThan(0);
  expect(headers.get('ratelimit-policy')).toContain('q=5');
  expect((await api.bob.get('/v1/tasks')).status).toBe(200);
  expect((await api.as('alice', 'agent', 'acme').get('/v1/tasks')).status).toBe(200);
  expect((await api.fetch('/livez')).status).toBe(200);
});
