import { expect, test } from 'vitest';
import { giveUp, node, parallel, plant, sequence, untilChildrenAre, work } from '../support/family.ts';
import { renew } from '../support/long-history.ts';
import { ada, olga, rita } from '../support/task-fixture.ts';
import { describeOnWorkers } from '../support/worker.ts';

describeOnWorkers(
  'a parent that continues as new in the middle of it all',
  (baton) => {
    const open = ({ id }: { id: string }) => baton.open(id);

    test('still hears of its sub-tasks, opens gates, and is done', async () => {
      const [first, second, third] = [node('Peel'), node('Chop'), node('Cook')];
      const root = await plant(baton, sequence('Dinner', [first, second, third]));
      await work(open(first));
      await renew(root);
      await untilChildrenAre(root, 'Peel: done', 'Chop: open', 'Cook: held up by Chop');
      await work(open(second));
      await renew(root);
      await work(open(third));
      expect(await root.final()).toMatchObject({
        status: 'done',
        submission: { output: { children: [{ title: 'Peel' }, { title: 'Chop' }, { title: 'Cook' }] } },
      });
    });

    test('still passes its own gate on, and tells its own parent', async () => {
      const [first, leaf] = [node('Peel'), node('Cook')];
      const branch = sequence('Stew', [leaf]);
      const root = await plant(baton, sequence('Dinner', [first, branch]));
      await renew(open(branch));
      await work(open(first));
      await work(open(leaf));
      expect((await root.final()).status).toBe('done');
    });

    test('still cancels those that are open', async () => {
      const [first, second] = [node('Peel'), node('Cook')];
      const root = await plant(baton, sequence('Dinner', [first, second]));
      await renew(root);
      await root.cancel();
      for (const each of [first, second]) expect((await open(each).final()).status).toBe('cancelled');
      expect((await root.final()).status).toBe('cancelled');
    });

    test('still takes new sub-tasks, and replaces those that failed', async () => {
      const first = node('Peel');
      const root = await plant(baton, sequence('Dinner', [first]));
      await renew(root);
      await giveUp(open(first));
      await untilChildrenAre(root, 'Peel: failed');
      const [again, last] = [node('Peel again'), node('Cook')];
      await root.do('create_subtask', olga, { child: again, replaces: first.id });
      await root.do('create_subtask', olga, { child: last });
      await renew(root);
      await work(open(again));
      await work(open(last));
      expect((await root.final()).status).toBe('done');
    });

    test('with an agent at work on it still lets it hand in only when all below is done', async () => {
      const leaf = node('Peel');
      const root = await plant(baton, parallel('Dinner', [leaf], { assignee: 'ada' }));
      const run = await root.claim(ada);
      await renew(root);
      await root.untilAlive(run.id);
      expect(await root.send('mark_complete', ada)).toMatchObject({ type: 'open_children' });
      await work(open(leaf));
      await untilChildrenAre(root, 'Peel: done');
      await root.do('mark_complete', ada);
      expect((await root.final()).status).toBe('done');
    });
  },
  { hasty: true },
);

describeOnWorkers(
  'a sub-task that continues as new',
  (baton) => {
    const open = ({ id }: { id: string }) => baton.open(id);

    test('is the same to its parent, and keeps its gate', async () => {
      const [first, second] = [node('Peel'), node('Cook')];
      const root = await plant(baton, sequence('Dinner', [first, second]));
      await renew(open(first));
      await renew(open(second));
      expect(await open(second).send('claim', ada)).toMatchObject({
        type: 'seq_blocked',
        blockedBy: first.id,
      });
      await work(open(first));
      await work(open(second));
      expect((await root.final()).status).toBe('done');
    });

    test('is followed in its place, and cancelled with its parent', async () => {
      const first = node('Peel', { review: { policy: 'required' } });
      const root = await plant(baton, sequence('Dinner', [first, node('Cook')]));
      await renew(open(first));
      await work(open(first));
      await open(first).do('request_changes', rita);
      const { followedBy } = await open(first).final();
      await root.until(({ children }) => children[0]?.id === followedBy);
      await root.cancel();
      expect((await baton.open(followedBy!).final()).status).toBe('cancelled');
    });
  },
  { hasty: true },
);

describeOnWorkers(
  'a task that is offered and continues as new',
  (baton) => {
    test('is offered again; who held the old offer holds nothing', async () => {
      const queue = baton.workQueue();
      const task = await baton.create({ queue: queue.id, priority: 2 });
      const old = await queue.next(ada);
      await renew(task);
      expect(await old.claim()).toBeUndefined();
      const held = await queue.next(ada);
      expect(held.offered).toMatchObject({ id: task.id, priority: 2 });
      const runId = (await held.claim())!;
      expect((await task.view()).run?.id).toBe(runId);
    });

    test('is offered in the meantime too', async () => {
      const queue = baton.workQueue();
      const task = await baton.create({ queue: queue.id });
      await renew(task);
      await task.claim(ada);
      await task.do('release', ada);
      expect((await queue.next(ada)).id).toBe(task.id);
    });
  },
  { hasty: true },
);

describeOnWorkers(
  'a parent that nothing tells of the end of a sub-task',
  (baton) => {
    const open = ({ id }: { id: string }) => baton.open(id);

    test('misses one that was terminated after it continued as new, and goes on', async () => {
      const [first, second] = [node('Peel'), node('Cook')];
      const root = await plant(baton, sequence('Dinner', [first, second]));
      await renew(root);
      await open(first).handle.terminate('enough');
      await untilChildrenAre(root, 'Peel: cancelled', 'Cook: open');
      await work(open(second));
      expect((await root.final()).status).toBe('done');
    });

    test('misses a terminated one that had followed another', async () => {
      const first = node('Peel', { review: { policy: 'required' } });
      const root = await plant(baton, sequence('Dinner', [first, node('Cook')]));
      await work(open(first));
      await open(first).do('request_changes', rita);
      const { followedBy } = await open(first).final();
      await root.until(({ children }) => children[0]?.id === followedBy);
      await baton.open(followedBy!).handle.terminate('enough');
      await untilChildrenAre(root, 'Peel: cancelled', 'Cook: open');
      expect((await root.view()).children[0]).toMatchObject({ id: followedBy, status: 'cancelled' });
    });

    test('does not mistake those that live for those that ended, however often it looks', async () => {
      const [first, second] = [node('Peel'), node('Cook')];
      const root = await plant(baton, parallel('Dinner', [first, second]));
      await renew(root);
      const looks = async () =>
        (await root.events()).filter((event) => event.activityTaskCompletedEventAttributes).length;
      await root.untilEvent((event) => Boolean(event.activityTaskCompletedEventAttributes));
      const before = await looks();
      while ((await looks()) < before + 2) await root.view();
      await untilChildrenAre(root, 'Peel: open', 'Cook: open');
      await work(open(first));
      await work(open(second));
      expect(await root.final()).toMatchObject({ status: 'done' });
    });
  },
  { hasty: true, hurried: true },
);
