/** Agents launched by a runner process: they work, and none of them outlives it, however it ends. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { processFinder } from '../../activities/run-agent/processes.ts';
import { claimUpdate } from '../../workflows/messages.ts';
import { node, sh } from '../support/launching.ts';
import type { PatientClient } from '../support/patient-client.ts';
import { Baton } from '../support/processes.ts';

const SLOW = 120_000;

/** Goes on where the notes stop: on its first run it notes and hangs, on the next it hands in what it finds noted. */
const WORKER = node(`
  const { readFileSync, writeFileSync } = require('node:fs');
  const { BATON_API_URL, BATON_API_KEY, BATON_TASK_ID, BATON_RUN_ID } = process.env;
  const NOTES = '.company-agents/memory/task.md';
  const tell = async (what, body) => {
    const response = await fetch(BATON_API_URL + '/v1/tasks/' + BATON_TASK_ID + '/runs/' + BATON_RUN_ID + '/' + what, {
      method: 'POST',
      headers: { authorization: 'Bearer ' + BATON_API_KEY, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(await response.text());
  };
  (async () => {
    const noted = readFileSync(NOTES, 'utf8');
    await tell('progress', { understanding: 'Count', note: noted || 'none' });
    if (noted) return await tell('complete', { output: noted, reasoning: 'As noted.' });
    writeFileSync(NOTES, 'seven');
    await tell('progress', { note: 'noted' });
    setInterval(() => {}, 1000);
  })();`);
/** Takes no notice of signals, and leaves a child in a session of its own. */
const STUBBORN = sh('trap "" TERM HUP INT; setsid sleep 1000 & touch ready; while :; do sleep 0.1; done');

let baton: Baton;
let olga: PatientClient;

beforeAll(async () => {
  baton = await Baton.start();
  olga = await baton.client('operator', 'olga');
  baton.offer({ worker: WORKER, stubborn: STUBBORN });
  await baton.runner.start();
}, SLOW);
afterAll(() => baton?.stop());

/** A new run of a task by an agent that is launched. */
async function launch(launcher: string, taskId: string): Promise<string> {
  const runId = crypto.randomUUID();
  const message = {
    messageId: crypto.randomUUID(),
    actor: { id: 'ada', role: 'agent' as const },
    runId,
    launch: { runner: baton.runnerName, launcher, wake: { reason: 'assignment' } },
  };
  const { workflow } = await baton.temporalClient();
  await workflow.getHandle(taskId).executeUpdate(claimUpdate, { args: [message] });
  return runId;
}

const create = async (): Promise<string> =>
  (
    await olga.must('/v1/tasks', {
      title: 'Count the beans',
      lease: { seconds: 5 },
      review: { policy: 'none' },
    })
  ).id;
const until = (taskId: string, expected: object) =>
  expect.poll(() => olga.read(`/v1/tasks/${taskId}`), { timeout: 40_000 }).toMatchObject(expected);
const processesOf = (runId: string) => processFinder({ runId })();

describe('a runner', { timeout: SLOW }, () => {
  test('launches an agent for what is assigned to it, until it is done', async () => {
    const adapter = { type: 'process', launcher: 'worker', runner: baton.runnerName };
    const put = await olga.put('/v1/agents/ben', { name: 'Ben', role: 'counter', adapter });
    expect(put.status).toBeLessThan(300);
    const task = { title: 'Count the beans', assignee: 'ben', review: { policy: 'none' } };
    const { id } = await olga.must('/v1/tasks', task);
    await until(id, { lastProgress: { note: 'noted' } });
    const { run } = await olga.read(`/v1/tasks/${id}`);
    expect(run.agent).toBe('ben');
    // It hangs; the next run of it finds its notes.
    for (const pid of await processesOf(run.id)) process.kill(pid, 'SIGKILL');
    await until(id, { status: 'done', submission: { agent: 'ben', output: 'seven' }, attempts: 1 });
  });

  test('killed with SIGKILL takes its agents along; the next one goes on with their notes', async () => {
    const works = await create();
    const stubborn = await Promise.all([create(), create()]);
    const first = await launch('worker', works);
    const others = await Promise.all(stubborn.map((taskId) => launch('stubborn', taskId)));
    await until(works, { lastProgress: { note: 'noted' } });
    for (const run of others)
      await expect.poll(async () => (await processesOf(run)).length).toBeGreaterThan(1);

    await baton.runner.kill();
    for (const run of [first, ...others]) expect(await processesOf(run)).toEqual([]);
    for (const taskId of [works, ...stubborn]) {
      await until(taskId, { status: 'queued', attempts: 1, endedRuns: [{ end: 'crashed' }] });
    }

    await baton.runner.start();
    const second = await launch('worker', works);
    await until(works, { status: 'done', submission: { run: second, output: 'seven' } });
    await expect.poll(() => processesOf(second), { timeout: SLOW }).toEqual([]);
  });

  test('told to stop ends its agents, without an attempt spent, and leaves in good order', async () => {
    const taskId = await create();
    const run = await launch('stubborn', taskId);
    await expect.poll(async () => (await processesOf(run)).length, { timeout: SLOW }).toBeGreaterThan(1);
    const ended = await baton.runner.terminate();
    expect(ended).toContain('exit code 0');
    expect(await processesOf(run)).toEqual([]);
    await until(taskId, { status: 'queued', attempts: 0, endedRuns: [{ end: 'interrupted' }] });
    await baton.runner.start();
  });
});

test('a runner that can not begin says what to correct', { timeout: SLOW }, async () => {
  await baton.runner.terminate();
  baton.offer({ worker: { command: '' } });
  // `npm start` looks for a file, and takes whatever is there for one that somebody wrote.
  await expect(baton.runner.start()).rejects.toThrow(
    /BATON_LAUNCHERS_FILE: .*launchers\.worker\.command: Too small/,
  );
});
