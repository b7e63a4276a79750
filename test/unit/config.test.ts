/** The settings of the app: what they are when nobody sets them, and what is refused. */
import { expect, test } from 'vitest';
import { ConfigError, readConfig } from '../../api/config.ts';

test('nothing needs to be set, and what is set to nothing is not set', () => {
  expect(readConfig({})).toMatchObject({ host: '127.0.0.1', port: 3000, engineTimeoutMs: 10_000 });
  expect(readConfig({ BATON_PORT: '' }).port).toBe(3000);
});

test.each([
  ['0', 'Too small'],
  ['61', 'Too big'],
  ['soon', 'Invalid input'],
])('a call to Temporal can not be given %s seconds', (BATON_ENGINE_TIMEOUT_SECONDS, why) => {
  const read = () => readConfig({ BATON_ENGINE_TIMEOUT_SECONDS });
  expect(read).toThrow(ConfigError);
  expect(read).toThrow(`BATON_ENGINE_TIMEOUT_SECONDS: ${why}`);
});
