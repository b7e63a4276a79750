import { expect, test } from 'vitest';
import { ada, bob, olga } from '../support/task-fixture.ts';
import { describeOnWorkers } from '../support/worker.ts';

/** The shortest lease there is. */
const SHORT = { leaseSeconds: 5 };

describeOnWorkers('the lease of a run', (baton) => {
  test('lapses when heartbeats stop: the run crashed, and the task waits for another', async () => {
    const task = await baton.create();
    const run = await task.claim(ada, SHORT);
    await task.do('report_progress', ada, { note: 'half way' });
    const lapsed = await task.until(({ status }) => status === 'queued');
    expect(lapsed).toMatchObject({
      attempts: 1,
      endedRuns: [{ id: run.id, end: 'crashed' }],
      lastFailure: { reasonCode: 'crashed' },
      lastProgress: { note: 'half way' },
    });
    expect((await task.claim(bob)).attempt).toBe(2);
  });

  test('lasts as long as heartbeats come', async () => {
    const [beaten, silent] = [await baton.create(), await baton.create()];
    const run = await beaten.claim(ada, SHORT);
    const beats = beaten.keepBeating(run.id);
    await silent.claim(ada, SHORT);
    await silent.until(({ status }) => status === 'queued');
    expect((await beaten.view()).run?.id).toBe(run.id);
    beats.stop();
  });

  test('without a single heartbeat never started, which costs no attempt', async () => {
    const task = await baton.create();
    await task.do('claim', ada, SHORT);
    const lapsed = await task.until(({ status }) => status === 'queued');
    expect(lapsed).toMatchObject({ attempts: 0, endedRuns: [{ agent: 'ada', end: 'never_started' }] });
  });

  test('that lapses on the last attempt fails the task', async () => {
    const task = await baton.create({ maxAttempts: 1, lease: { seconds: 5 } });
    await task.claim(ada);
    expect(await task.final()).toMatchObject({ status: 'failed', failure: { reasonCode: 'crashed' } });
  });

  test('lets no zombie back in: it is unknown after the crash, and what it sends is refused', async () => {
    const task = await baton.create();
    const run = await task.claim(ada, SHORT);
    await task.until(({ status }) => status === 'queued');
    expect(await task.beat(run.id)).toBeUndefined();
    const next = await task.claim(bob);
    const refused = { type: 'run_not_active', endedBy: 'crashed', holder: 'bob' };
    expect(await task.send('report_progress', ada)).toMatchObject(refused);
    expect(await task.send('mark_complete', ada)).toMatchObject(refused);
    const now = await task.view();
    expect(now).toMatchObject({ status: 'assigned', run: { id: next.id } });
    expect(now.endedRuns[0]).toMatchObject({ id: run.id, lateSubmission: true });
  });

  test.each(['release', 'mark_complete', 'mark_failed', 'hand_off'] as const)(
    'says stop to a heartbeat after %s, until it is closed',
    async (ending) => {
      const task = await baton.create({ settleSeconds: 60 });
      const run = await task.claim(ada);
      expect((await task.beat(run.id))?.cancelRequested).toBe(false);
      await task.do(ending, ada);
      await task.untilStopped(run.id);
      await task.completeLease(run.id);
      expect(await task.beat(run.id)).toBeUndefined();
    },
  );

  test('closed from outside counts as a crash', async () => {
    const task = await baton.create();
    const run = await task.claim(ada);
    await task.completeLease(run.id);
    expect(await task.until(({ status }) => status === 'queued')).toMatchObject({ attempts: 1 });
  });

  test('of an old run may still be open when the next begins, and its end changes nothing', async () => {
    const task = await baton.create();
    const old = await task.claim(ada);
    await task.do('release', ada);
    const next = await task.claim(bob);
    await task.completeLease(old.id);
    await task.do('comment', olga);
    expect(await task.view()).toMatchObject({ status: 'assigned', run: { id: next.id }, attempts: 0 });
  });
});

describeOnWorkers('a run without checkpoints', (baton) => {
  test('is stalled, although its heartbeats go on', async () => {
    const task = await baton.create({ progressTimeoutSeconds: 1 });
    const run = await task.claim(ada, SHORT);
    const beats = task.keepBeating(run.id);
    const stalled = await task.until(({ status }) => status === 'queued');
    expect(stalled).toMatchObject({ attempts: 1, lastFailure: { reasonCode: 'stalled' } });
    beats.stop();
    await expect(task.untilStopped(run.id)).resolves.toBeUndefined();
  });

  test('fails the task in the end', async () => {
    const task = await baton.create({ progressTimeoutSeconds: 1, maxAttempts: 2 });
    for (const agent of [ada, bob]) {
      await task.claim(agent);
      await task.until(({ run }) => run === undefined);
    }
    expect(await task.final()).toMatchObject({ failure: { reasonCode: 'stalled' }, attempts: 2 });
  });

  test('goes on for as long as checkpoints come in time', async () => {
    const definition = { progressTimeoutSeconds: 3 };
    const [busy, idle] = [await baton.create(definition), await baton.create(definition)];
    await busy.claim(ada);
    await idle.claim(ada);
    let stalled = false;
    while (!stalled) {
      await busy.do('report_progress', ada);
      stalled = (await idle.view()).status === 'queued';
    }
    expect((await busy.view()).status).toBe('running');
  });
});
