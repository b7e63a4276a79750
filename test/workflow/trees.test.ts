import { expect, test } from 'vitest';
import { ada, bob, olga, rita } from '../support/task-fixture.ts';
import { patiently } from '../support/patience.ts';
import { idsBelow, node, parallel, plant, sequence, untilChildrenAre, work } from '../support/family.ts';
import { describeOnWorkers } from '../support/worker.ts';

const REQUIRED = { policy: 'required' } as const;

describeOnWorkers('a tree of tasks', (baton) => {
  const open = ({ id }: { id: string }) => baton.open(id);

  test('starts as parent and child workflows, which know of each other', async () => {
    const leaf = node('Peel', { type: 'chore' });
    const branch = sequence('Prepare', [leaf]);
    const root = await plant(baton, parallel('Dinner', [branch], { project: 'soup', goal: 'eat' }));
    expect(await open(leaf).view()).toMatchObject({
      status: 'queued',
      company: 'acme',
      createdBy: olga,
      parent: { id: branch.id, order: 1, depth: 2 },
      definition: { title: 'Peel', project: 'soup', goal: 'eat', type: 'chore' },
    });
    expect((await root.view()).children).toMatchObject([{ id: branch.id, title: 'Prepare', status: 'open' }]);
    const { raw, memo, typedSearchAttributes } = await open(leaf).handle.describe();
    expect(raw.workflowExecutionInfo?.parentExecution?.workflowId).toBe(branch.id);
    expect(raw.workflowExecutionInfo?.rootExecution?.workflowId).toBe(root.id);
    expect(memo).toMatchObject({ title: 'Peel', order: 1, createdBy: 'olga' });
    const attributes = Object.fromEntries(
      typedSearchAttributes.getAll().map(({ key, value }) => [key.name, value]),
    );
    expect(attributes).toMatchObject({ TaskParent: branch.id, TaskProject: 'soup', TaskStatus: 'queued' });
  });

  test('shows the pipeline at a glance', async () => {
    const [first, second] = [node('Peel'), node('Cook')];
    const root = await plant(baton, sequence('Dinner', [first, second]));
    await work(open(first));
    await untilChildrenAre(root, 'Peel: done', 'Cook: open');
    const page = await root.page();
    expect(page).toContain('Waits for its sub-tasks: 1 of 2 done.');
    expect(page).toContain(`1. **done:** Peel (${first.id})\n1. **open:** Cook (${second.id})`);
    expect(await open(second).page()).toContain(`- **Part of:** task ${root.id}`);
  });

  test('opens its gates one after the other, through all levels, and is done when all of it is', async () => {
    const [peel, chop, fry, boil, serve] = ['Peel', 'Chop', 'Fry', 'Boil', 'Serve'].map((each) => node(each));
    const prepare = parallel('Prepare', [peel!, chop!]);
    const cook = sequence('Cook', [fry!, parallel('Heat', [boil!])]);
    const [heat] = cook.children!.slice(1);
    const root = await plant(baton, sequence('Dinner', [prepare, cook, serve!]));
    const claimable = async () => {
      const free: string[] = [];
      for (const each of [peel!, chop!, fry!, boil!, serve!]) {
        const { status, gate, definition } = await open(each).view();
        if (status === 'queued' && !gate) free.push(definition.title);
      }
      return free;
    };
    expect(await claimable()).toEqual(['Peel', 'Chop']);
    for (const [step, blockedBy] of [
      [fry, prepare],
      [boil, prepare],
      [serve, cook],
    ]) {
      expect(await open(step!).send('claim', ada)).toMatchObject({
        type: 'seq_blocked',
        blockedBy: blockedBy!.id,
      });
    }
    await work(open(chop!));
    await untilChildrenAre(open(prepare), 'Peel: open', 'Chop: done');
    expect(await claimable()).toEqual(['Peel']);
    await work(open(peel!));
    await open(fry!).until(({ gate }) => gate === undefined);
    expect(await claimable()).toEqual(['Fry']);
    expect(await open(boil!).send('claim', ada)).toMatchObject({ type: 'seq_blocked', blockedBy: fry!.id });
    await work(open(fry!));
    await work(open(boil!));
    await work(open(serve!));
    expect(await root.final()).toMatchObject({
      status: 'done',
      submission: {
        output: {
          children: [
            { id: prepare.id, title: 'Prepare', status: 'done' },
            { id: cook.id, title: 'Cook', status: 'done' },
            { id: serve!.id, title: 'Serve', status: 'done' },
          ],
        },
      },
    });
    expect((await open(heat!).final()).status).toBe('done');
  });

  test('goes on when a step is done, not when it is in review', async () => {
    const [first, second] = [node('Peel', { review: REQUIRED }), node('Cook')];
    const root = await plant(baton, sequence('Dinner', [first, second], { review: REQUIRED }));
    await work(open(first));
    await untilChildrenAre(root, 'Peel: open', 'Cook: held up by Peel');
    expect(await open(second).send('claim', ada)).toMatchObject({ type: 'seq_blocked' });
    await open(first).do('approve', rita);
    await work(open(second));
    await root.until(({ status }) => status === 'review');
    await root.do('approve', rita);
    expect((await root.final()).status).toBe('done');
  });

  test('offers a step when its turn has come, not before', async () => {
    const queue = baton.workQueue();
    const [first, second] = [node('Peel', { queue: queue.id }), node('Cook', { queue: queue.id })];
    await plant(baton, sequence('Dinner', [first, second]));
    const held = await queue.next(ada);
    expect(held.id).toBe(first.id);
    expect(await open(second).offer()).toBeUndefined();
    const runId = (await held.claim())!;
    await open(first).untilAlive(runId);
    await open(first).do('mark_complete', ada, { runId });
    expect((await queue.next(bob)).id).toBe(second.id);
  });

  test('tells a step of its gate in order, however quickly things change', async () => {
    const [first, second] = [node('Peel', { settleSeconds: 600 }), node('Cook')];
    const root = await plant(baton, sequence('Dinner', [first, second]));
    await work(open(first));
    await open(second).until(({ gate }) => gate === undefined);
    const told = async () =>
      (await open(second).events()).filter((event) => event.workflowExecutionSignaledEventAttributes).length;
    for (let round = 1; round <= (baton.keepsWorkflows ? 15 : 4); round += 1) {
      const before = await told();
      // Its gate closes and opens again in no time.
      await root.signal('child_closed', olga, { child: first.id, status: 'queued' });
      await root.signal('child_closed', olga, { child: first.id, status: 'done' });
      await patiently(async () => (await told()) === before + 2, 'It was not told twice.');
      expect((await open(second).view()).gate, `round ${round}`).toBeUndefined();
    }
  });
});

describeOnWorkers('a large tree', (baton) => {
  const open = ({ id }: { id: string }) => baton.open(id);

  // Without a workflow in memory each of them has its parent replay the lives of all before.
  const leaves = baton.keepsWorkflows ? 18 : 2;

  test(
    `may be ten branches of ${leaves}, and more; all start, and all end`,
    { timeout: 120_000 },
    async () => {
      const branch = (i: number) =>
        sequence(
          `Branch ${i}`,
          Array.from({ length: leaves }, (_, k) => node(`Leaf ${i}.${k}`)),
        );
      const branches = Array.from({ length: 10 }, (_, i) => branch(i));
      const nodes = [...branches, ...Array.from({ length: 9 }, (_, i) => node(`Leaf ${i}`))];
      const root = await plant(baton, parallel('A harvest', nodes));
      const ids = idsBelow(nodes);
      expect(ids).toHaveLength(10 * (1 + leaves) + 9);
      await root.handle.cancel();
      expect((await root.final()).status).toBe('cancelled');
      const ends = await Promise.all(ids.map((id) => baton.open(id).final()));
      expect(ends.filter(({ status }) => status !== 'cancelled')).toEqual([]);
    },
  );

  test('is ten levels deep at most, and its gates reach to the bottom', { timeout: 120_000 }, async () => {
    const chain = (levels: number): ReturnType<typeof node> =>
      levels === 1 ? node('Bottom') : sequence(`Level ${levels}`, [chain(levels - 1)]);
    const [first, deep] = [node('First'), chain(9)];
    const root = await plant(baton, sequence('Top', [first, deep]));
    const bottom = baton.open(idsBelow([deep]).at(-1)!);
    expect(await bottom.view()).toMatchObject({ parent: { depth: 9 }, gate: { blockedBy: first.id } });
    expect(await bottom.send('create_subtask', ada, { child: node('Too deep') })).toMatchObject({
      type: 'tree_too_large',
    });
    await work(open(first));
    await work(bottom);
    expect((await root.final()).status).toBe('done');
  });
});
