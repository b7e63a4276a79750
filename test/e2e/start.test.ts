/** `npm start` as a user meets it: real processes, real signals, data that stay. */
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { freePort } from '../../scripts/ports.ts';
import { findRun, type RunInfo } from '../../scripts/run-file.ts';
import { PatientClient } from '../support/patient-client.ts';
import { isAlive, startBaton, tokenFor, type StartedBaton } from '../support/started-baton.ts';

const SLOW = 240_000;
const ROOT = fileURLToPath(new URL('../..', import.meta.url));

let folder: string;
let dataDir: string;
let started: StartedBaton[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'baton-start-'));
  dataDir = join(folder, "the user's data");
  started = [];
});

afterEach(async () => {
  for (const baton of started) {
    baton.signal('SIGTERM');
    await baton.exited;
  }
  // After a SIGKILL of the parent, the server may still be writing its last.
  rmSync(folder, { recursive: true, force: true, maxRetries: 50, retryDelay: 100 });
});

function start(variables: Record<string, string> = {}): StartedBaton {
  const baton = startBaton(dataDir, variables);
  started.push(baton);
  return baton;
}

/** What a program prints that runs in another terminal, without any of Baton's variables. */
async function inAnotherTerminal(script: string): Promise<string> {
  const { PATH, HOME } = process.env;
  const { stdout } = await promisify(execFile)('sh', ['-euc', script], { cwd: ROOT, env: { PATH, HOME } });
  return stdout;
}

/** What `baton` says about itself once process `name` is another one than in `before`. */
async function returned(name: 'worker' | 'api' | 'runner', before: RunInfo): Promise<RunInfo> {
  const run = () => findRun(dataDir);
  const isBack = async () => (await run())?.pids[name] !== before.pids[name];
  await expect.poll(isBack, { timeout: 60_000, interval: 50 }).toBe(true);
  return (await run())!;
}

const alive = ({ pids }: RunInfo) => Object.values(pids).filter(isAlive);

describe('npm start', { timeout: SLOW }, () => {
  it('serves, stops on Ctrl-C without leaving a process, and finds its data again', async () => {
    const first = start();
    const run = await first.ready();
    expect(alive(run)).toHaveLength(5);
    expect(first.output()).toMatch(/ready in \d+\.\d s/);
    expect(first.output()).toContain(`${run.apiUrl}/docs`);
    expect((await fetch(`${run.apiUrl}/livez`)).status).toBe(200);
    expect((await fetch(run.temporalUiUrl)).status).toBe(200);
    expect(statSync(dataDir).mode & 0o777).toBe(0o700);
    for (const secret of ['jwt-secret', 'run.json'])
      expect(statSync(join(dataDir, secret)).mode & 0o777, secret).toBe(0o600);

    const authorization = `Bearer ${await tokenFor(dataDir, 'operator', 'me')}`;
    const created = await fetch(`${run.apiUrl}/v1/tasks`, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json' },
      body: JSON.stringify({ title: 'Outlive a restart' }),
    });
    expect(created.status).toBe(201);
    const { id } = (await created.json()) as { id: string };

    first.signal('SIGINT');
    expect(await first.exited).toBe(0);
    expect(alive(run)).toEqual([]);
    expect(existsSync(join(dataDir, 'run.json'))).toBe(false);

    const second = start();
    const again = await second.ready();
    const found = await fetch(`${again.apiUrl}/v1/tasks/${id}`, { headers: { authorization } });
    expect(found.status).toBe(200);
    expect(await found.json()).toMatchObject({ id, title: 'Outlive a restart', status: 'queued' });
    second.signal('SIGTERM');
    expect(await second.exited).toBe(0);
    expect(alive(again)).toEqual([]);
  });

  it('prints commands that work in another terminal, and an address to open, whatever its settings', async () => {
    const port = await freePort();
    const baton = start({
      BATON_PORT: `${port}`,
      BATON_HOST: '0.0.0.0',
      BATON_JWT_SECRET: 'a secret that only this terminal knows',
      BATON_JWT_ISSUER: 'somebody else',
    });
    const run = await baton.ready();
    expect(run.apiUrl).toBe(`http://127.0.0.1:${port}`);
    expect((await fetch(/API docs +(\S+)/.exec(baton.output())![1]!)).status).toBe(200);
    const [create] = /curl(\\\n|.)+/.exec(baton.output())!;
    expect(JSON.parse(await inAnotherTerminal(create))).toMatchObject({ title: 'Say hello' });
    const token = /A token for an agent: +(.+)/.exec(baton.output())![1]!;
    const authorization = `Bearer ${(await inAnotherTerminal(token)).trim().split('\n').at(-1)}`;
    expect((await fetch(`${run.apiUrl}/v1/tasks`, { headers: { authorization } })).status).toBe(200);
    expect(baton.output()).toMatch(/Watch a task go all the way: +BATON_DATA_DIR='.*' npm run demo/);
  });

  it('starts the worker, the API and the runner again when they die, and work goes on', async () => {
    const baton = start();
    let run = await baton.ready();
    const ada = new PatientClient(run.apiUrl, await tokenFor(dataDir, 'agent', 'ada'));
    const { id } = await ada.must('/v1/tasks', { title: 'Outlive them' });
    const claimed = await ada.must(`/v1/tasks/${id}/claim`, { lease: { seconds: 600 } });
    const path = `/v1/tasks/${id}/runs/${claimed.run.id}`;

    for (const name of ['worker', 'api', 'runner'] as const) {
      process.kill(run.pids[name]!, 'SIGKILL');
      run = await returned(name, run);
      expect(baton.output()).toContain(`The ${name} process ended (SIGKILL). It is started again`);
      expect(await ada.must(`${path}/progress`, { note: `without the ${name}` })).toMatchObject({
        stop: null,
      });
    }
    const done = await ada.must(`${path}/complete`, { output: 1, reasoning: 'They came back.' });
    expect(done).toMatchObject({ status: 'review', attempts: 0 });
    expect(alive(run)).toHaveLength(5);
    // A line for each death, and nothing from the logs.
    const [, printed = ''] = baton.output().split(/Ctrl-C stops everything.*\n+/);
    expect(printed.trim().split('\n')).toHaveLength(3);

    baton.signal('SIGINT');
    expect(await baton.exited).toBe(0);
    expect(alive(run)).toEqual([]);
  });

  it('gives up on a process that dies again and again, with its last words', async () => {
    const baton = start();
    let run = await baton.ready();
    for (const _death of [1, 2]) {
      process.kill(run.pids.worker!, 'SIGKILL');
      run = await returned('worker', run);
    }
    process.kill(run.pids.worker!, 'SIGKILL');
    expect(await baton.exited).toBe(1);
    expect(baton.output()).toContain('That was the 3rd time within a minute, so everything stops.');
    expect(baton.output()).toMatch(/Its last lines, from .*worker\.log:\n(.*\n)* +\S+Z info working\n/);
    expect(alive(run)).toEqual([]);
  });

  it('stops everything when the Temporal server dies', async () => {
    const baton = start();
    const run = await baton.ready();
    process.kill(run.pids.temporal!, 'SIGKILL');
    expect(await baton.exited).toBe(1);
    expect(baton.output()).toContain('The Temporal server ended. Its output is in');
    expect(alive(run)).toEqual([]);
  });

  it('refuses to run twice on the same data', async () => {
    const baton = start();
    const run = await baton.ready();
    const second = start();
    expect(await second.exited).toBe(1);
    expect(second.output()).toContain('already');
    expect(second.output()).toContain(`kill ${run.pids.start}`);
    expect(alive(run)).toHaveLength(5);
  });

  it('leaves no process behind when it is killed itself', async () => {
    const baton = start();
    const run = await baton.ready();
    process.kill(run.pids.start, 'SIGKILL');
    await expect.poll(() => alive(run), { timeout: 60_000, interval: 100 }).toEqual([]);
  });

  it.each(['BATON_PORT', 'BATON_TEMPORAL_PORT', 'BATON_TEMPORAL_UI_PORT'])(
    'names the port that is in use, and %s, which changes it',
    async (variable) => {
      const port = await freePort();
      const squatter = createServer().listen(port, '127.0.0.1');
      const baton = start({ [variable]: `${port}` });
      expect(await baton.exited).toBe(1);
      squatter.close();
      expect(baton.output().trim()).toBe(
        `Port ${port} is in use. Stop what listens there, or set ${variable} to another port.`,
      );
    },
  );

  it('says so when a setting is wrong', async () => {
    const baton = start({ BATON_SQLITE_SYNCHRONOUS: 'MAYBE', BATON_DATA_DIR: dataDir });
    expect(await baton.exited).toBe(1);
    expect(baton.output()).toContain('BATON_SQLITE_SYNCHRONOUS');
    expect(baton.output()).not.toContain('    at ');
  });

  it('says what to do when there is no Temporal server to be had', async () => {
    const baton = start({ TEMPORAL_CLI_PATH: join(dataDir, 'nothing') });
    expect(await baton.exited).toBe(1);
    expect(baton.output().trim()).toBe(`TEMPORAL_CLI_PATH: ${join(dataDir, 'nothing')} does not exist`);
  });
});
