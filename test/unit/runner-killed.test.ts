/** What becomes of agents and their notes when their runner is gone from one moment to the next. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { HERE, SILENT_MS, createOpenRuns } from '../../activities/run-agent/open-runs.ts';
import { processFinder } from '../../activities/run-agent/processes.ts';
import { recover } from '../../activities/run-agent/recover.ts';
import { LaunchPad, sh } from '../support/launching.ts';

let pad: LaunchPad;
beforeAll(async () => {
  pad = await LaunchPad.make();
});
afterAll(() => pad.remove());

const NOTES = '.company-agents/memory/task.md';
const DAY_MS = 86_400_000;

/** A runner that was killed while its run had written these notes. */
async function leftBehind(taskId: string, notes: string): Promise<string> {
  const runId = crypto.randomUUID();
  mkdirSync(join(pad.workspaces, runId, '.company-agents/memory'), { recursive: true });
  writeFileSync(join(pad.workspaces, runId, NOTES), notes);
  const memory = {
    text: pad.memory.of('task', taskId) ?? '',
    version: pad.memory.past('task', taskId).length,
  };
  const killed = createOpenRuns(pad.workspaces);
  await killed.open({ runId, agentId: 'ada', company: 'acme', about: { taskId, isHeld: true, memory } });

  return runId;
}

const recovered = async (): Promise<unknown[]> => {
  const failed: unknown[] = [];
  await recover(pad.openRuns, pad.memory, (run, error) => failed.push(run.runId, error));
  return failed;
};

test('the next runner collects the notes and ends what is left', async () => {
  const taskId = crypto.randomUUID();
  const runId = await leftBehind(taskId, 'half of them');
  const left = spawn('sleep', ['1000'], { env: { BATON_RUN_ID: runId }, detached: true, stdio: 'ignore' });
  const gone = once(left, 'exit');
  expect(await recovered()).toEqual([]);
  expect(await gone).toEqual([null, 'SIGKILL']);
  expect(pad.memory.of('task', taskId)).toBe('half of them');
  expect(await pad.openRuns.leftBehind()).toEqual([]);
});

test('notes that have been overtaken stay out of the way', async () => {
  const taskId = crypto.randomUUID();
  await leftBehind(taskId, 'old');
  pad.memory.put('task', taskId, 'newer');
  expect(await recovered()).toEqual([]);
  expect(pad.memory.of('task', taskId)).toBe('newer');
});

test('what could not be collected is tried again at the next start', async () => {
  const taskId = crypto.randomUUID();
  const runId = await leftBehind(taskId, 'in time');
  const silent = () => Promise.reject(new Error('Nobody there.'));
  const failed: string[] = [];
  await recover(pad.openRuns, { find: silent, writeTask: silent, addToTask: silent }, (run) =>
    failed.push(run.runId),
  );
  expect(failed).toEqual([runId]);
  expect(await recovered()).toEqual([]);
  expect(pad.memory.of('task', taskId)).toBe('in time');
});

/** Has the run be of another runner. */
function giveTo(runId: string, runner: { host: string; pid: number }): string {
  const file = join(pad.workspaces, `${runId}.open.json`);
  writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), runner }));
  return file;
}

test('a run of a runner that lives is its own', async () => {
  const mine = crypto.randomUUID();
  await pad.openRuns.open({ runId: mine, agentId: 'ada', company: 'acme' });
  const runId = await leftBehind(crypto.randomUUID(), 'still at it');
  const file = giveTo(runId, { host: HERE, pid: process.ppid });
  expect(await recovered()).toEqual([]);
  expect([file, join(pad.workspaces, `${mine}.open.json`)].map(existsSync)).toEqual([true, true]);
});

// Containers that share a volume: the process ids of one are unknown in another, or somebody else's there.
test.each([process.pid, 2 ** 30])('and so is one of a runner elsewhere, as process %i there', async (pid) => {
  const taskId = crypto.randomUUID();
  const file = giveTo(await leftBehind(taskId, 'still at it'), { host: 'another-container', pid });
  expect(await recovered()).toEqual([]);
  expect(existsSync(file)).toBe(true);
  const long = new Date(Date.now() - SILENT_MS - 1_000);
  utimesSync(file, long, long);
  expect(await recovered()).toEqual([]);
  expect([existsSync(file), pad.memory.of('task', taskId)]).toEqual([false, 'still at it']);
});

test('a runner shows others that it lives by touching the files of its runs', async () => {
  const runId = crypto.randomUUID();
  await pad.openRuns.open({ runId, agentId: 'ada', company: 'acme' });
  const file = giveTo(runId, { host: 'another-container', pid: process.pid });
  const long = new Date(Date.now() - SILENT_MS - 1_000);
  utimesSync(file, long, long);
  await pad.openRuns.stayAlive();
  const elsewhere = createOpenRuns(pad.workspaces);
  expect((await elsewhere.leftBehind()).map((run) => run.runId)).not.toContain(runId);
});

test('workspaces are removed some time after their run, and not before', async () => {
  const long = new Date(Date.now() - 2 * DAY_MS);
  const open = await leftBehind(crypto.randomUUID(), 'open');
  const old = pad.start(sh('exit 0'));
  const recent = pad.start(sh('exit 0'));
  await Promise.all([old.result, recent.result]);
  for (const each of [pad.openRuns.workspaceOf(open), old.workspace]) utimesSync(each, long, long);
  await pad.openRuns.sweep(DAY_MS);
  expect(
    [old.workspace, recent.workspace, pad.openRuns.workspaceOf(open)].map((each) => existsSync(each)),
  ).toEqual([false, true, true]);
});

/** A process with a guard over an agent, which has left the group and its own environment behind in part. */
const RUNNER = `
  import { spawn } from 'node:child_process';
  import { createGuard } from '${new URL('../../activities/run-agent/guard.ts', import.meta.url).href}';
  const guard = await createGuard();
  const [runId, another] = [process.env.RUN, process.env.RUN + '-2'];
  const launch = (script, env) => spawn('sh', ['-c', script], { detached: true, stdio: 'ignore', env: { ...process.env, ...env } });
  guard.watch({ runId });
  const agent = launch('trap "" TERM HUP INT; sleep 1000 & setsid sleep 1000 & while :; do sleep 0.1; done', { BATON_RUN_ID: runId });
  guard.watch({ runId, pid: agent.pid });
  // Hides what it is: known by its process id alone.
  const hidden = launch('exec env -i sleep 1000', {});
  guard.watch({ runId: another, pid: hidden.pid });
  process.send([agent.pid, hidden.pid]);
  setInterval(() => {}, 1000);`;

/** Such a runner in a process of its own, once its agent is there. */
async function killableRunner() {
  const runId = crypto.randomUUID();
  const args = ['--import', import.meta.resolve('tsx'), '--input-type=module', '-e', RUNNER];
  const runner = spawn(process.execPath, args, {
    env: { ...process.env, RUN: runId },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const [[agent, hidden]] = (await once(runner, 'message')) as [[number, number]];
  const finders = [processFinder({ runId, pid: agent }), processFinder({ runId: 'of no run', pid: hidden })];
  const counts = async () => (await Promise.all(finders.map((find) => find()))).map((pids) => pids.length);
  await expect.poll(async () => (await counts())[0], { timeout: 20_000 }).toBeGreaterThanOrEqual(4);
  expect((await counts())[1]).toBe(1);
  return { runner, counts };
}

test('a runner that is killed takes all its agents with it', async () => {
  const { runner, counts } = await killableRunner();
  runner.kill('SIGKILL');
  await expect.poll(counts, { timeout: 20_000 }).toEqual([0, 0]);
});

test('a guard that dies is replaced by one that knows what it knew', async () => {
  const { runner, counts } = await killableRunner();
  const read = (path: string) => readFileSync(`/proc/${path}`, 'utf8');
  const children = () => read(`${runner.pid}/task/${runner.pid}/children`).trim().split(' ');
  const guard = () => children().find((pid) => read(`${pid}/cmdline`).includes('guard-process'));
  const first = guard();
  process.kill(Number(first), 'SIGKILL');
  await expect.poll(() => guard() ?? first, { timeout: 20_000 }).not.toBe(first);
  expect(await counts()).not.toContain(0);
  runner.kill('SIGKILL');
  await expect.poll(counts, { timeout: 20_000 }).toEqual([0, 0]);
});
