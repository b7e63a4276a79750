/** The API as a process: how it leaves when it is told to, and what it says when it can't start. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '../../scripts/ports.ts';
import { environmentWith } from '../../scripts/settings.ts';
import { Baton } from '../support/processes.ts';

const SLOW = 120_000;
const MAIN = fileURLToPath(new URL('../../api/main.ts', import.meta.url));

let baton: Baton;
let dataDir: string;

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'baton-api-'));
  baton = await Baton.start({ variables: { BATON_ENGINE_TIMEOUT_SECONDS: '5' } });
}, SLOW);

afterAll(async () => {
  await baton?.stop();
  rmSync(dataDir, { recursive: true, force: true });
});

/** Whether new work still comes to this API: a balancer looks at `/readyz`, or finds the connection refused. */
const takesNewWork = async (): Promise<boolean> => {
  const answer = await fetch(`${baton.url}/readyz`).catch(() => undefined);
  return answer?.status === 200;
};

describe('an API told to stop', { timeout: SLOW }, () => {
  test('takes no new work, answers what is in flight, and ends with exit code 0', async () => {
    const olga = await baton.client('operator', 'olga');
    const ada = await baton.client('agent', 'ada');
    const { id } = await olga.must('/v1/tasks', { title: 'In flight' });
    expect(await takesNewWork()).toBe(true);
    baton.worker.signal('SIGSTOP');
    let answered = false;
    const claim = ada.post(`/v1/tasks/${id}/claim`).finally(() => (answered = true));
    // A request sent after the claim was answered: the claim has arrived, too.
    await olga.post('/v1/tasks', { title: 'Afterwards' });

    const ended = baton.api.terminate();
    await expect.poll(takesNewWork, { timeout: SLOW }).toBe(false);
    expect(answered).toBe(false);
    baton.worker.signal('SIGCONT');
    expect(await claim).toMatchObject({ status: 200, body: { task: { status: 'assigned' } } });
    expect(await ended).toContain('exit code 0');
    await baton.api.start();
    expect((await olga.read(`/v1/tasks/${id}`)).run).toMatchObject({ agent: 'ada' });
  });

  test('answers 503 to what no worker took up, before it ends', async () => {
    const olga = await baton.client('operator', 'olga');
    const ada = await baton.client('agent', 'ada');
    const { id } = await olga.must('/v1/tasks', { title: 'In flight for nothing' });
    await baton.worker.kill();
    const claim = ada.post(`/v1/tasks/${id}/claim`);
    await olga.post('/v1/tasks', { title: 'Afterwards' });
    const ended = baton.api.terminate();
    expect(await claim).toMatchObject({ status: 503, body: { type: '/problems/no_worker' } });
    expect(await ended).toContain('exit code 0');
    await Promise.all([baton.worker.start(), baton.api.start()]);
  });

  test('lets nobody wait for work any longer', async () => {
    const olga = await baton.client('operator', 'olga');
    const ada = await baton.client('agent', 'ada');
    const { id } = await olga.must('/v1/queues', { name: 'quiet' });
    let answered = false;
    const asking = ada.post(`/v1/queues/${id}/dequeue?wait=30`).finally(() => (answered = true));
    const pollers = async () => (await olga.read(`/v1/queues/${id}`)).pollers.length;
    await expect.poll(pollers, { timeout: SLOW }).toBe(1);
    const ended = baton.api.terminate();
    expect(answered).toBe(false);
    expect((await asking).status).toBe(204);
    expect(await ended).toContain('exit code 0');
    await baton.api.start();
  });
});

/** Runs the API with these settings and no others, until it ends. */
async function startAndFail(variables: Record<string, string>): Promise<{ code: number; output: string }> {
  const child = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), MAIN], {
    env: environmentWith({
      ...baton.environment,
      BATON_DATA_DIR: dataDir,
      BATON_JWT_SECRET: '',
      BATON_PORT: '0',
      ...variables,
    }),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const killAfter = setTimeout(() => child.kill('SIGKILL'), SLOW / 2);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text: Buffer) => (output += text));
  const [code] = (await once(child, 'close')) as [number];
  clearTimeout(killAfter);
  return { code, output };
}

const A_SECRET = { BATON_JWT_SECRET: 'a secret that is long enough for HS256' };

describe('an API that can not start says why, in words, and ends with exit code 1', { timeout: SLOW }, () => {
  test.each<[string, Record<string, string>, string]>([
    [
      'reachable from other machines without a key',
      { BATON_HOST: '0.0.0.0' },
      'BATON_HOST=0.0.0.0 is reachable from other machines, so set BATON_JWT_SECRET or BATON_JWKS_URL first.\n',
    ],
    [
      'without any key',
      {},
      'There is no key to check tokens with: run `npm start`, or set BATON_JWT_SECRET.\n',
    ],
    [
      'with a short secret',
      { BATON_JWT_SECRET: 'short' },
      'BATON_JWT_SECRET: needs at least 32 characters\n',
    ],
  ])('%s', async (_why, variables, message) => {
    expect(await startAndFail(variables)).toEqual({ code: 1, output: message });
  });

  test('with several bad settings: one line for each', async () => {
    const { code, output } = await startAndFail({
      ...A_SECRET,
      BATON_PORT: 'three thousand',
      BATON_LOG_LEVEL: 'loud',
      BATON_ENGINE_TIMEOUT_SECONDS: '-1',
    });
    expect(code).toBe(1);
    const named = output
      .trim()
      .split('\n')
      .map((line) => line.split(':')[0]);
    expect(new Set(named)).toEqual(
      new Set(['BATON_ENGINE_TIMEOUT_SECONDS', 'BATON_LOG_LEVEL', 'BATON_PORT']),
    );
  });

  test('on a port that is in use', async () => {
    const squatter = createServer().listen(0, '127.0.0.1');
    await once(squatter, 'listening');
    const { port } = squatter.address() as AddressInfo;
    const { code, output } = await startAndFail({ ...A_SECRET, BATON_PORT: `${port}` });
    squatter.close();
    expect(code).toBe(1);
    expect(output).toContain(`Port ${port} is in use. Set BATON_PORT to another one.`);
    expect(output).not.toContain('    at ');
  });

  test('without a Temporal server', async () => {
    const nowhere = `127.0.0.1:${await freePort()}`;
    const { code, output } = await startAndFail({ ...A_SECRET, TEMPORAL_ADDRESS: nowhere });
    expect(code).toBe(1);
    expect(output).toMatch(/^TEMPORAL_ADDRESS: no Temporal server answers at [\d.:]+ \(.+\)\.\n$/);
    expect(output).toContain(nowhere);
  });
});
