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

  test('has at most six events more when the task waited in a queue, however it was taken', async () => {
    const lengthOf = async (how: 'by its id' | 'by its offer' | 'without a queue') => {
      const queue = baton.workQueue();
      const task = await baton.create({
        review: { policy: 'none' },
        ...(how !== 'without a queue' && { queue: queue.id }),
      });
      await task.view();
      let runId: string = crypto.randomUUID();
      if (how === 'by its offer') runId = (await (await queue.next(ada)).claim())!;
      else await task.do('claim', ada, { runId });
      await task.untilAlive(runId);
      await task.do('mark_complete', ada, { runId });
      await task.completeLease(runId);
      await task.final();
      return (await task.events()).length;
    };
    const without = await lengthOf('without a queue');
    expect((await lengthOf('by its id')) - without).toBeLessThanOrEqual(6);
    expect((await lengthOf('by its offer')) - without).toBeLessThanOrEqual(6);
  });

  test('has no event more where nobody is to be woken, and at most nine for a wake', async () => {
    const lengthOf = async (comment: object) => {
      const task = await baton.create({}, { company: `company-${crypto.randomUUID()}` });
      await task.view();
      await task.do('comment', rita, { comment: '@ada', ...comment });
      await task.cancel();
      await task.final();
      return (await task.events()).length;
    };
    const without = await lengthOf({});
    expect(await lengthOf({ mentions: ['rita'] })).toBe(without);
    expect((await lengthOf({ mentions: ['ada'] })) - without).toBeLessThanOrEqual(9);
  });
});
