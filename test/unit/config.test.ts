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

test('a runner launches what the data folder has launchers for, and tells agents where the API listens', () => {
  expect(readConfig({ BATON_DATA_DIR: '/data', BATON_PORT: '4000' }).runner).toMatchObject({
    name: 'local',
    launchersFile: '/data/launchers.json',
    launchersRequired: false,
    workspacesDir: '/data/workspaces',
    contextHosts: [],
    apiUrl: 'http://127.0.0.1:4000',
  });
  const secret = 'a secret of more than thirty-two characters';
  const beyond = { BATON_HOST: '::', BATON_JWT_SECRET: secret };
  expect(readConfig(beyond).runner.apiUrl).toBe('http://[::1]:3000');
  expect(readConfig({ ...beyond, BATON_PUBLIC_URL: 'https://baton.test/' }).runner.apiUrl).toBe(
    'https://baton.test',
  );
  expect(readConfig({ BATON_API_URL: 'http://api:3000' }).runner.apiUrl).toBe('http://api:3000');
});

test('agents get what any program needs of the environment, and nothing else', () => {
  const given = { PATH: '/bin', HOME: '/root', LC_ALL: 'C', TMPDIR: '/tmp', LANG: '' };
  const secrets = {
    BATON_JWT_SECRET: 'x'.repeat(32),
    AWS_SECRET_ACCESS_KEY: 'x',
    HTTPS_PROXY: 'http://me:x@proxy',
    NODE_OPTIONS: 'x',
  };
  const { LANG: _unset, ...expected } = given;
  expect(readConfig({ ...given, ...secrets }).runner.agentEnvironment).toEqual(expected);
});

test('hosts for context files are a list', () => {
  const { runner } = readConfig({ BATON_CONTEXT_HOSTS: 'Docs.example, files.example:8443,, ' });
  expect(runner.contextHosts).toEqual(['docs.example', 'files.example:8443']);
});

test.each([
  ['BATON_RUNNER_NAME', 'a/b', 'may have letters'],
  ['BATON_RUNNER_RUNS', '0', 'Too small'],
  ['BATON_LONGEST_RUN_HOURS', '501', 'Too big'],
  ['BATON_API_URL', 'api', 'Invalid URL'],
])('%s can not be %s', (name, value, why) => {
  expect(() => readConfig({ [name]: value })).toThrow(`${name}: ${why}`);
});
