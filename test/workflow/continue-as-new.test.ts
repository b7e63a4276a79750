import { expect, test } from 'vitest';
import { LIMITS } from '../../workflows/limits.ts';
import { sizeOf } from '../../workflows/task-record.ts';
import { NEARLY, large, makeHistory, overTheEdge, renew } from '../support/long-history.ts';
import { patiently } from '../support/patience.ts';
import type { RealTask } from '../support/real-task.ts';
import { useRunner } from '../support/runner.ts';
import { ada, bob, olga, rita } from '../support/task-fixture.ts';
import { describeOnWorkers } from '../support/worker.ts';

describeOnWorkers(
  'a task that continues as new',
  (baton) => {
    test('keeps its live run: heartbeats go on under the same id, and no attempt is spent', async () => {
      const task = await baton.create({ maxAttempts: 1 });
      await makeHistory(task, NEARLY);
      const run = await task.claim(ada);
      await task.do('report_progress', ada, { note: 'half way' });
      await overTheEdge(task, () => makeHistory(task, 2));
      await task.untilAlive(run.id);
      await task.do('report_progress', ada, { note: 'nearly there' });
      expect(await task.view()).toMatchObject({
        status: 'running',
        attempts: 0,
        run: { id: run.id, attempt: 1 },
      });
      await task.do('mark_complete', ada);
      await task.do('approve', rita);
      expect((await task.final()).status).toBe('done');
    });

    test('notices when the agent of that run dies', async () => {
      const task = await baton.create();
      await makeHistory(task, NEARLY);
      const run = await task.claim(ada, { leaseSeconds: 5 });
      const beats = task.keepBeating(run.id);
      await overTheEdge(task, () => makeHistory(task, 2));
      beats.stop();
      const lapsed = await task.until(({ status }) => status === 'queued');
      expect(lapsed).toMatchObject({ attempts: 1, endedRuns: [{ id: run.id, end: 'crashed' }] });
    });

    test('still notices that its run stalls', async () => {
      const task = await baton.create({ progressTimeoutSeconds: 8 });
      await makeHistory(task, NEARLY);
      await task.claim(ada);
      const report = () => task.do('report_progress', ada);
      await overTheEdge(task, () => makeHistory(task, 2).then(report), report);
      const stalled = await task.until(({ status }) => status === 'queued');
      expect(stalled.lastFailure).toMatchObject({ reasonCode: 'stalled' });
    });

    test('still keeps to the time limit of its review', async () => {
      const task = await baton.create({ review: { policy: 'required', timeoutSeconds: 8 } });
      await makeHistory(task, NEARLY);
      await task.claim(ada);
      await overTheEdge(task, () => task.do('mark_complete', ada, { output: large('a') }));
      await task.until(({ review }) => review?.escalatedAt !== undefined);
      await task.do('approve', rita);
      expect((await task.final()).status).toBe('done');
    });

    test('loses none of the messages that come at that very moment, and knows those it has had', async () => {
      const task = await baton.create();
      const repeated = { messageId: 'm', contentHash: 'h', comment: 'said before' };
      await task.do('comment', olga, repeated);
      const refusal = await task.send('approve', rita, { messageId: 'n' });
      await makeHistory(task, NEARLY);
      const said = Array.from({ length: 10 }, (_, i) => `said meanwhile ${i}`);
      const claims = [ada, bob].map((agent) => task.send('claim', agent));
      await overTheEdge(task, async () => {
        const comments = said.map((comment) => task.signal('comment', olga, { comment }));
        await Promise.all([makeHistory(task, 2), ...comments]);
      });
      expect((await Promise.all(claims)).filter((outcome) => outcome === 'accepted')).toHaveLength(1);
      await task.do('comment', olga, repeated);
      expect(await task.send('approve', rita, { messageId: 'n' })).toEqual(refusal);
      const { comments, run } = await task.view();
      const texts = comments.map(({ text }) => text).toSorted((a, b) => a.localeCompare(b));
      expect(texts).toEqual(['said before', ...said]);
      expect(run).toBeDefined();
    });

    test('is found, and shows, as before', async () => {
      const task = await baton.create({ project: 'soup' });
      await task.do('edit', olga, { edit: { title: 'Count the peas', type: 'count' } });
      const shown = async () => {
        const { memo, typedSearchAttributes } = await task.handle.describe();
        const ours = typedSearchAttributes.getAll().filter(({ key }) => key.name.startsWith('Task'));
        const attributes = Object.fromEntries(ours.map(({ key, value }) => [key.name, value]));
        return { memo, attributes, page: await task.page() };
      };
      await makeHistory(task, 1);
      const before = await shown();
      expect(before).toMatchObject({
        memo: { title: 'Count the peas', type: 'count' },
        attributes: { TaskProject: 'soup' },
      });
      const sameAgain = (edits: number) => makeHistory(task, edits, () => large('0'));
      await overTheEdge(
        task,
        () => sameAgain(NEARLY + 1),
        () => sameAgain(1),
      );
      expect(await shown()).toEqual(before);
    });
  },
  { hasty: true },
);

describeOnWorkers('a task as large as it may be', (baton) => {
  /** In review, with a megabyte of state. */
  async function full(edits: number): Promise<RealTask> {
    const quarter = (letter: string) => letter.repeat(250 * 1024);
    const task = await baton.create({ payload: quarter('p') });
    await makeHistory(task, edits, quarter);
    while ((await task.send('comment', olga, { comment: 'c'.repeat(LIMITS.commentBytes) })) === 'accepted');
    await task.claim(ada);
    const text = 't'.repeat(LIMITS.noteBytes);
    const memoryPromotions = Array.from({ length: 20 }, () => ({ scope: 'team', text }));
    await task.do('mark_complete', ada, { output: 'o'.repeat(LIMITS.outputBytes - 2), memoryPromotions });
    expect(sizeOf(await task.view())).toBeGreaterThan(0.85 * LIMITS.stateBytes);
    return task;
  }

  test('continues as new and ends as done', async () => {
    const task = await full(14);
    await overTheEdge(task, async () => {});
    await task.do('approve', rita);
    expect(await task.final()).toMatchObject({ status: 'done', submission: { agent: 'ada' } });
  });

  test('ends as failed, and is followed', async () => {
    const task = await full(1);
    await task.do('request_changes', rita);
    const { status, followedBy } = await task.final();
    expect(status).toBe('failed');
    expect((await baton.open(followedBy!).view()).status).toBe('queued');
  });

  test('ends as cancelled', async () => {
    const task = await full(1);
    await task.cancel();
    expect(await task.final()).toMatchObject({ status: 'cancelled', submission: { agent: 'ada' } });
  });
});

describeOnWorkers(
  'a task that has to continue as new while the program of its run lives',
  (baton) => {
    const runner = useRunner({ hasty: true });

    test('ends the run, which is not held against anybody, and has its agent launched again', async () => {
      const company = `company-${crypto.randomUUID()}`;
      const adapter = { type: 'process', launcher: 'claude', runner: runner.name };
      const profile = { name: 'Ada', role: 'engineer', adapter };
      const agent = await baton.startAgent({ company, profile });
      const definition = { assignee: 'ada', review: { policy: 'none' as const }, maxAttempts: 1 };
      const task = await baton.create(definition, { company });
      const first = await runner.next();
      await task.do('report_progress', ada, { runId: first.input.runId });
      await renew(task);
      const second = await runner.next();
      expect(second.input.taskId).toBe(task.id);
      expect(await task.view()).toMatchObject({
        attempts: 0,
        run: { id: second.input.runId },
        endedRuns: [{ id: first.input.runId, end: 'interrupted' }],
      });
      await patiently(() => Promise.resolve(first.isStopped), 'Its program should have been stopped.');
      await task.do('mark_complete', ada, { runId: second.input.runId });
      expect((await task.final()).status).toBe('done');
      const idle = await agent.until(({ runs, wakes }) => runs.length + wakes.length === 0);
      expect(idle).toMatchObject({ lastRun: { end: 'completed' } });
    });
  },
  { sideBySide: false, hasty: true, ruthless: true },
);
