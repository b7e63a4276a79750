/** Launched agents as real processes: well-behaved and others. None of them is left when its run is over. */
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeJwt, jwtVerify } from 'jose';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { processFinder } from '../../activities/run-agent/processes.ts';
import { LaunchPad, RUN_TOKENS, node, sh } from '../support/launching.ts';
import type { RunHere } from '../support/launching.ts';
import type { Exit } from '../../workflows/launch.ts';
import type { Task } from '../../workflows/task-record.ts';

let pad: LaunchPad;
const runs: RunHere[] = [];
beforeAll(async () => {
  pad = await LaunchPad.make();
});
afterAll(() => pad.remove());

const start = (...args: Parameters<LaunchPad['start']>): RunHere => {
  const run = pad.start(...args);
  runs.push(run);
  return run;
};

/** Starts a session of its own, beyond the reach of whoever knows only the group, and says so in a file. */
const ESCAPE = `
  const { spawn } = require('node:child_process');
  spawn('sh', ['-c', 'trap "" TERM; touch escaped; sleep 1000'], { detached: true, stdio: 'inherit' });`;

describe('an agent', () => {
  test('that exits at once: how, and with which last words', async () => {
    expect(await start(sh('echo to stdout; echo to stderr >&2; exit 3')).result).toEqual({
      exitCode: 3,
      signal: null,
      tail: expect.stringMatching(/^(to stdout\nto stderr|to stderr\nto stdout)\n$/),
      wallSeconds: expect.any(Number),
    });
    expect(await start(sh('kill -9 $$')).result).toMatchObject({ exitCode: null, signal: 'SIGKILL' });
  });

  test('beats from the start, with its process id and what it prints', async () => {
    const run = start(sh('echo "I am $$"; touch printed; sleep 1000'));
    await run.reached('printed');
    await expect.poll(() => run.pulses.at(-1)?.tail, { timeout: 20_000 }).toMatch(/^I am/);
    const terms = { agent: 'ada', leaseSeconds: 60, launched: true };
    expect(run.pulses[0]).toEqual({ ...terms, tail: '', pid: null });
    expect(run.pulses.at(-1)!.tail).toBe(`I am ${run.pulses.at(-1)!.pid}\n`);
    run.cancel();
    expect(await run.failure()).toMatchObject({ name: 'CancelledFailure', details: [{ signal: 'SIGTERM' }] });
  });

  test('that is stopped may end in its own way', async () => {
    const run = start(sh('trap "echo bye; exit 7" TERM; touch ready; while :; do sleep 0.05; done'));
    await run.reached('ready');
    run.cancel();
    expect((await run.failure()).details).toMatchObject([
      { exitCode: 7, tail: expect.stringContaining('bye') },
    ]);
  });

  test('that ignores SIGTERM is killed after its grace', async () => {
    const run = start(sh('trap "" TERM; touch ready; while :; do sleep 0.05; done'), { graceSeconds: 1 });
    await run.reached('ready');
    run.cancel();
    expect((await run.failure()).details).toMatchObject([{ exitCode: null, signal: 'SIGKILL' }]);
  });

  test('that forks: its children go with it, and so do those that left its group', async () => {
    const run = start(node(`${ESCAPE} setTimeout(() => {}, 1e6)`), { graceSeconds: 1 });
    await run.reached('escaped');
    await vi.waitFor(async () => expect((await run.processes()).length).toBeGreaterThan(2), {
      timeout: 10_000,
    });
    run.cancel();
    await run.failure();
    expect(await run.processes()).toEqual([]);
  });

  test('that exits and leaves others behind: they go, and its own exit is what counts', async () => {
    const leaver = `${ESCAPE}
      const wait = setInterval(() => require('node:fs').existsSync('escaped') && process.exit(5), 10);`;
    const run = start(node(leaver), { graceSeconds: 1 });
    expect(await run.result).toMatchObject({ exitCode: 5 });
    expect(existsSync(join(run.workspace, 'escaped'))).toBe(true);
    expect(await run.processes()).toEqual([]);
  });

  test('whose child hides its environment and leaves its group goes as a whole', async () => {
    const hider = `
      const { spawn } = require('node:child_process');
      const stubborn = 'trap "" TERM; while :; do sleep 0.1; done';
      const child = spawn('/bin/sh', ['-c', stubborn], { detached: true, env: {} });
      require('node:fs').writeFileSync('pid', String(child.pid));
      require('node:fs').renameSync('pid', 'hidden');`;
    const run = start(node(`${hider} setTimeout(() => {}, 1e6)`), { graceSeconds: 1 });
    await run.reached('hidden');
    run.cancel();
    await run.failure();
    const hidden = processFinder({ runId: 'of no run', pid: Number(run.read('hidden')) });
    expect(await hidden()).toEqual([]);
  });

  test('that floods its output runs on, and its last words are kept', async () => {
    const flood = 'head -c 20000000 /dev/zero | tr "\\0" "x" | fold -w 100; echo; echo "the end"';
    const run = start(sh(flood));
    expect((await run.result).tail.slice(-13)).toBe('xxxx\nthe end\n');
    for (const { tail } of run.pulses) expect(Buffer.byteLength(tail)).toBeLessThanOrEqual(32 * 1024);
  });

  test('that goes on too long is ended, and this is told apart', async () => {
    const run = start(sh('echo still at it; sleep 1000'), {}, { longestRunMs: 200 });
    expect(await run.failure()).toMatchObject({
      type: 'run_too_long',
      nonRetryable: true,
      details: [{ signal: 'SIGTERM', tail: 'still at it\n' }],
    });
  });

  test('that has run for as long as its budget allows is ended, or not even launched', async () => {
    const run = start(sh('echo at it; sleep 1000'), { wallSeconds: 0.5 });
    const { type, details } = await run.failure();
    expect({ type, details }).toMatchObject({ type: 'time_spent', details: [{ signal: 'SIGTERM' }] });
    expect((details![0] as Exit).wallSeconds).toBeGreaterThanOrEqual(0.5);
    const none = start(sh('touch ready'), { wallSeconds: 0 });
    expect(await none.failure()).toMatchObject({ type: 'time_spent' });
    expect(none.pulses.map(({ pid }) => pid)).not.toContainEqual(expect.any(Number));
  });

  test('of a runner that is told to stop is ended, and this is told apart', async () => {
    const run = start(sh('trap "" TERM; touch ready; sleep 1000'), { graceSeconds: 1 });
    await run.reached('ready');
    run.cancel('WORKER_SHUTDOWN');
    expect(await run.failure()).toMatchObject({ type: 'runner_stopped', details: [{ signal: 'SIGKILL' }] });
  });

  test('that has handed in is left to exit by itself', async () => {
    const task = pad.task();
    const { runId } = { runId: crypto.randomUUID() };
    const run = start(sh('touch ready; while [ ! -e go ]; do sleep 0.05; done; echo done; exit 0'), {
      runId,
      taskId: task.id,
    });
    await run.reached('ready');
    const ended = {
      id: runId,
      agent: 'ada',
      attempt: 1,
      startedAt: '',
      endedAt: '',
      end: 'completed',
    } as const;
    pad.tasks.set(task.id, { ...task, endedRuns: [ended] } satisfies Task);
    run.cancel();
    writeFileSync(join(run.workspace, 'go'), '');
    expect((await run.failure()).details).toMatchObject([{ exitCode: 0, signal: null, tail: 'done\n' }]);
  });
});

describe('its environment', () => {
  test('has what the run is about, three times over, and nothing of the runner', async () => {
    const task = pad.task();
    const run = start(
      {
        ...sh('env > env.txt'),
        env: { GREETING: 'hello', BATON_TASK_ID: 'another', BATON_APPROVAL_ID: 'none' },
      },
      {
        taskId: task.id,
        wake: { reason: 'mention', commentId: 'comment-1', linkedIssueIds: ['a', 'b'] },
      },
    );
    await run.result;
    const seen = Object.fromEntries(
      run
        .read('env.txt')
        .trim()
        .split('\n')
        .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
    );
    const key = seen['BATON_API_KEY']!;
    for (const prefix of ['BATON', 'PAPERCLIP', 'DARKDUCK']) {
      expect(
        Object.fromEntries(
          Object.entries(seen)
            .filter(([name]) => name.startsWith(`${prefix}_`))
            .map(([name, value]) => [name.slice(prefix.length + 1), value]),
        ),
      ).toEqual({
        RUN_ID: run.input.runId,
        TASK_ID: task.id,
        AGENT_ID: 'ada',
        COMPANY_ID: 'acme',
        API_URL: 'http://127.0.0.1:3000',
        API_KEY: key,
        WAKE_REASON: 'mention',
        WAKE_COMMENT_ID: 'comment-1',
        LINKED_ISSUE_IDS: 'a,b',
        WORKSPACE: run.workspace,
      });
    }
    const others = Object.keys(seen).filter((name) => !/^(BATON|PAPERCLIP|DARKDUCK)_/.test(name));
    expect(others.filter((name) => !['PWD', 'OLDPWD', 'SHLVL', '_'].includes(name)).toSorted()).toEqual([
      'GREETING',
      'HOME',
      'PATH',
    ]);
    const { secret, ...pinned } = RUN_TOKENS;
    const { payload } = await jwtVerify(key, new TextEncoder().encode(secret), pinned);
    expect(payload).toMatchObject({
      sub: 'ada',
      role: 'agent',
      company: 'acme',
      run: run.input.runId,
      lease: task.id,
    });
    expect(payload.exp! - payload.iat!).toBe(600);
  });

  test('has the approval whose decision it was woken by', async () => {
    const wake = {
      reason: 'approval_decided',
      approvalId: 'approval-1',
      approvalStatus: 'approved',
    } as const;
    const run = start(sh('env > env.txt'), { wake });
    await run.result;
    expect(run.read('env.txt')).toContain('DARKDUCK_APPROVAL_ID=approval-1\n');
    expect(run.read('env.txt')).toContain('DARKDUCK_APPROVAL_STATUS=approved\n');
  });

  test("is no other run's: two agents at once have different tokens, and neither shows in a log", async () => {
    const printer = sh('env; echo "$BATON_API_KEY" > token; touch printed; sleep 1000');
    const [one, two] = [start(printer), start(printer, { agentId: 'bob' })];
    await Promise.all([one.reached('printed'), two.reached('printed')]);
    await expect.poll(() => [one, two].every(({ pulses }) => pulses.at(-1)!.tail !== '')).toBe(true);
    const tokens = [one, two].map((run) => run.read('token').trim());
    expect(tokens.map((token) => decodeJwt(token).sub)).toEqual(['ada', 'bob']);
    for (const run of [one, two]) {
      run.cancel();
      const [{ tail }] = (await run.failure()).details as [{ tail: string }];
      for (const shown of [tail, ...run.pulses.map((pulse) => pulse.tail)]) {
        for (const token of tokens) expect(shown).not.toContain(token.split('.')[2]);
      }
      expect(tail).toContain('DARKDUCK_API_KEY=[token]');
      expect(tail).toContain(`BATON_RUN_ID=${run.input.runId}`);
    }
  });
});

describe("a launch that can't be", () => {
  test.each([
    [
      'an unknown launcher',
      { command: 'true' },
      { launcher: 'other' },
      'unknown_launcher',
      'no launcher "other"',
    ],
    ['no such command', { command: 'no-such-command' }, {}, 'command_not_found', 'install it'],
    ['no program', { command: '/etc/passwd' }, {}, 'command_not_found', 'EACCES'],
    ['no such folder', { command: 'true', cwd: 'nowhere' }, {}, 'command_not_found', 'nowhere'],
    ['a broken file', { command: 7 }, {}, 'launchers_unreadable', 'launchers.test.command'],
    ['a task that is gone', { command: 'true' }, { taskId: 'gone' }, 'not_prepared', 'no task gone'],
    ['a run id that is a path', { command: 'true' }, { runId: '../x' }, 'not_prepared', '../x'],
  ])('for %s says so, and is not tried again', async (_why, launcher, input, type, told) => {
    const failure = await start(launcher, input).failure();
    expect(failure).toMatchObject({ type, nonRetryable: true });
    expect(failure.message).toContain(told);
  });

  test('leaves no run open', async () => {
    await start({ command: 'no-such-command' }).failure();
    expect(readdirSync(pad.workspaces).filter((name) => name.endsWith('.json'))).toEqual([]);
  });

  test('for a run that was launched before says so', async () => {
    const run = start(sh('exit 0'));
    await run.result;
    expect(await start(sh('exit 0'), { runId: run.input.runId }).failure()).toMatchObject({
      type: 'already_launched',
    });
  });

  test('for a runner that is told to stop meanwhile is no cancellation', async () => {
    let answer = (_task: Task) => {};
    const task = pad.task();
    const asked = new Promise<Task>((resolve) => (answer = resolve));
    const run = start(sh('exit 0'), { taskId: task.id }, { readTask: () => asked });
    run.cancel('WORKER_SHUTDOWN');
    answer(task);
    expect(await run.failure()).toMatchObject({ type: 'runner_stopped', details: undefined });
    expect(existsSync(run.workspace)).toBe(false);
  });
});

test('and of none of all these runs a process is left', async () => {
  expect(runs.length).toBeGreaterThan(20);
  for (const run of runs) expect(await run.processes(), run.workspace).toEqual([]);
});
