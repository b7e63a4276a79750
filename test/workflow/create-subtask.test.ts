import { WorkflowUpdateFailedError } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import { expect, test } from 'vitest';
import { LIMITS } from '../../workflows/limits.ts';
import { childrenOf, node, plant, sequence, untilChildrenAre, work } from '../support/family.ts';
import type { RealTask } from '../support/real-task.ts';
import { ada, bob, olga } from '../support/task-fixture.ts';
import { describeOnWorkers } from '../support/worker.ts';

const json = (value: unknown) => [defaultPayloadConverter.toPayload(value)];

describeOnWorkers('a sub-task that is asked for', (baton) => {
  const open = ({ id }: { id: string }) => baton.open(id);

  test('has started when the answer comes, with all that is below it a moment later', async () => {
    const task = await baton.create({ queue: baton.workQueue().id, project: 'soup' });
    await task.claim(ada);
    const leaf = node('Peel');
    const branch = sequence('Prepare', [leaf]);
    await task.do('create_subtask', ada, { child: branch });
    expect(await open(branch).view()).toMatchObject({
      status: 'queued',
      createdBy: ada,
      parent: { id: task.id, depth: 1 },
      definition: { project: 'soup' },
    });
    await open(leaf).untilStarted();
    await work(open(leaf), bob);
    await untilChildrenAre(task, 'Prepare: done');
    await task.do('mark_complete', ada);
  });

  test('asked for twice under one key or two is there once', async () => {
    const task = await baton.create();
    const child = node('Peel');
    const once = { messageId: 'm', contentHash: 'h', child };
    await task.do('create_subtask', olga, once);
    await task.do('create_subtask', olga, once);
    await task.do('create_subtask', olga, { child });
    expect(await childrenOf(task)).toEqual(['Peel: open']);
    const started = (await task.events()).filter(
      (event) => event.startChildWorkflowExecutionInitiatedEventAttributes,
    );
    expect(started).toHaveLength(1);
  });

  test('asked for by many at once is in one order for all', async () => {
    const task = await baton.create({ mode: 'sequence' });
    const nodes = Array.from({ length: 8 }, (_, i) => node(`Step ${i}`));
    await Promise.all(nodes.map((child) => task.do('create_subtask', olga, { child })));
    const { children } = await task.view();
    expect(children.map(({ order }) => order)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    for (const [i, { id, blockedBy }] of children.entries()) {
      expect(blockedBy).toBe(children[i - 1]?.id);
      expect((await baton.open(id).view()).gate?.blockedBy).toBe(blockedBy);
    }
  });

  test('is put in between, and the later steps wait for it too', async () => {
    const [first, last] = [node('Peel'), node('Cook')];
    const root = await plant(
      baton,
      sequence('Dinner', [
        { ...first, order: 1 },
        { ...last, order: 5 },
      ]),
    );
    const between = node('Chop');
    await root.do('create_subtask', olga, { child: { ...between, order: 3 } });
    await open(last).until(({ gate }) => gate?.blockedBy === between.id);
    await work(open(first));
    await work(open(between));
    await work(open(last));
    expect((await root.final()).status).toBe('done');
  });

  test('that comes just as the step before it ends does not miss its gate', async () => {
    for (let round = 0; round < 5; round += 1) {
      const [first, next] = [node('Peel'), node('Cook')];
      const root = await plant(baton, sequence('Dinner', [first], { queue: baton.workQueue().id }));
      const run = await open(first).claim(ada);
      await Promise.all([
        root.do('create_subtask', olga, { child: next }),
        open(first).do('mark_complete', ada, { runId: run.id }),
      ]);
      expect((await open(next).until(({ gate }) => gate === undefined)).status).toBe('queued');
    }
  });

  test('under the id of a task that exists fails; it can be skipped', async () => {
    const [stranger, task] = [await baton.create(), await baton.create()];
    const asked = task.send('create_subtask', olga, { child: { ...node('Peel'), id: stranger.id } });
    await expect(asked).rejects.toBeInstanceOf(WorkflowUpdateFailedError);
    expect(await childrenOf(task)).toEqual(['Peel: failed']);
    expect(await stranger.view()).toMatchObject({ status: 'queued' });
    expect((await stranger.view()).parent).toBeUndefined();
    await task.do('skip_child', olga, { child: stranger.id });
    expect(await childrenOf(task)).toEqual(['Peel: skipped']);
  });

  test('under the id of a task that has ended does not bring it to life again', async () => {
    const [ended, task] = [await baton.create(), await baton.create()];
    await ended.cancel();
    await ended.final();
    const asked = task.send('create_subtask', olga, { child: { ...node('Peel'), id: ended.id } });
    await expect(asked).rejects.toBeInstanceOf(WorkflowUpdateFailedError);
    expect((await ended.final()).status).toBe('cancelled');
  });
});

describeOnWorkers('nonsense about a tree, from a foreign client,', (baton) => {
  const envelope = { actor: olga };
  const message = (content: object) => json({ messageId: crypto.randomUUID(), ...envelope, ...content });
  const chain = (levels: number): object =>
    levels === 0 ? node('x') : { ...node('x'), children: [chain(levels - 1)] };

  /** The task and its sub-task go on to the end. */
  async function expectToWork(root: RealTask, leaf: RealTask): Promise<void> {
    await work(leaf);
    expect((await root.final()).status).toBe('done');
  }

  const family = async () => {
    const leaf = node('Peel');
    const root = await plant(baton, sequence('Dinner', [leaf]));
    return { root, leaf: baton.open(leaf.id) };
  };

  test.each([
    ['no id', { child: { definition: { title: 'T' } } }],
    ['a tree too deep', { child: chain(LIMITS.treeDepth) }],
    ['a tree too large', { child: { ...node('x'), children: Array.from({ length: 200 }, () => node('y')) } }],
    [
      'one order twice',
      { child: { ...node('x'), children: [1, 1].map((order) => ({ ...node('y'), order })) } },
    ],
    ['children that are none', { child: { ...node('x'), children: [null] } }],
  ])('is refused as a sub-task: %s', async (_what, content) => {
    const { root, leaf } = await family();
    expect(await root.updateRaw('create_subtask', message(content))).toMatchObject({
      applicationFailureInfo: { type: 'malformed_message' },
    });
    await expectToWork(root, leaf);
  });

  test('wedges nobody: sub-tasks with the ids of their relatives', async () => {
    const { root, leaf } = await family();
    const twins = [node('a'), node('b')].map((each) => ({ ...each, id: leaf.id }));
    for (const child of [
      { ...node('root itself'), id: root.id },
      { ...node('its own child'), children: [{ ...node('x'), id: root.id }] },
      { ...node('twins'), children: twins },
    ]) {
      await root.updateRaw('create_subtask', message({ child }));
    }
    const strange = (await root.view()).children.filter(({ id }) => id !== root.id && id !== leaf.id);
    for (const { id } of strange) {
      await baton.open(id).handle.cancel();
      await root.until(({ children }) => children.find((each) => each.id === id)?.status === 'cancelled');
    }
    await root.do('skip_child', olga, { child: root.id });
    expect(strange).toHaveLength(2);
    await expectToWork(root, leaf);
  });

  test('wedges nobody: news and gates that make no sense', async () => {
    const { root, leaf } = await family();
    for (const [name, content] of [
      ['child_closed', { child: 'stranger', status: 'done' }],
      ['child_closed', { child: leaf.id, status: 'running' }],
      ['child_closed', { child: root.id, status: 'failed', followedBy: root.id }],
      ['child_closed', { child: leaf.id, status: 'nonsense' }],
      ['open_gate', {}],
      ['close_gate', {}],
      ['close_gate', { blockedBy: '' }],
    ] as const) {
      await root.signalRaw(name, message(content));
      await leaf.signalRaw(name, message(content));
    }
    expect(await childrenOf(root)).toEqual(['Peel: open']);
    await expectToWork(root, leaf);
  });

  test('is a way to lie, not to wedge: a gate that was never closed, an end that never came', async () => {
    const { root, leaf } = await family();
    await leaf.signalRaw('close_gate', message({ blockedBy: 'nobody' }));
    expect(await leaf.send('claim', ada)).toMatchObject({ type: 'seq_blocked', blockedBy: 'nobody' });
    await root.signalRaw('child_closed', message({ child: leaf.id, status: 'failed' }));
    await untilChildrenAre(root, 'Peel: failed');
    await leaf.signalRaw('open_gate', message({}));
    await expectToWork(root, leaf);
  });
});
