/** "What shall I do next?": what is assigned to me, or else the most urgent of all queues of my company. */
import { expect, test } from 'vitest';
import { useApi } from '../support/api-under-test.ts';
import { eventually } from '../support/caller.ts';
import { QueueUnderTest, aCompany, askNext } from '../support/queues.ts';

const api = useApi();

test('the inbox comes first, then the most urgent of all queues', async () => {
  const { alice, olga } = aCompany(api);
  const [one, other] = [await QueueUnderTest.open(olga), await QueueUnderTest.open(olga)];
  const ids = [
    await one.put({ priority: 4 }),
    await other.put({ priority: 2 }),
    await one.put({ priority: 3 }),
  ];
  const mine = (await olga.create({ assignee: 'alice', priority: 5 })).id;
  await eventually(
    async () => (await olga.get('/v1/queues')).body.items,
    (items) => items.length === 2,
  );
  // Depths lag a moment.
  await new Promise((resolve) => setTimeout(resolve, 500));
  const taken: string[] = [];
  while (taken.length < 4) taken.push((await alice.must(askNext(alice, 20))).task.id);
  // Of two queues the more urgent one is asked, and the most urgent of its tasks is handed out.
  expect(taken).toEqual([mine, ids[1], ids[2], ids[0]]);
});

test('an inbox is for its agent alone, whatever its name looks like', async () => {
  const company = `company-${crypto.randomUUID()}`;
  const { alice, bob, olga } = aCompany(api, company);
  const odd = api.as('alice/bob%2F ü', 'agent', company);
  const { id } = await olga.create({ assignee: 'alice' });
  const { id: odder } = await olga.create({ assignee: 'alice/bob%2F ü' });
  expect((await askNext(bob)).status).toBe(204);
  expect((await askNext(api.as('alice', 'agent', `${company}x`))).status).toBe(204);
  expect((await alice.must(askNext(alice, 20))).task.id).toBe(id);
  expect((await odd.must(askNext(odd, 20))).task.id).toBe(odder);
});

test('with nothing to do, and no queue at all, the answer is 204', async () => {
  const { alice } = aCompany(api);
  expect(await askNext(alice)).toMatchObject({ status: 204, text: '' });
  expect(await askNext(alice, 2)).toMatchObject({ status: 204, text: '' });
});

test('who waits gets what comes into its inbox, and what comes into a queue', async () => {
  const { alice, bob, olga } = aCompany(api);
  const queue = await QueueUnderTest.open(olga);
  const [alices, bobs] = [askNext(alice, 30), askNext(bob, 30)];
  const { id: forBob } = await olga.create({ assignee: 'bob' });
  expect((await bobs).body.task.id).toBe(forBob);
  const forAny = await queue.put();
  expect((await alices).body.task.id).toBe(forAny);
});

test('work that was assigned and given back waits for its agent again', async () => {
  const { alice, olga } = aCompany(api);
  const { id } = await olga.create({
    assignee: 'alice',
    review: { policy: 'required', rework: 'same_task' },
  });
  const { run } = await alice.must(askNext(alice, 20));
  await alice.must(alice.post(`/v1/tasks/${id}/runs/${run.id}/complete`, { output: 1, reasoning: '' }));
  await olga.must(olga.review(id, 'request_changes', { comment: 'once more' }));
  const again = await alice.must(askNext(alice, 20));
  expect(again.task).toMatchObject({ id, status: 'assigned' });
  expect(again.run.id).not.toBe(run.id);
});

test('an inbox that only seems full keeps nobody from what waits in a queue', async () => {
  const { alice, olga } = aCompany(api);
  const queue = await QueueUnderTest.open(olga);
  // Temporal counts the offer that this claim withdraws until somebody polls.
  const { id: mine } = await olga.create({ assignee: 'alice' });
  const run = await alice.claim(mine);
  await alice.must(run.complete());
  const id = await queue.put({ priority: 1 });
  await eventually(
    async () => (await olga.get('/v1/queues')).body.items,
    (items) => items.length === 1,
  );
  // Depths lag a moment, and so does what a process knows of its company's queues.
  await new Promise((resolve) => setTimeout(resolve, 2_500));
  const { status, body } = await askNext(alice);
  expect({ status, id: body?.task?.id }).toEqual({ status: 200, id });
});

test('queues of other companies are nothing to do', async () => {
  const { alice, olga } = aCompany(api);
  const { alice: stranger } = aCompany(api);
  const queue = await QueueUnderTest.open(olga);
  const id = await queue.put({ priority: 1 });
  expect((await askNext(stranger, 3)).status).toBe(204);
  expect((await alice.must(askNext(alice, 20))).task.id).toBe(id);
});
