import { expect, test } from 'vitest';
import { childrenOf, giveUp, node, plant, sequence, untilChildrenAre, work } from '../support/family.ts';
import { olga, rita } from '../support/task-fixture.ts';
import { describeOnWorkers } from '../support/worker.ts';

const REQUIRED = { policy: 'required' } as const;

describeOnWorkers('a sub-task that ends otherwise', (baton) => {
  const open = ({ id }: { id: string }) => baton.open(id);

  test.each(['cancelled', 'terminated'] as const)('is out of the way when it was %s', async (how) => {
    const [first, second] = [node('Peel'), node('Cook')];
    const root = await plant(baton, sequence('Dinner', [first, second]));
    if (how === 'cancelled') await open(first).handle.cancel();
    else await open(first).handle.terminate('enough');
    await untilChildrenAre(root, 'Peel: cancelled', 'Cook: open');
    await work(open(second));
    expect((await root.final()).status).toBe('done');
  });

  test('can be followed: the new one takes its place, and the next step waits for it', async () => {
    const [first, second] = [node('Peel', { review: REQUIRED }), node('Cook')];
    const root = await plant(baton, sequence('Dinner', [first, second]));
    await work(open(first));
    await open(first).do('request_changes', rita, { comment: 'thinner' });
    const { followedBy } = await open(first).final();
    await root.until(({ children }) => children[0]?.id === followedBy);
    expect(await childrenOf(root)).toEqual(['Peel: open', 'Cook: held up by Peel']);
    const follower = baton.open(followedBy!);
    expect(await follower.view()).toMatchObject({
      parent: { id: root.id, order: 1, depth: 1 },
      follows: { task: first.id, comment: 'thinner' },
    });
    await work(follower);
    await follower.do('approve', rita);
    await work(open(second));
    expect(await root.final()).toMatchObject({
      status: 'done',
      submission: { output: { children: [{ id: followedBy, status: 'done' }, { id: second.id }] } },
    });
  });

  const failing = async (onChildFailure?: 'hold' | 'continue' | 'fail') => {
    const [first, second] = [node('Peel'), node('Cook')];
    const root = await plant(
      baton,
      sequence('Dinner', [first, second], { ...(onChildFailure && { onChildFailure }) }),
    );
    await giveUp(open(first));
    return { root, first, second };
  };

  test('by failing holds the pipeline up, and a person sees why', async () => {
    const { root } = await failing();
    await untilChildrenAre(root, 'Peel: failed', 'Cook: held up by Peel');
    expect(await root.page()).toContain('Held, for sub-task Peel failed: a person must retry or skip it.');
  });

  test('can be skipped', async () => {
    const { root, first, second } = await failing('hold');
    await untilChildrenAre(root, 'Peel: failed', 'Cook: held up by Peel');
    await root.do('skip_child', olga, { child: first.id });
    await work(open(second));
    expect(await root.final()).toMatchObject({
      status: 'done',
      children: [{ status: 'skipped' }, { status: 'done' }],
    });
  });

  test('can be retried by a new task in its place', async () => {
    const { root, first, second } = await failing();
    await untilChildrenAre(root, 'Peel: failed', 'Cook: held up by Peel');
    const again = {
      ...node('Peel again'),
      follows: { task: first.id, by: olga, comment: 'With the other knife.' },
    };
    await root.do('create_subtask', olga, { child: again, replaces: first.id });
    expect(await childrenOf(root)).toEqual(['Peel again: open', 'Cook: held up by Peel again']);
    expect(await open(again).view()).toMatchObject({ follows: { task: first.id }, parent: { order: 1 } });
    await open(second).until(({ gate }) => gate?.blockedBy === again.id);
    await work(open(again));
    await work(open(second));
    expect((await root.final()).status).toBe('done');
  });

  test('by failing is passed over where the parent says so', async () => {
    const { root, second } = await failing('continue');
    await work(open(second));
    expect((await root.final()).status).toBe('done');
  });

  test('by failing fails the parent where it says so, and with it what was held up', async () => {
    const { root, second } = await failing('fail');
    expect(await root.final()).toMatchObject({
      status: 'failed',
      failure: { reasonCode: 'child_failed', message: 'Sub-task Peel failed.' },
    });
    expect((await open(second).final()).status).toBe('cancelled');
  });

  test('at some level is felt at those above', async () => {
    const leaf = node('Peel');
    const inner = sequence('Prepare', [leaf], { onChildFailure: 'fail' });
    const root = await plant(baton, sequence('Dinner', [inner, node('Cook')], { onChildFailure: 'fail' }));
    await giveUp(open(leaf));
    expect(await root.final()).toMatchObject({ status: 'failed', failure: { reasonCode: 'child_failed' } });
  });
});
