import { describe, expect, test } from 'vitest';
import type { Exit } from '../../workflows/launch.ts';
import { newsOfRun } from '../../workflows/launched-news.ts';
import { wallSecondsLeft } from '../../workflows/rules/budget.ts';
import { wakesOf } from '../../workflows/wakes.ts';
import { PureTask, ada, bob, olga } from '../support/task-fixture.ts';

const launch = { runner: 'local', launcher: 'echo', wake: { reason: 'assignment' } };
const exit = (also: Partial<Exit> = {}): { exit: Exit } => ({
  exit: { exitCode: 0, signal: null, tail: '', wallSeconds: 1, ...also },
});
const launched = (): PureTask => new PureTask().do('claim', ada, { launch });

describe('a program that ends without having handed in its work', () => {
  test('is a failed attempt, told with its exit code and the last that it printed', () => {
    const { task } = launched().loseLease({ end: exit({ exitCode: 3, tail: 'first\nlast words\n' }) });
    expect(task).toMatchObject({
      status: 'queued',
      attempts: 1,
      endedRuns: [{ agent: 'ada', end: 'failed', reasonCode: 'agent_exited' }],
    });
    expect(task.lastFailure?.message).toMatch(/exited with code 3 .*first\nlast words$/s);
    expect(task.notBefore).toBeDefined();
  });

  test('and was ended by a signal, says by which', () => {
    const { task } = launched().loseLease({ end: exit({ exitCode: null, signal: 'SIGKILL' }) });
    expect(task.lastFailure?.message).toBe(
      'The agent was ended by SIGKILL and had not handed in its work. It printed nothing.',
    );
  });

  test.each([
    ['a checkpoint', (task: PureTask) => task.do('report_progress', ada, { note: 'half of it' })],
    ['a comment', (task: PureTask) => task.do('comment', ada, { comment: 'I go on tomorrow.' })],
  ])('but well, and after %s, is to be continued: no attempt', (_what, leave) => {
    const { task } = leave(launched()).loseLease({ end: exit() });
    expect(task).toMatchObject({ status: 'queued', attempts: 0, endedRuns: [{ end: 'continued' }] });
    expect(task.notBefore).toBeUndefined();
  });

  test('well, but without a word, is a failed attempt', () => {
    expect(launched().loseLease({ end: exit() }).task).toMatchObject({ attempts: 1 });
    const commentedByAnother = launched().do('comment', bob, { comment: 'How far are you?' });
    expect(commentedByAnother.loseLease({ end: exit() }).task).toMatchObject({ attempts: 1 });
  });

  test('with an error is a failed attempt, whatever it said before', () => {
    const task = launched()
      .do('report_progress', ada, { note: 'half' })
      .loseLease({ end: exit({ exitCode: 1 }) });
    expect(task.task).toMatchObject({ attempts: 1 });
  });

  test('while the task is being cancelled ends it', () => {
    expect(
      launched()
        .cancel()
        .loseLease({ end: exit({ exitCode: 143 }) }).status,
    ).toBe('cancelled');
    expect(
      launched()
        .cancel()
        .loseLease({ end: exit({ exitCode: 143 }) }).task.endedRuns,
    ).toMatchObject([{ end: 'cancelled' }]);
    const said = launched().do('report_progress', ada, { note: 'half' }).cancel();
    expect(said.loseLease({ end: exit() }).status).toBe('cancelled');
  });

  test('does nothing to a task that its agent had ended before', () => {
    const task = launched().do('mark_complete', ada);
    const before = task.task;
    expect(task.loseLease({ runId: before.endedRuns[0]!.id, end: exit() }).task).toBe(before);
  });
});

describe('what could not be launched', () => {
  const failing = (type: string, message: string) => ({ end: { failure: { type, message } } });

  test('for what a person has to put right waits for one, without an attempt', () => {
    const message = 'There is no launcher "echo".';
    const told = launched().loseLease(failing('unknown_launcher', message));
    expect(told.task).toMatchObject({
      status: 'handoff',
      attempts: 0,
      handoff: { blockers: message, by: 'baton:runner' },
    });
    expect(told.do('resume', olga).do('claim', ada, { launch }).status).toBe('assigned');
    expect(launched().cancel().loseLease(failing('command_not_found', '')).status).toBe('cancelled');
  });

  test('for what may pass is tried again later', () => {
    const { task } = launched().loseLease(failing('context_unavailable', 'docs.example is away.'));
    expect(task).toMatchObject({
      status: 'queued',
      attempts: 1,
      lastFailure: { reasonCode: 'unreachable_service', message: 'docs.example is away.' },
    });
    expect(task.notBefore).toBeDefined();
  });

  test('for any other reason is a failed attempt that says why', () => {
    const { task } = launched().loseLease(failing('run_too_long', 'It lasted too long.'));
    expect(task).toMatchObject({ attempts: 1, lastFailure: { reasonCode: 'agent_exited' } });
    expect(task.lastFailure?.message).toContain('It lasted too long.');
  });
});

describe('the time of launched programs', () => {
  const timed = new PureTask({ budget: { wallSeconds: 100 } });
  const claim = () => new PureTask({ budget: { wallSeconds: 100 } }).do('claim', ada, { launch });
  const left = ({ task }: PureTask, mayLast?: number) =>
    wallSecondsLeft(task, { ...launch, ...(mayLast !== undefined && { wallSeconds: mayLast }) });

  test('is what their runner says, or what has passed where it says nothing', () => {
    const task = claim()
      .wait(50)
      .loseLease({ end: exit({ exitCode: 1, wallSeconds: 30 }) });
    expect(task.task.cost.wallSeconds).toBe(30);
    // Its lease is a minute: so long ago it gave its last sign of life.
    task.wait(60).do('claim', bob, { launch }).wait(80).loseLease();
    expect(task.task.cost.wallSeconds).toBe(50);
  });

  test('limits those that follow, as does what the agent may spend', () => {
    expect([left(timed), left(timed, 70), left(timed, 170), left(new PureTask())]).toEqual([
      100,
      70,
      100,
      undefined,
    ]);
    const task = claim().loseLease({ end: exit({ exitCode: 1, wallSeconds: 90 }) });
    expect(left(task)).toBe(10);
    expect(left(claim().loseLease({ end: exit({ exitCode: 1, wallSeconds: 190 }) }))).toBe(0);
  });

  test('ends run and task when it is spent', () => {
    const failure = {
      type: 'time_spent',
      message: 'It has run long enough.',
      exit: exit({ wallSeconds: 100 }).exit,
    };
    expect(claim().loseLease({ end: { failure } }).task).toMatchObject({
      status: 'failed',
      failure: { reasonCode: 'budget_exhausted', message: 'It has run long enough.' },
      cost: { wallSeconds: 100 },
    });
  });

  test('does not pass for what was never launched', () => {
    const never = claim().wait(60).loseLease({ end: 'never_started' });
    expect(never.task).toMatchObject({ status: 'queued', cost: { wallSeconds: 0 } });
    const failure = { type: 'not_prepared', message: 'Nobody answers.' };
    expect(claim().wait(60).loseLease({ end: { failure } }).task.cost.wallSeconds).toBe(0);
    const own = new PureTask().do('claim', ada).do('report_progress', ada).wait(500);
    expect(own.do('mark_complete', ada).task.cost).not.toHaveProperty('wallSeconds');
  });
});

test('a runner that is told to stop gives the task back', () => {
  const end = { failure: { type: 'runner_stopped', message: 'The runner was told to stop.' } };
  expect(launched().loseLease({ end }).task).toMatchObject({
    status: 'queued',
    attempts: 0,
    endedRuns: [{ end: 'interrupted' }],
  });
});

test('a runner that dies is a crash', () => {
  expect(launched().loseLease().task).toMatchObject({ attempts: 1, lastFailure: { reasonCode: 'crashed' } });
});

describe('whoever was launched is', () => {
  /** Whom each change of the task tells what. */
  const following = () => {
    const told: string[] = [];
    const task = new PureTask(
      { assignee: 'ada' },
      {
        became: (before, after, message) => {
          const all = [...newsOfRun(before, after, message), ...wakesOf(before, after, message)];
          told.push(...all.map(({ name, content }) => `${name} ${JSON.stringify(content)}`));
        },
      },
    );
    task.do('claim', ada, { launch });
    return { task, told };
  };

  test('not woken at once for what it left to be continued, and told that it came on', () => {
    const { task, told } = following();
    task.do('report_progress', ada, { note: 'half of it' }).loseLease({ end: exit() });
    expect(told).toEqual([expect.stringMatching(/^run_ended .*"end":"continued","progressed":true/)]);
  });

  test.each([
    ['its program died', exit({ exitCode: 1 }), 'agent_exited'],
    ['its runner was stopped', { failure: { type: 'runner_stopped', message: '' } }, 'interrupted'],
  ])('woken again when %s', (_why, end, told) => {
    const after = following();
    after.task.loseLease({ end }).wait(60);
    expect(after.told).toEqual([
      expect.stringMatching(`^run_ended .*"end":"${told}","progressed":false`),
      expect.stringMatching(/^wake .*"reason":"assignment"/),
    ]);
  });

  test('told of a runner that died, which is not held against it', () => {
    const { task, told } = following();
    task.loseLease();
    expect(told[0]).toMatch(/^run_ended .*"end":"crashed","wallSeconds":0}$/);
    task.do('claim', ada, { launch }).do('report_progress', ada, { note: 'half of it' }).loseLease();
    expect(told[2]).toMatch(/^run_ended .*"end":"crashed","progressed":true,/);
  });

  test('told what it spends, as is who has a budget; nobody else', () => {
    const { task, told } = following();
    task.do('report_progress', ada, { cost: { usd: 0.5, inputTokens: 3, outputTokens: 4 } });
    expect(told).toEqual([expect.stringMatching(/^spent .*"usd":0.5,"tokens":7/)]);
    const polls = new PureTask(
      {},
      { became: (...change) => told.push(...newsOfRun(...change).map(({ name }) => name)) },
    );
    polls.do('claim', ada).do('report_progress', ada, { cost: { usd: 1 } });
    expect(told).toHaveLength(1);
    polls.do('report_progress', ada, { cost: { usd: 1 }, counted: true });
    expect(told).toEqual([expect.any(String), 'spent']);
  });
});
