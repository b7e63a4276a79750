import { expect, test } from 'vitest';
import type { Actor } from '../../workflows/actor.ts';
import { ada, bob, olga, rita, rolf } from '../support/task-fixture.ts';
import { describeOnWorkers } from '../support/worker.ts';

describeOnWorkers('a task, by messages alone,', (baton) => {
  test('is claimed, worked on, reviewed and done', async () => {
    const task = await baton.create();
    expect(await task.view()).toMatchObject({ id: task.id, status: 'queued', version: 1 });
    const run = await task.claim(ada);
    expect(run).toMatchObject({ agent: 'ada', attempt: 1 });
    expect((await task.view()).status).toBe('assigned');
    await task.do('report_progress', ada, { note: 'half way' });
    expect(await task.view()).toMatchObject({ status: 'running', lastProgress: { note: 'half way' } });
    await task.do('mark_complete', ada);
    expect(await task.view()).toMatchObject({
      status: 'review',
      endedRuns: [{ id: run.id, end: 'completed' }],
    });
    await task.do('approve', rita);
    expect((await task.final()).status).toBe('done');
  });

  test('is done at once without a review', async () => {
    const task = await baton.create({ review: { policy: 'none' } });
    await task.claim(ada);
    await task.do('mark_complete', ada);
    expect((await task.final()).status).toBe('done');
  });

  test('is reviewed by as many others as the quorum asks for, never by its own agent', async () => {
    const task = await baton.create({ review: { policy: 'required', quorum: 2 } });
    await task.claim(ada);
    await task.do('mark_complete', ada);
    const adaInDisguise: Actor = { id: 'ada', role: 'operator' };
    expect(await task.send('approve', adaInDisguise)).toMatchObject({ type: 'self_review' });
    await task.do('approve', rita);
    expect((await task.view()).status).toBe('review');
    await task.do('approve', rolf);
    expect((await task.final()).status).toBe('done');
  });

  test('goes back to its agent for changes to the same task', async () => {
    const task = await baton.create({ review: { policy: 'required', rework: 'same_task' } });
    await task.claim(ada);
    await task.do('mark_complete', ada, { output: 'first' });
    await task.do('request_changes', rita, { comment: 'again' });
    expect(await task.send('claim', bob)).toMatchObject({ type: 'assigned_to_another' });
    await task.claim(ada);
    await task.do('mark_complete', ada, { output: 'second' });
    await task.do('approve', rita);
    expect(await task.final()).toMatchObject({ status: 'done', submission: { output: 'second' } });
  });

  test('is released, handed off, resumed and taken by another', async () => {
    const task = await baton.create();
    await task.claim(ada);
    await task.do('release', ada);
    await task.claim(bob);
    await task.do('hand_off', bob, { blockers: 'no access' });
    expect(await task.view()).toMatchObject({
      status: 'handoff',
      handoff: { blockers: 'no access', by: 'bob' },
    });
    await task.do('resume', olga);
    expect((await task.claim(ada)).attempt).toBe(1);
    expect((await task.view()).endedRuns.map(({ end }) => end)).toEqual(['released', 'handed_off']);
  });

  test('waits for the backoff of a reported failure', async () => {
    const task = await baton.create();
    await task.claim(ada);
    await task.do('mark_failed', ada, { reasonCode: 'unreachable_service' });
    expect(await task.view()).toMatchObject({ status: 'queued', attempts: 1 });
    expect(await task.send('claim', bob)).toMatchObject({ type: 'backing_off' });
  });

  test('is edited by compare-and-set', async () => {
    const task = await baton.create();
    expect(await task.send('edit', olga, { edit: { title: 'Peas' }, ifVersion: 1 })).toBe('accepted');
    expect(await task.send('edit', rita, { edit: { title: 'Corn' }, ifVersion: 1 })).toMatchObject({
      type: 'stale_version',
      version: 2,
    });
    expect((await task.view()).definition.title).toBe('Peas');
  });

  test('takes comments from anybody', async () => {
    const task = await baton.create();
    await task.do('comment', bob, { comment: 'I know that pantry.' });
    expect((await task.view()).comments).toMatchObject([{ by: bob, text: 'I know that pantry.' }]);
  });

  test('gives a repeated message its first answer', async () => {
    const task = await baton.create();
    const again = { messageId: 'm', contentHash: 'h', comment: 'once' };
    await task.do('comment', olga, again);
    await task.do('comment', olga, again);
    expect((await task.view()).commentCount).toBe(1);
  });

  test('answers a claim that is sent twice with the run of the first', async () => {
    const task = await baton.create();
    const claim = { messageId: 'm', contentHash: 'h', runId: 'run-1' };
    expect(await task.send('claim', ada, claim)).toBe('accepted');
    expect(await task.send('claim', ada, claim)).toBe('accepted');
    expect(await task.view()).toMatchObject({ run: { id: 'run-1' }, endedRuns: [] });
  });
});

describeOnWorkers('what time brings', (baton) => {
  const soon = () => new Date(Date.now() + 1_500).toISOString();

  test('a deadline that passes fails a waiting task', async () => {
    const task = await baton.create({ deadline: soon() });
    expect(await task.final()).toMatchObject({
      status: 'failed',
      failure: { reasonCode: 'deadline_passed' },
    });
  });

  test('a deadline that is moved ahead of another timer counts', async () => {
    const task = await baton.create({ deadline: new Date(Date.now() + 3_600_000).toISOString() });
    await task.do('edit', olga, { edit: { deadline: soon() } });
    expect((await task.final()).status).toBe('failed');
  });

  test.each([
    ['escalate', 'review'],
    ['approve', 'done'],
    ['reject', 'failed'],
  ] as const)('the time limit of a review: %s leaves the task %s', async (onTimeout, status) => {
    const review = { policy: 'required', timeoutSeconds: 1, onTimeout } as const;
    const task = await baton.create({ review });
    await task.claim(ada);
    await task.do('mark_complete', ada);
    if (onTimeout === 'escalate')
      await task.until(({ review: progress }) => progress?.escalatedAt !== undefined);
    else await task.final();
    expect((await task.view()).status).toBe(status);
  });

  test('a task settles for as long as it says, and takes comments until then', async () => {
    const task = await baton.create({ settleSeconds: 2, review: { policy: 'none' } });
    await task.claim(ada);
    await task.do('mark_complete', ada);
    expect((await task.handle.describe()).status.name).toBe('RUNNING');
    await task.do('comment', olga, { comment: 'well done' });
    expect(await task.final()).toMatchObject({ status: 'done', comments: [{ text: 'well done' }] });
  });
});
