import { expect, test } from 'vitest';
import { ada, bob, rita } from '../support/task-fixture.ts';
import { describeOnWorkers } from '../support/worker.ts';

describeOnWorkers('the task that follows a request for changes', (baton) => {
  const sentBack = async (definition: Parameters<typeof baton.create>[0] = {}) => {
    const task = await baton.create({ project: 'soup', ...definition });
    await task.claim(ada);
    await task.do('mark_complete', ada, { output: 'first' });
    await task.do('request_changes', rita, { comment: 'count again' });
    const final = await task.final();
    return { task, final, successor: baton.open(final.followedBy!) };
  };

  test('is linked in both directions, and knows what was wanted', async () => {
    const { task, final, successor } = await sentBack();
    expect(final).toMatchObject({ status: 'failed', failure: { reasonCode: 'changes_requested' } });
    expect(await successor.view()).toMatchObject({
      id: final.followedBy,
      status: 'queued',
      company: 'acme',
      definition: { title: 'Count the beans', project: 'soup' },
      follows: { task: task.id, by: rita, comment: 'count again' },
      comments: [{ by: rita, text: 'count again' }],
    });
  });

  test('keeps what was submitted before frozen in the old one', async () => {
    const { final, successor } = await sentBack();
    expect(final.submission).toMatchObject({ output: 'first' });
    expect(await successor.view()).not.toHaveProperty('submission');
  });

  test('outlives the old one, and anybody can do it', async () => {
    const { task, successor } = await sentBack();
    expect((await task.handle.describe()).status.name).toBe('FAILED');
    await successor.claim(bob);
    await successor.do('mark_complete', bob);
    await successor.do('approve', rita);
    expect((await successor.final()).status).toBe('done');
  });

  test('is found in lists like any other', async () => {
    const { successor } = await sentBack({ labels: ['food'] });
    const { typedSearchAttributes, memo } = await successor.handle.describe();
    const named = typedSearchAttributes.getAll().map(({ key, value }) => [key.name, value]);
    expect(Object.fromEntries(named)).toMatchObject({
      TaskStatus: 'queued',
      TaskCompany: 'acme',
      TaskProject: 'soup',
      TaskLabels: ['food'],
    });
    expect(memo).toMatchObject({ title: 'Count the beans', createdBy: 'olga' });
  });

  test('has started before the old one settles', async () => {
    const { final, successor } = await sentBack({ settleSeconds: 1 });
    expect(final.status).toBe('failed');
    expect((await successor.view()).status).toBe('queued');
  });
});
