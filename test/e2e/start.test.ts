/** `npm start` as a user meets it: real processes, real signals, data that stay. */
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { freePort } from '../../scripts/ports.ts';
import type { RunInfo } from '../../scripts/run-file.ts';
import { isAlive, startBaton, tokenFor, type StartedBaton } from '../support/started-baton.ts';

const SLOW = 240_000;

let dataDir: string;
let started: StartedBaton[];

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'baton-start-'));
  started = [];
});

afterEach(async () => {
  for (const baton of started) {
    baton.signal('SIGTERM');
    await baton.exited;
  }
  // After a SIGKILL of the parent, the server may still be writing its last.
  rmSync(dataDir, { recursive: true, force: true, maxRetries: 50, retryDelay: 100 });
});

function start(variables: Record<string, string> = {}): StartedBaton {
  const baton = startBaton(dataDir, variables);
  started.push(baton);
  return baton;
}

const alive = ({ pids }: RunInfo) => Object.values(pids).filter(isAlive);

describe('npm start', { timeout: SLOW }, () => {
  it('serves, stops on Ctrl-C without leaving a process, and finds its data again', async () => {
    const first = start();
    const run = await first.ready();
    expect(alive(run)).toHaveLength(4);
    expect(first.output()).toMatch(/ready in \d+\.\d s/);
    expect(first.output()).toContain(`${run.apiUrl}/docs`);
    expect((await fetch(`${run.apiUrl}/livez`)).status).toBe(200);
    expect((await fetch(run.temporalUiUrl)).status).toBe(200);
    expect(statSync(join(dataDir, 'jwt-secret')).mode & 0o777).toBe(0o600);

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

  it('stops everything and names the process when one of them dies, and refuses to run twice on the same data', async () => {
    const baton = start();
    const run = await baton.ready();
    const second = start();
    expect(await second.exited).toBe(1);
    expect(second.output()).toContain('already');
    expect(second.output()).toContain(`kill ${run.pids.start}`);
    expect(alive(run)).toHaveLength(4);

    process.kill(run.pids.worker ?? 0, 'SIGKILL');
    expect(await baton.exited).toBe(1);
    expect(baton.output()).toContain('The worker process ended (SIGKILL)');
    expect(alive(run)).toEqual([]);
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
