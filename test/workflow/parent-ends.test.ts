import { expect, test } from 'vitest';
import { giveUp, node, parallel, plant, sequence, untilChildrenAre, work } from '../support/family.ts';
import type { RealTask } from '../support/real-task.ts';
import { ada, bob } from '../support/task-fixture.ts';
import { describeOnWorkers } from '../support/worker.ts';

describeOnWorkers('the end of a parent', (baton) => {
  const open = ({ id }: { id: string }) => baton.open(id);
  const statusOf = async (task: RealTask) => (await task.handle.describe()).status.name;

  test('cancels all that is open below it, with time to wind down for those at work', async () => {
    const [first, second, third] = [node('Peel', { cancelGraceSeconds: 600 }), node('Chop'), node('Cook')];
    const branch = sequence('Prepare', [first, second]);
    const root = await plant(baton, parallel('Dinner', [branch, third]));
    const run = await open(first).claim(ada);
    await root.handle.cancel();
    for (const each of [second, third, branch]) expect((await open(each).final()).status).toBe('cancelled');
    expect((await root.final()).status).toBe('cancelled');
    await open(first).untilStopped(run.id);
    await open(first).do('release', ada);
    expect((await open(first).final()).status).toBe('cancelled');
  });

  test('reaches them even if it comes along with the start', async () => {
    for (let round = 0; round < 5; round += 1) {
      const leaves = Array.from({ length: 5 }, (_, i) => node(`Leaf ${i}`));
      const root = await baton.create({}, { children: [sequence('Branch', leaves), node('Leaf')] });
      await root.handle.cancel();
      expect((await root.final()).status).toBe('cancelled');
      for (const leaf of leaves) {
        await open(leaf).untilStarted();
        expect((await open(leaf).final()).status).toBe('cancelled');
      }
    }
  });

  test('by failing cancels those that it held up, and leaves the others to go on', async () => {
    const [first, second] = [node('Peel'), node('Cook')];
    const root = await plant(baton, sequence('Dinner', [first, second], { queue: baton.workQueue().id }));
    await open(first).claim(bob);
    await giveUp(root);
    expect((await root.final()).status).toBe('failed');
    expect((await open(second).final()).status).toBe('cancelled');
    expect(await statusOf(open(first))).toBe('RUNNING');
    await open(first).do('mark_complete', bob);
    expect((await open(first).final()).status).toBe('done');
  });

  test('is not to be had by handing in while something below is open', async () => {
    const leaf = node('Peel');
    const root = await plant(baton, parallel('Dinner', [leaf], { assignee: 'ada' }));
    await root.claim(ada);
    expect(await root.send('mark_complete', ada)).toMatchObject({
      type: 'open_children',
      blockedBy: leaf.id,
    });
    await work(open(leaf), bob);
    await untilChildrenAre(root, 'Peel: done');
    await root.do('mark_complete', ada);
    expect((await root.final()).status).toBe('done');
  });
});
