/** Runs of launched agents on a real Temporal server: claimed, watched, given up, and stopped with their runner. */
import { defaultPayloadConverter } from '@temporalio/common';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { memoryWorkflowId } from '../../api/entity-ids.ts';
import { RECORD_MEMO } from '../../workflows/entity.ts';
import { markdownOf } from '../../workflows/memory-record.ts';
import type { MemoryRecord } from '../../workflows/memory-record.ts';
import { sh } from '../support/launching.ts';
import type { RealTask } from '../support/real-task.ts';
import { RunnerUnderTest } from '../support/runner-under-test.ts';
import '../support/runtime.ts';
import { ada, olga } from '../support/task-fixture.ts';
import { temporalUnderTest } from '../support/temporal.ts';
import { TestWorker } from '../support/test-worker.ts';

const NOTES = '.company-agents/memory/task.md';
const STUBBORN = sh('trap "" TERM; echo ready; while :; do sleep 0.1; done');

const baton = new TestWorker(temporalUnderTest());
const runner = new RunnerUnderTest();
beforeAll(() => baton.connect());
afterAll(() => baton.close());
beforeAll(() => runner.start(baton));
afterAll(() => runner.remove());

const create = (): Promise<RealTask> => baton.create({ maxAttempts: 2, cancelGraceSeconds: 1 });

/** Waits until it waits for another run, and answers why. */
const failed = async (task: RealTask) => (await task.until(({ run }) => !run)).lastFailure;

describe('a launched run', () => {
  test('has its task at hand, and tells by its failure how its program ended', async () => {
    runner.offer(sh('head -3 .company-agents/task.json; echo "run $BATON_RUN_ID"; exit 3'));
    const task = await create();
    const { id } = await runner.launch(task);
    const failure = await failed(task);
    expect(failure).toMatchObject({ reasonCode: 'agent_exited', run: id });
    expect(failure?.message).toMatch(/exited with code 3.*"title": "Count the beans".*run /s);
    expect(failure?.message).toContain(`run ${id}`);
  });

  test('shows its latest output in its heartbeats, and ends when it is given up', async () => {
    runner.offer(STUBBORN);
    const task = await create();
    const run = await runner.launch(task);
    const pulse = await run.untilPrinted('ready');
    expect(pulse).toMatchObject({ agent: 'ada', launched: true, tail: 'ready\n' });
    expect(await run.processes()).toContain(pulse.pid);
    await task.do('release', ada, { runId: run.id });
    const isGivenUp = ({ activityTaskCanceledEventAttributes: given }: Record<string, any>) => given != null;
    await task.untilEvent(isGivenUp);
    expect(await run.processes()).toEqual([]);
    const { details } = (await task.events()).find(isGivenUp)!.activityTaskCanceledEventAttributes!;
    expect(defaultPayloadConverter.fromPayload(details!.payloads![0]!)).toEqual({
      exitCode: null,
      signal: 'SIGKILL',
      tail: 'ready\n',
      wallSeconds: expect.any(Number),
    });
  });

  test('that is cancelled is over as soon as its program is gone, not only after its grace', async () => {
    runner.offer(sh('trap "echo bye; exit 0" TERM; echo ready; while :; do sleep 0.05; done'));
    const task = await baton.create({ cancelGraceSeconds: 3_600 });
    const run = await runner.launch(task);
    await run.untilPrinted('ready');
    await task.cancel();
    const { cancel, endedRuns, attempts } = await task.until(({ status }) => status === 'cancelled');
    expect(endedRuns).toMatchObject([{ id: run.id, end: 'cancelled' }]);
    expect(endedRuns[0]!.endedAt < cancel!.graceUntil).toBe(true);
    expect(attempts).toBe(0);
    // The program was heard out first.
    const isHeard = ({ activityTaskCanceledEventAttributes: given }: Record<string, any>) => given != null;
    expect((await task.events()).some(isHeard)).toBe(true);
    expect(await run.processes()).toEqual([]);
  });

  test('that nobody has launched yet is over at once when its task is cancelled', async () => {
    const task = await baton.create({ cancelGraceSeconds: 3_600 });
    const wake = { reason: 'assignment' };
    const launch = { runner: crypto.randomUUID(), launcher: 'test', wake };
    await task.do('claim', ada, { runId: crypto.randomUUID(), launch });
    await task.cancel();
    const { endedRuns } = await task.until(({ status }) => status === 'cancelled');
    expect(endedRuns).toMatchObject([{ end: 'cancelled' }]);
  });

  test('lives as long as its program, however long that says nothing', async () => {
    runner.offer(sh('sleep 7; exit 9'));
    const task = await baton.create({ lease: { seconds: 5 } });
    await runner.launch(task);
    expect((await failed(task))?.message).toContain('exited with code 9');
  });

  test('that never reports is ended as stalled, counted, and followed by another', async () => {
    runner.offer(STUBBORN);
    const task = await baton.create({ progressTimeoutSeconds: 2, cancelGraceSeconds: 1, maxAttempts: 3 });
    const run = await runner.launch(task);
    await run.untilPrinted('ready');
    expect(await task.until(({ attempts }) => attempts === 1)).toMatchObject({
      status: 'queued',
      endedRuns: [{ id: run.id, end: 'stalled' }],
    });
    await expect.poll(run.processes, { timeout: 30_000 }).toEqual([]);
    const next = await runner.launch(task);
    await next.untilPrinted('ready');
    await task.handle.terminate();
    await expect.poll(next.processes, { timeout: 30_000 }).toEqual([]);
  });

  test('ends when its task is no more', async () => {
    runner.offer(STUBBORN);
    const task = await create();
    const run = await runner.launch(task);
    await run.untilPrinted('ready');
    await task.handle.terminate();
    await expect.poll(run.processes, { timeout: 30_000 }).toEqual([]);
  });

  test('that can not be launched says why', async () => {
    runner.offer(sh('exit 0'));
    const task = await create();
    await runner.launch(task, 'another');
    const { handoff } = await task.until(({ status }) => status === 'handoff');
    expect(handoff?.blockers).toContain('no launcher "another"');
  });

  test('finds what the one before noted down, and how that ended', async () => {
    runner.offer(sh(`echo first >> ${NOTES}; exit 1`));
    const task = await create();
    const first = await runner.launch(task);
    await failed(task);
    await task.do('edit', olga, { edit: { maxAttempts: 3 } });
    runner.offer(sh(`cat ${NOTES}; cat .company-agents/previous-runs.json; exit 1`));
    await task.until(({ notBefore }) => !notBefore);
    await runner.launch(task);
    const { lastFailure } = await task.until(({ endedRuns }) => endedRuns.length === 2);
    expect(lastFailure?.message).toMatch(/first\n.*"reasonCode": "agent_exited"/s);
    const { memo } = await baton.client.workflow
      .getHandle(memoryWorkflowId('acme', 'task', task.id))
      .describe();
    const record = memo![RECORD_MEMO] as MemoryRecord;
    expect(markdownOf(record)).toBe('first\n');
    expect(record.entries).toMatchObject([{ by: ada, run: first.id }]);
  });
});

test('what each run before said is at hand', async () => {
  runner.offer(STUBBORN);
  const task = await create();
  for (const note of ['a third', 'two thirds']) {
    const { id: runId } = await runner.launch(task);
    await task.do('report_progress', ada, { runId, note });
    await task.do('release', ada, { runId });
  }
  runner.offer(sh('cat .company-agents/previous-runs.json; exit 1'));
  await runner.launch(task);
  expect((await failed(task))?.message).toMatch(/"note": "a third".*"note": "two thirds".*"lastCheckpoint"/s);
});

test('a runner that is told to stop ends its agents, and their tasks wait for the next run', async () => {
  runner.offer(STUBBORN);
  const tasks = await Promise.all([1, 2, 3].map(create));
  const runs = await Promise.all(tasks.map((task) => runner.launch(task)));
  await Promise.all(runs.map((run) => run.untilPrinted('ready')));
  await runner.stop();
  for (const run of runs) {
    expect(await run.processes()).toEqual([]);
    const task = await run.task.until(({ status }) => status === 'queued');
    expect(task).toMatchObject({ attempts: 0, endedRuns: [{ id: run.id, end: 'interrupted' }] });
  }
});

test('and every history made here replays', async () => {
  expect(await baton.replay()).toEqual([]);
});
