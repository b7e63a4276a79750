/** Sub-tasks that fail: what that means for the task above, and who may put it right how often. */
import { describe, expect, test } from 'vitest';
import { useApi } from '../support/api-under-test.ts';
import type { Json } from '../support/caller.ts';
import { eventually } from '../support/caller.ts';
import { QueueUnderTest, aCompany } from '../support/queues.ts';
import { taskThatIs } from '../support/task-states.ts';
import {
  NO_REVIEW,
  childrenOf,
  eventuallyAre,
  eventuallyIs,
  fail,
  plant,
  step,
  work,
} from '../support/trees.ts';

const api = useApi();
const { alice, bob, olga, rita } = api;

const key = () => ({ 'idempotency-key': crypto.randomUUID() });
const at = (id: string, path = '') => `/v1/tasks/${id}/subtasks${path}`;
const allowed = (task: Json): string[] =>
  task.actions.filter((action: Json) => action.allowed).map(({ name }: Json) => name);

describe('a step that fails', () => {
  const pipeline = (also: object = {}) =>
    plant(olga, { mode: 'sequence', ...NO_REVIEW, ...also, children: [step('A'), step('B')] });

  test('holds the pipeline up, which says so, until a new task does it', async () => {
    const { id } = await pipeline();
    const { A, B } = await childrenOf(olga, id);
    await fail(api, A.id);
    const held = await eventuallyAre(olga, id, ['failed', 'queued']);
    expect(held).toMatchObject({ status: 'queued', children: [{}, { blockedBy: A.id }] });
    expect(held.standing).toContain('Held');
    const retry = held.actions.find(({ name }: { name: string }) => name === 'retry_child');
    expect(retry).toMatchObject({ allowed: true, href: `/v1/tasks/${id}/subtasks/${A.id}/retry` });

    const again = await olga.send(retry.method, retry.href, { comment: 'Look behind the jar.' });
    expect(again).toMatchObject({
      status: 201,
      body: {
        title: 'A',
        status: 'queued',
        parent: { id, order: 1 },
        review: { policy: 'none' },
        links: { follows: `/v1/tasks/${A.id}` },
      },
    });
    expect((await olga.get(`/v1/tasks/${again.body.id}/comments`)).body.items).toMatchObject([
      { by: { id: 'olga' }, text: 'Look behind the jar.' },
    ]);
    expect((await olga.read(id)).children).toMatchObject([
      { id: again.body.id, order: 1, status: 'queued' },
      { id: B.id, blockedBy: again.body.id },
    ]);
    await work(api, again.body.id);
    await work(api, B.id);
    await eventuallyIs(olga, id, 'done');
  });

  test('can be skipped, which lets the pipeline go on', async () => {
    const { id } = await pipeline();
    const { A, B } = await childrenOf(olga, id);
    await fail(api, A.id);
    await eventuallyAre(olga, id, ['failed', 'queued']);
    const skipped = await olga.post(`/v1/tasks/${id}/subtasks/${A.id}/skip`, { comment: 'Never mind.' });
    expect(skipped).toMatchObject({
      status: 200,
      body: { children: [{ id: A.id, status: 'skipped' }, { id: B.id }], comments: 1 },
    });
    expect(skipped.body.children[1]).not.toHaveProperty('blockedBy');
    await work(api, B.id);
    await eventuallyIs(olga, id, 'done');
  });

  test('is passed over under the policy continue', async () => {
    const { id } = await pipeline({ onChildFailure: 'continue' });
    const { A, B } = await childrenOf(olga, id);
    await fail(api, A.id);
    await work(api, B.id);
    expect(await eventuallyIs(olga, id, 'done')).toMatchObject({
      children: [{ status: 'failed' }, { status: 'done' }],
    });
  });

  test('fails the whole under the policy fail, and what waited for it is cancelled', async () => {
    const { id } = await plant(olga, {
      onChildFailure: 'fail',
      mode: 'sequence',
      children: [step('A'), step('B')],
    });
    const { A, B } = await childrenOf(olga, id);
    await fail(api, A.id);
    const failed = await eventuallyIs(olga, id, 'failed');
    expect(failed).toMatchObject({ failure: { reasonCode: 'child_failed' } });
    await eventuallyIs(olga, B.id, 'cancelled');
    await eventuallyAre(olga, id, ['failed', 'cancelled']);
  });

  test('leaves those running that need not wait for it', async () => {
    const { id } = await plant(olga, { onChildFailure: 'fail', children: [step('A'), step('B')] });
    const { A, B } = await childrenOf(olga, id);
    const run = await alice.claim(B.id);
    await fail(api, A.id);
    await eventuallyIs(olga, id, 'failed');
    expect((await run.complete()).body.status).toBe('done');
    await eventuallyAre(olga, id, ['failed', 'done']);
  });
});

describe('deciding on a sub-task that failed', () => {
  const withFailed = async () => {
    const { id, run } = await taskThatIs(api, 'running');
    const { id: child } = await alice.must(alice.post(at(id), step('A')));
    await (await bob.claim(child)).fail({ reasonCode: 'out_of_scope', blocker: 'The jar is gone.' });
    await eventuallyAre(olga, id, ['failed']);
    return { id, run, child };
  };

  test('is for people, and for the agent that holds the task', async () => {
    const { id, run, child } = await withFailed();
    expect(allowed(await bob.read(id))).toEqual(['link', 'comment', 'create_subtask']);
    expect(allowed(await alice.read(id))).toEqual(expect.arrayContaining(['skip_child', 'retry_child']));
    expect(allowed(await rita.read(id))).toEqual(expect.arrayContaining(['skip_child', 'retry_child']));
    for (const decision of ['skip', 'retry']) {
      expect(await bob.post(at(id, `/${child}/${decision}`))).toMatchObject({
        status: 403,
        body: { type: '/problems/forbidden' },
      });
    }
    const again = await alice.post(at(id, `/${child}/retry`));
    expect(again.status).toBe(201);
    // Without a word from whoever asks, it tells why there had to be another try.
    const { items } = (await bob.get(`/v1/tasks/${again.body.id}/comments`)).body;
    expect(items[0].text).toContain('The jar is gone.');
    await fail(api, again.body.id);
    await eventuallyAre(olga, id, ['failed']);
    expect((await alice.post(at(id, `/${again.body.id}/skip`))).body.children).toMatchObject([
      { status: 'skipped' },
    ]);
    expect((await run.complete()).body.status).toBe('review');
  });

  test('keeps what its creator controls out of the hands of an agent that retries it', async () => {
    const { id } = await taskThatIs(api, 'running');
    const child = await olga.must(olga.post(at(id), { title: 'A', maxAttempts: 1 }));
    await (await bob.claim(child.id)).fail({ reasonCode: 'out_of_scope' });
    await eventuallyAre(olga, id, ['failed']);
    const again = await alice.must(alice.post(at(id, `/${child.id}/retry`)));
    expect(again).toMatchObject({
      createdBy: { id: 'olga' },
      review: { policy: 'required' },
      maxAttempts: 1,
    });
    const review = { policy: 'none' };
    expect(await alice.patch(`/v1/tasks/${again.id}`, { review }, { 'if-match': '*' })).toMatchObject({
      status: 403,
      body: { type: '/problems/forbidden' },
    });
  });

  test('counts once for a key', async () => {
    const { id, child } = await withFailed();
    const headers = key();
    const tries = await Promise.all(
      [1, 2, 3].map(() => olga.post(at(id, `/${child}/retry`), { comment: 'a' }, headers)),
    );
    expect(tries.map(({ status }) => status)).toEqual([201, 201, 201]);
    expect(new Set(tries.map(({ body }) => body.id)).size).toBe(1);
    expect((await olga.read(id)).children).toMatchObject([{ id: tries[0]!.body.id }]);
    const other = await olga.post(at(id, `/${child}/retry`), { comment: 'b' }, headers);
    expect(other).toMatchObject({ status: 422, body: { type: '/problems/idempotency_key_reused' } });
    // Its place is taken.
    expect(await olga.post(at(id, `/${child}/retry`))).toMatchObject({
      status: 404,
      body: { type: '/problems/no_such_child' },
    });

    await fail(api, tries[0]!.body.id);
    await eventuallyAre(olga, id, ['failed']);
    const skip = () => olga.post(at(id, `/${tries[0]!.body.id}/skip`), { comment: 'Never mind.' }, key2);
    const key2 = key();
    const skips = await Promise.all([skip(), skip()]);
    expect(skips.map(({ status }) => status)).toEqual([200, 200]);
    expect((await skip()).body).toMatchObject({ comments: 1, children: [{ status: 'skipped' }] });
  });

  test('is refused while it is open, and for what is no sub-task of this task', async () => {
    const { id } = await plant(olga, { children: [step('A')] });
    const { A } = await childrenOf(olga, id);
    const stranger = await taskThatIs(api, 'failed');
    for (const decision of ['skip', 'retry']) {
      expect(await olga.post(at(id, `/${A.id}/${decision}`))).toMatchObject({
        status: 409,
        body: { type: '/problems/transition_not_allowed', hint: 'Cancel it first.' },
      });
      for (const other of [stranger.id, crypto.randomUUID(), 'x']) {
        expect(await olga.post(at(id, `/${other}/${decision}`))).toMatchObject({
          status: 404,
          body: { type: '/problems/no_such_child' },
        });
      }
    }
    const skip = (await olga.read(id)).actions.find(({ name }: Json) => name === 'skip_child');
    expect(skip).toMatchObject({ allowed: false, why: 'None of its sub-tasks has failed or was cancelled.' });
  });

  test('does not begin a container anew, which would have nothing below it', async () => {
    const { id } = await plant(olga, {
      children: [{ title: 'A', onChildFailure: 'fail', children: [step('B')] }],
    });
    const { A } = await childrenOf(olga, id);
    await fail(api, (await childrenOf(olga, A.id)).B.id);
    await eventuallyAre(olga, id, ['failed']);
    const refused = await olga.post(at(id, `/${A.id}/retry`));
    expect(refused).toMatchObject({ status: 409, body: { type: '/problems/transition_not_allowed' } });
    expect(refused.body.hint).toContain('skip');
  });
});

test('one whose queue was deleted is not tried again there: another takes its place', async () => {
  const crew = aCompany(api);
  const queue = await QueueUnderTest.open(crew.olga);
  const { id, children } = await crew.olga.create({ children: [{ title: 'A', queue: queue.id }] });
  const run = await queue.take(crew.alice);
  await crew.alice.must(run.fail());
  const child = children[0].id;
  await eventually(
    () => queue.remove(),
    ({ status }) => status === 204,
  );
  const refused = await crew.olga.post(at(id, `/${child}/retry`));
  expect(refused).toMatchObject({ status: 409, body: { type: '/problems/transition_not_allowed' } });
  expect(refused.body.detail).toContain(queue.id);
  const other = await QueueUnderTest.open(crew.olga);
  await crew.olga.must(crew.olga.post(at(id), { title: 'A again', queue: other.id }));
  await crew.olga.must(crew.olga.post(at(id, `/${child}/skip`)));
  expect((await other.take(crew.alice)).taskId).not.toBe(child);
});
