import { expect, test } from 'vitest';
import { ada, rita } from '../support/task-fixture.ts';
import { describeOnWorkers } from '../support/worker.ts';

describeOnWorkers('the history of a task', (baton) => {
  test('has at most 48 events from creation over three checkpoints to approval', async () => {
    const task = await baton.create();
    const run = await task.claim(ada);
    for (const note of ['first', 'second', 'third']) {
      await task.beat(run.id);
      await task.do('report_progress', ada, { note });
    }
    await task.do('mark_complete', ada);
    await task.completeLease(run.id);
    await task.do('approve', rita);
    await task.final();
    expect((await task.events()).length).toBeLessThanOrEqual(48);
  });

  test('has no event of any heartbeat', async () => {
    const task = await baton.create();
    const run = await task.claim(ada);
    await task.view();
    const before = await task.events();
    for (let i = 0; i < 20; i += 1) await task.beat(run.id);
    expect(await task.events()).toHaveLength(before.length);
  });

  test('grows by one message and its workflow task for each checkpoint, whatever the timers do', async () => {
    const task = await baton.create({ progressTimeoutSeconds: 600 });
    await task.claim(ada);
    await task.do('report_progress', ada);
    const before = await task.events();
    for (let i = 0; i < 5; i += 1) await task.do('report_progress', ada);
    const after = await task.events();
    expect(after.length - before.length).toBeLessThanOrEqual(5 * 4);
  });
});
