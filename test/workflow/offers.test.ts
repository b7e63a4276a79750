import { defaultPayloadConverter } from '@temporalio/common';
import { expect, test } from 'vitest';
import type { Actor } from '../../workflows/actor.ts';
import { LIMITS } from '../../workflows/limits.ts';
import { ada, bob, olga, rita } from '../support/task-fixture.ts';
import { WorkQueue } from '../support/work-queue.ts';
import { describeOnWorkers } from '../support/worker.ts';

const json = (value: unknown) => [defaultPayloadConverter.toPayload(value)];
const isQueued = ({ status }: { status: string }) => status === 'queued';

describeOnWorkers('a task in a work queue', (baton) => {
  const waiting = async (definition: Parameters<typeof baton.create>[0] = {}) => {
    const queue = baton.workQueue();
    return { queue, task: await baton.create({ queue: queue.id, ...definition }) };
  };

  test('is taken by whoever polls, who claims it with the answer', async () => {
    const { queue, task } = await waiting({ priority: 2, lease: { seconds: 20 } });
    const held = await queue.next(ada);
    expect(held.offered).toEqual({
      id: task.id,
      title: 'Count the beans',
      priority: 2,
    });
    const runId = await held.claim({ leaseSeconds: 20 });
    await task.untilAlive(runId!);
    expect(await task.view()).toMatchObject({
      status: 'assigned',
      run: { id: runId, agent: 'ada', attempt: 1, leaseSeconds: 20 },
    });
  });

  test('goes on from there like any other', async () => {
    const { queue, task } = await waiting();
    const runId = (await (await queue.next(ada)).claim())!;
    await task.untilAlive(runId);
    await task.do('report_progress', ada, { runId });
    await task.do('mark_complete', ada, { runId });
    await task.completeLease(runId);
    await task.do('approve', rita);
    expect((await task.final()).status).toBe('done');
  });

  test('is offered again when its taker vanishes, and costs no attempt', async () => {
    const { queue, task } = await waiting();
    await queue.next(ada);
    const held = await queue.next(bob);
    expect(held.attempt).toBe(2);
    await held.claim();
    expect(await task.view()).toMatchObject({ run: { agent: 'bob', attempt: 1 }, endedRuns: [] });
  });

  test('is offered again at once when its taker gives it back', async () => {
    const { queue, task } = await waiting();
    await (await queue.next(ada)).giveBack();
    expect((await queue.next(bob)).id).toBe(task.id);
  });

  test('is not to be had any more once it was claimed by its id', async () => {
    const { queue, task } = await waiting();
    await task.claim(bob);
    expect(await task.offer()).toBeUndefined();
    expect(await queue.glance(ada)).toBeUndefined();
  });

  test('is lost for one who holds the offer when another claims it by its id', async () => {
    const { queue, task } = await waiting();
    const held = await queue.next(ada);
    const run = await task.claim(bob);
    await held.claim();
    expect(await task.view()).toMatchObject({ run: { id: run.id, agent: 'bob' }, attempts: 0 });
  });

  test.each(['hand_off', 'cancel'] as const)('is not offered any more after %s', async (how) => {
    const { task } = await waiting({ settleSeconds: 600 });
    if (how === 'cancel') await task.cancel();
    else await task.do('hand_off', olga);
    expect(await task.offer()).toBeUndefined();
    await task.do(how === 'cancel' ? 'reopen' : 'resume', olga);
    expect(await task.offer()).toBeDefined();
  });

  test('is offered again after a release, and after a crash', async () => {
    const { queue, task } = await waiting();
    await task.claim(ada);
    await task.do('release', ada);
    const runId = (await (await queue.next(bob)).claim({ leaseSeconds: 5 }))!;
    await task.untilAlive(runId);
    await task.until(isQueued);
    expect((await queue.next(ada)).id).toBe(task.id);
  });

  test('is offered again when a backoff is over, not before', async () => {
    const { queue, task } = await waiting();
    await task.claim(ada);
    await task.do('mark_failed', ada, { reasonCode: 'unreachable_service' });
    expect(await task.offer()).toBeUndefined();
    expect((await queue.next(bob)).id).toBe(task.id);
    expect((await task.view()).notBefore).toBeUndefined();
  });

  test('is offered with its new priority, in its new queue and to its new assignee', async () => {
    const { queue, task } = await waiting();
    await task.do('edit', olga, { edit: { priority: 1 } });
    expect((await queue.next(ada)).offered.priority).toBe(1);
    const other = baton.workQueue();
    await task.do('edit', olga, { edit: { queue: other.id } });
    expect((await other.next(ada)).id).toBe(task.id);
    const carl: Actor = { id: crypto.randomUUID(), role: 'agent' };
    await task.do('edit', olga, { edit: { assignee: carl.id } });
    const held = await baton.inboxOf(carl).next(carl);
    expect(held.id).toBe(task.id);
    await held.claim();
    expect((await task.view()).run?.agent).toBe(carl.id);
    expect(await queue.glance(ada)).toBeUndefined();
  });

  test('is offered once however often anything else is edited', async () => {
    const { queue, task } = await waiting();
    await task.view();
    const before = (await task.events()).filter((event) => event.activityTaskScheduledEventAttributes);
    for (let i = 0; i < 5; i += 1) {
      await task.do('edit', olga, { edit: { title: `Title ${i}`, labels: [`l-${i}`] } });
      await task.do('comment', olga);
    }
    const after = (await task.events()).filter((event) => event.activityTaskScheduledEventAttributes);
    expect(after).toEqual(before);
    // Its taker asks the task itself what it is about.
    expect((await queue.next(ada)).offered.title).toBe('Count the beans');
  });

  test('is handed out by priority, then by age', async () => {
    const queue = baton.workQueue();
    const ids: Record<string, string> = {};
    for (const [name, priority] of [
      ['third', 3],
      ['last', 5],
      ['first', 1],
      ['fourth', 3],
      ['second', 2],
    ] as const) {
      const task = await baton.create({ queue: queue.id, priority });
      await task.view();
      ids[task.id] = name;
    }
    await queue.untilWaiting(5);
    const handedOut: unknown[] = [];
    for (let i = 0; i < 5; i += 1) handedOut.push(ids[(await queue.next(ada)).id]);
    expect(handedOut).toEqual(['first', 'second', 'third', 'fourth', 'last']);
  });

  test('that has no queue and no assignee is offered to nobody', async () => {
    const task = await baton.create();
    expect(await task.offer()).toBeUndefined();
    await task.do('edit', olga, { edit: { queue: baton.workQueue().id } });
    expect(await task.offer()).toBeDefined();
  });
});

describeOnWorkers('an answer to an offer that is no good', (baton) => {
  const held = async (definition: Parameters<typeof baton.create>[0] = {}) => {
    const queue = baton.workQueue();
    const task = await baton.create({ queue: queue.id, ...definition });
    return { queue, task, offer: await queue.next(ada) };
  };

  test('because it comes too late: the next one has it at once', async () => {
    const { queue, task, offer } = await held();
    await offer.claim({ answerBy: new Date(Date.now() - 1_000).toISOString() });
    expect((await queue.next(bob)).id).toBe(task.id);
    expect(await task.view()).toMatchObject({ status: 'queued', version: 1, endedRuns: [] });
  });

  test.each([
    ['nothing', undefined],
    ['nothing readable', [{ data: new Uint8Array([1]) }]],
    ['no JSON', [{ metadata: { encoding: Buffer.from('json/plain') }, data: Buffer.from('{"run') }]],
    ['no claim', json('yes, please')],
    ['half a claim', json({ actor: ada })],
    ['a claim in the wrong words', json({ messageId: 'm', actor: ada, runId: 'r', leaseSeconds: 'long' })],
  ])('because it says %s: that shows, and the next one has it', async (_what, payloads) => {
    const { queue, task, offer } = await held();
    await offer.answer(payloads);
    const { malformed } = await task.until((seen) => seen.malformed !== undefined);
    expect(malformed?.message).toBe('claim');
    const runId = await (await queue.next(bob)).claim();
    expect((await task.view()).run?.id).toBe(runId);
  });

  test('because the task is not for its sender', async () => {
    const carl: Actor = { id: crypto.randomUUID(), role: 'agent' };
    const task = await baton.create({ assignee: carl.id });
    await (await baton.inboxOf(carl).next(ada)).claim();
    await (await baton.inboxOf(carl).next(carl)).claim();
    expect((await task.view()).run?.agent).toBe(carl.id);
  });

  test('because its run is over: a run id is used once', async () => {
    const { queue, task, offer } = await held();
    const runId = (await offer.claim())!;
    await task.untilAlive(runId);
    await task.do('release', ada, { runId });
    await (await queue.next(ada)).claim({ runId, messageId: 'another' });
    expect((await queue.next(bob)).id).toBe(task.id);
    expect(await task.view()).toMatchObject({ status: 'queued', endedRuns: [{ id: runId }] });
  });

  test('because somebody ended the offer for good: there is another', async () => {
    const { queue, task, offer } = await held();
    await offer.giveBack({ forGood: true });
    expect((await queue.next(bob)).id).toBe(task.id);
  });

  test('because the message was here before: it gets the run it got then', async () => {
    const { queue, task, offer } = await held();
    const claim = { messageId: 'm', contentHash: 'h', runId: crypto.randomUUID() };
    await task.do('claim', ada, claim);
    await offer.claim(claim);
    expect((await task.view()).run?.id).toBe(claim.runId);
    await task.do('release', ada);
    expect((await queue.next(bob)).id).toBe(task.id);
  });
});

describeOnWorkers('names as long as they may be', (baton) => {
  test.each(['x', '/', '%', '"', '豆', '🫘', '\u0001'])('are no trouble for an inbox: %j', async (piece) => {
    const name = piece.repeat(Math.floor(LIMITS.idBytes / Buffer.byteLength(piece)));
    const agent: Actor = { id: name, role: 'agent' };
    const task = await baton.create({ assignee: name, project: name }, { company: name });
    const held = await WorkQueue.inboxOf(baton.client, name, name).next(agent);
    await held.claim();
    expect((await task.view()).run?.agent).toBe(name);
  });
});
