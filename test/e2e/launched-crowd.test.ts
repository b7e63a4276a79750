/**
 * Ten agents that Baton launches have their runner, the Temporal server, the worker and the API killed while they work:
 * each task is done exactly once, no run is launched twice, and nothing of it all is left behind.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { processFinder } from '../../activities/run-agent/processes.ts';
import { checkHistories, countOf } from '../support/history-checker.ts';
import { node } from '../support/launching.ts';
import type { PatientClient } from '../support/patient-client.ts';
import { Baton } from '../support/processes.ts';

const SLOW = 240_000;
const AGENTS = 10;
/** Each agent has a task for each of them, and hands none in before its round is opened: so there is always somebody at work. */
const ROUNDS = ['first', 'second', 'third'] as const;
const FEW = 4;

/** Reports, waits for the round of its task, works a little and hands in; it sends everything again until it is told what became of it. */
const WORKER = node(`
  const { appendFileSync, existsSync, readFileSync } = require('node:fs');
  const { BATON_API_URL, BATON_API_KEY, BATON_TASK_ID, BATON_RUN_ID, RECORDS } = process.env;
  const { title } = JSON.parse(readFileSync('.company-agents/task.json', 'utf8'));
  const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  const record = (what) => appendFileSync(RECORDS + '/' + what, [BATON_RUN_ID, BATON_TASK_ID].join(' ') + '\\n');
  const send = async (what, body, key) => {
    const response = await fetch(BATON_API_URL + '/v1/tasks/' + BATON_TASK_ID + '/runs/' + BATON_RUN_ID + '/' + what, {
      method: 'POST',
      headers: {
        authorization: 'Bearer ' + BATON_API_KEY,
        'content-type': 'application/json',
        'idempotency-key': key,
      },
      body: JSON.stringify(body),
    });
    await response.text();
    return response.status;
  };
  const tell = async (what, body) => {
    for (const key = crypto.randomUUID(); ; await pause(100)) {
      const status = await send(what, body, key).catch(() => 503);
      if (status === 200) return record(what);
      // The run is over.
      if (status !== 202 && status < 500) process.exit(1);
    }
  };
  (async () => {
    record('start');
    await tell('progress', { note: 'at it' });
    while (!existsSync(RECORDS + '/' + title)) await pause(50);
    await pause(Math.random() * 1500);
    await tell('complete', { output: BATON_RUN_ID, reasoning: 'It is done.' });
  })();`);

const records = mkdtempSync(join(tmpdir(), 'baton-launched-crowd-'));
let baton: Baton;
let olga: PatientClient;

beforeAll(async () => {
  baton = await Baton.start({ ownServer: true });
  olga = await baton.client('operator', 'olga');
  baton.offer({ worker: { ...WORKER, env: { RECORDS: records } } });
  await baton.runner.start();
}, SLOW);

afterAll(async () => {
  await baton?.stop();
  rmSync(records, { recursive: true, force: true });
});

interface Recorded {
  run: string;
  task: string;
}

/** What the programs wrote down: that they started, and which of their messages were accepted. */
function recorded(what: 'start' | 'progress' | 'complete'): Recorded[] {
  const file = join(records, what);
  const lines = existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n') : [];
  return lines.map((line) => {
    const [run = '', task = ''] = line.split(' ');
    return { run, task };
  });
}

const runsOf = (found: readonly Recorded[]): string[] => found.map(({ run }) => run);

/** Those of these runs that have a process. */
async function living(runs: readonly string[]): Promise<string[]> {
  const found = await Promise.all(runs.map(async (runId) => (await processFinder({ runId })()).length > 0));
  return runs.filter((_, i) => found[i]);
}

/** The runs that are on, and have said so. */
async function atWork(): Promise<string[]> {
  const over = new Set(runsOf(recorded('complete')));
  return await living(runsOf(recorded('progress')).filter((run) => !over.has(run)));
}

const agents = Array.from({ length: AGENTS }, (_, i) => `agent-${i}`);

/** Agents that one run without fruit is enough to pause: none of theirs is to count as that. */
async function hire(): Promise<void> {
  const adapter = { type: 'process', launcher: 'worker', runner: baton.runnerName };
  const profile = { role: 'worker', adapter, limits: { runsWithoutProgress: 1 } };
  const put = await Promise.all(agents.map((id) => olga.put(`/v1/agents/${id}`, { name: id, ...profile })));
  for (const { status, text } of put) expect(status, text).toBeLessThan(300);
}

async function createTasks(): Promise<string[]> {
  const terms = { lease: { seconds: 5 }, maxAttempts: 20, review: { policy: 'none' } };
  const tasks = ROUNDS.flatMap((title) => agents.map((assignee) => ({ title, assignee, ...terms })));
  return await Promise.all(tasks.map(async (task) => (await olga.must('/v1/tasks', task)).id));
}

/** Opens a round, and kills these when some have handed in, and are launched anew, while others are at it. */
async function killIn(
  round: (typeof ROUNDS)[number],
  ...names: ('runner' | 'temporal' | 'worker' | 'api')[]
) {
  const enough = async () => (await atWork()).length >= FEW;
  await expect.poll(enough, { timeout: SLOW, interval: 50 }).toBe(true);
  const before = recorded('complete').length;
  writeFileSync(join(records, round), '');
  await expect
    .poll(() => recorded('complete').length, { timeout: SLOW, interval: 5 })
    .toBeGreaterThan(before + 2);
  await Promise.all(names.map((name) => baton[name].kill()));
  await Promise.all(names.map((name) => baton[name].start()));
}

const isDone = async (taskId: string) => (await olga.read(`/v1/tasks/${taskId}`)).status === 'done';

test('each task is done exactly once, whatever is killed', { timeout: SLOW }, async () => {
  await hire();
  const taskIds = await createTasks();
  await killIn('first', 'runner');
  await killIn('second', 'temporal');
  await killIn('third', 'worker', 'api');

  for (const taskId of taskIds) await expect.poll(() => isDone(taskId), { timeout: SLOW }).toBe(true);
  for (const agent of agents) {
    const look = () => olga.read(`/v1/agents/${agent}`);
    await expect.poll(look, { timeout: SLOW }).toMatchObject({ state: 'idle', runs: [], pendingWakes: 0 });
  }

  const started = recorded('start');
  expect(new Set(runsOf(started)).size, 'no run is launched twice').toBe(started.length);
  await expect.poll(() => living(runsOf(started)), { timeout: SLOW }).toEqual([]);

  const checked = await checkHistories(olga, await baton.temporalClient(), taskIds);
  for (const [taskId, events] of checked) {
    expect(countOf(events, 'mark_complete'), `${taskId} is handed in`).toBe(1);
    expect(events.at(-1)?.status, taskId).toBe('done');
  }
  for (const { run, task } of started) {
    const claims = checked.get(task)?.filter(({ type, ...event }) => type === 'claim' && event.run === run);
    expect(claims?.length, `${task} was claimed for ${run}`).toBe(1);
  }
});
