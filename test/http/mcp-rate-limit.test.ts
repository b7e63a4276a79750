/** Calls of tools count like any other request. */
import { expect, test } from 'vitest';
import { useApi } from '../support/api-under-test.ts';
import { useToolCallers } from '../support/mcp.ts';

const api = useApi({ rateLimitPerMinute: 8 });
const connect = useToolCallers(api);

test('who calls tools too often is told to slow down, by /mcp and /v1 alike', async () => {
  const caller = await connect('alice');
  const list = async () => await caller.tools();
  await expect(
    (async () => {
      for (let i = 0; i < 10; i += 1) await list();
    })(),
  ).rejects.toThrow(/too many/i);
  expect((await api.alice.get('/v1/tasks')).status).toBe(429);
  expect((await api.bob.get('/v1/tasks')).status).toBe(200);
});
