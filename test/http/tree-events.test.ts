/** What parents and sub-tasks learn of each other, whatever ends them, and that the events of both tell it. */
import { expect, test } from 'vitest';
import { useApi } from '../support/api-under-test.ts';
import type { Answer, Json } from '../support/caller.ts';
import { eventually } from '../support/caller.ts';
import { misfolded } from '../support/folding.ts';
import { RealTask } from '../support/real-task.ts';
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

const api = useApi({ timeoutMs: 3_000 });
const { alice, olga, rita } = api;

const claim = (id: string) => alice.post(`/v1/tasks/${id}/claim`);

/** What happened, to whom it happened, and what the task became by it. */
async function storyOf(id: string): Promise<unknown[]> {
  const { items } = (await olga.get(`/v1/tasks/${id}/events?limit=100`)).body;
  return items.map(({ type, by, status, data }: Json) => [
    type,
    by?.id ?? null,
    status,
    ...(data?.child ? [data.child.id ?? data.child, data.status ?? null] : []),
  ]);
}

/** The history of each of these folds to what its workflow says. */
async function expectTrue(...ids: string[]): Promise<void> {
  for (const id of ids) {
    expect(await misfolded(new RealTask(api.temporal.workflow.getHandle(id)))).toEqual([]);
  }
}

test('the events of a pipeline tell its story from above and from below', async () => {
  const { id } = await plant(olga, { mode: 'sequence', ...NO_REVIEW, children: [{ title: 'A' }, step('B')] });
  const { A, B } = await childrenOf(olga, id);
  await work(api, A.id);
  const { body } = await rita.review(A.id, 'request_changes', { comment: 'Again.' });
  const again = body.links.followedBy.split('/').at(-1);
  await fail(api, again);
  await eventuallyAre(olga, id, ['failed', 'queued']);
  const retried = await olga.must(
    olga.post(`/v1/tasks/${id}/subtasks/${again}/retry`, { comment: 'Please.' }),
  );
  await fail(api, retried.id);
  await eventuallyAre(olga, id, ['failed', 'queued']);
  await olga.must(olga.post(`/v1/tasks/${id}/subtasks/${retried.id}/skip`));
  await work(api, B.id);
  await eventuallyIs(olga, id, 'done');

  expect(await storyOf(id)).toEqual([
    ['created', 'olga', 'queued'],
    ['child_closed', 'baton:tree', 'queued', A.id, 'failed'],
    ['child_closed', 'baton:tree', 'queued', again, 'failed'],
    ['create_subtask', 'olga', 'queued', retried.id, null],
    ['child_closed', 'baton:tree', 'queued', retried.id, 'failed'],
    ['skip_child', 'olga', 'queued', retried.id, null],
    ['child_closed', 'baton:tree', 'done', B.id, 'done'],
  ]);
  const [created] = (await olga.get(`/v1/tasks/${id}/events`)).body.items;
  expect(created.data).toMatchObject({ title: 'An epic', children: [A.id, B.id] });
  expect(await storyOf(B.id)).toEqual([
    ['created', 'olga', 'queued'],
    ['close_gate', 'baton:tree', 'queued'],
    ['close_gate', 'baton:tree', 'queued'],
    ['open_gate', 'baton:tree', 'queued'],
    ['claim', 'alice', 'assigned'],
    ['mark_complete', 'alice', 'done'],
  ]);
  await expectTrue(id, A.id, again, retried.id, B.id);
});

/** Edits a task until its history is so long that it continues as new. */
async function continueAsNew(id: string): Promise<void> {
  const handle = api.temporal.workflow.getHandle(id);
  const first = (await handle.describe()).runId;
  let edits = 0;
  await eventually(
    async () => {
      const description = `${(edits += 1)} ${'x'.repeat(250 * 1024)}`;
      await olga.must(olga.patch(`/v1/tasks/${id}`, { description }, { 'if-match': '*' }));
      return (await handle.describe()).runId;
    },
    (execution) => execution !== first,
  );
}

test(
  'a pipeline goes on when its parent and its steps have continued as new',
  { timeout: 180_000 },
  async () => {
    const { id } = await plant(olga, {
      mode: 'sequence',
      ...NO_REVIEW,
      children: [step('A'), step('B'), step('C')],
    });
    const { A, B, C } = await childrenOf(olga, id);
    for (const each of [id, A.id, B.id]) await continueAsNew(each);
    await work(api, A.id);
    expect((await claim(C.id)).body.blockedBy).toBe(B.id);
    await fail(api, B.id);
    await eventuallyAre(olga, id, ['done', 'failed', 'queued']);
    const { id: again } = await olga.must(olga.post(`/v1/tasks/${id}/subtasks/${B.id}/retry`));
    await work(api, again);
    await continueAsNew(id);
    await work(api, C.id);
    await eventuallyIs(olga, id, 'done');
    await expectTrue(id, A.id, B.id, C.id, again);
  },
);

test('a parent that is cancelled takes all that is open below with it, to the last level', async () => {
  const { id, children } = await plant(olga, {
    mode: 'sequence',
    children: [{ title: 'A', children: [step('done'), step('held'), step('waiting')] }, step('B')],
  });
  const [a, b] = children;
  const below = await childrenOf(olga, a.id);
  await work(api, below.done.id);
  const run = await alice.claim(below.held.id);
  await eventuallyAre(olga, a.id, ['done', 'assigned', 'queued']);
  await olga.must(olga.post(`/v1/tasks/${id}/cancel`));
  for (const each of [a.id, b.id, below.waiting.id]) await eventuallyIs(olga, each, 'cancelled');
  const beat = await eventually(
    () => run.heartbeat(),
    (answer) => answer.body.stop !== null,
  );
  expect(beat.body.stop).toMatchObject({ reason: 'cancelled' });
  await run.release();
  await eventuallyIs(olga, below.held.id, 'cancelled');
  expect((await olga.read(below.done.id)).status).toBe('done');
  expect((await olga.get(`/v1/tasks/${a.id}/subtasks`)).body.items).toMatchObject([
    { status: 'done' },
    { status: 'cancelled' },
    { status: 'cancelled' },
  ]);
  await expectTrue(id, a.id, b.id, below.held.id, below.waiting.id);
});

test('a running parent that is cancelled ends when its agent lets go, and its sub-tasks at once', async () => {
  const { id, run } = await taskThatIs(api, 'running');
  const child = await alice.must(alice.post(`/v1/tasks/${id}/subtasks`, step('A')));
  await olga.must(olga.post(`/v1/tasks/${id}/cancel`));
  await eventuallyIs(olga, child.id, 'cancelled');
  expect(await alice.post(`/v1/tasks/${id}/subtasks`, step('B'))).toMatchObject({
    status: 409,
    body: { type: '/problems/cancel_requested' },
  });
  // Nothing is open below it, so it may also hand in what it has.
  await run.complete();
  await eventuallyIs(olga, id, 'cancelled');
  await expectTrue(id, child.id);
});

test('a sub-task that is terminated in the Temporal UI counts as cancelled, and the pipeline goes on', async () => {
  const { id } = await plant(olga, { mode: 'sequence', ...NO_REVIEW, children: [step('A'), step('B')] });
  const { A, B } = await childrenOf(olga, id);
  const run = await alice.claim(A.id);
  await api.temporal.workflow.getHandle(A.id).terminate('enough');
  await eventuallyAre(olga, id, ['cancelled', 'queued']);
  expect((await run.complete()).status).toBe(409);
  await work(api, B.id);
  await eventuallyIs(olga, id, 'done');
  expect(await storyOf(id)).toEqual([
    ['created', 'olga', 'queued'],
    ['child_closed', null, 'queued', A.id, 'cancelled'],
    ['child_closed', 'baton:tree', 'done', B.id, 'done'],
  ]);
  await expectTrue(id, B.id);
});

test('a step whose parent is terminated says that nobody will open its gate, and what to do', async () => {
  const { id } = await plant(olga, { mode: 'sequence', children: [step('A'), step('B')] });
  const { A, B } = await childrenOf(olga, id);
  await api.temporal.workflow.getHandle(id).terminate('enough');
  expect(await olga.read(id)).toMatchObject({ status: 'cancelled', terminated: true });
  const refused = await claim(B.id);
  expect(refused).toMatchObject({
    status: 409,
    body: { type: '/problems/seq_blocked', blockedBy: A.id, retryable: false },
  });
  expect(refused.body.detail).toContain(id);
  expect(refused.body.hint).toContain('cancel');
  expect((await olga.read(B.id)).standing).toContain('its parent task');
  // What may start goes on, and what may not can be cancelled.
  await work(api, A.id);
  expect((await olga.post(`/v1/tasks/${B.id}/cancel`)).body.status).toBe('cancelled');
  await eventuallyAre(olga, id, ['done', 'cancelled']);
});

test('without a worker a tree is taken, comes to be with the next worker, and a sub-task is refused', async () => {
  const parent = await olga.create();
  const headers = { 'idempotency-key': crypto.randomUUID() };
  const tree = { mode: 'sequence', ...NO_REVIEW, children: [step('A'), step('B')] };
  let planted!: Answer;
  await api.withoutWorker(async () => {
    planted = await olga.post('/v1/tasks', { title: 'Epic', ...tree }, headers);
    expect(await olga.post(`/v1/tasks/${parent.id}/subtasks`, step('A'))).toMatchObject({
      status: 503,
      body: { type: '/problems/no_worker', retryable: true },
    });
  });
  expect(planted).toMatchObject({ status: 201, body: { children: [{ title: 'A' }, { title: 'B' }] } });
  for (const { id } of planted.body.children) {
    await eventually(
      () => olga.get(`/v1/tasks/${id}`),
      ({ status }) => status === 200,
    );
  }
  expect((await olga.post('/v1/tasks', { title: 'Epic', ...tree }, headers)).body.id).toBe(planted.body.id);
  for (const { id } of planted.body.children) await work(api, id);
  await eventuallyIs(olga, planted.body.id, 'done');
});

test('a tree that is cancelled before a worker came to it leaves nothing open', async () => {
  let root: Json;
  await api.withoutWorker(async () => {
    root = await plant(olga, { children: [step('A'), step('B')] });
    await api.temporal.workflow.getHandle(root.id).cancel();
  });
  for (const { id } of [root, ...root.children]) {
    const task = await eventually(
      () => olga.get(`/v1/tasks/${id}`),
      ({ status, body: seen }) => status === 200 && seen.status === 'cancelled',
    );
    expect(task.body.run).toBeNull();
  }
});
