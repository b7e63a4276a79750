/** Helping out: a task that waits elsewhere, of the own team first, the most urgent first, and never one in work. */
import { expect, test } from 'vitest';
import { useApi } from '../support/api-under-test.ts';
import type { Caller } from '../support/caller.ts';
import { eventually } from '../support/caller.ts';
import { QueueUnderTest, aCompany } from '../support/queues.ts';

const api = useApi();

/** Three queues, of which two are of one team. */
async function kitchens() {
  const crew = aCompany(api);
  const [mine, ours, theirs] = await Promise.all(
    ['cooks', 'cooks', 'bakers'].map((team) => QueueUnderTest.open(crew.olga, { team })),
  );
  return { ...crew, mine: mine!, ours: ours!, theirs: theirs! };
}

/** What is stolen, once lists and depths, which lag a little, know of all that waits. */
async function stolenBy(agent: Caller, queue: QueueUnderTest): Promise<string> {
  const { body } = await eventually(
    () => queue.steal(agent),
    ({ status }) => status === 200,
  );
  return body.task.id;
}

/** Resolves when lists have these queues, and Temporal counts a task in each. */
async function known(caller: Caller, queues: QueueUnderTest[]): Promise<void> {
  await eventually(
    async () => (await caller.get('/v1/queues?limit=100')).body.items,
    (items) => queues.every(({ id }) => items.some((each: { id: string }) => each.id === id)),
  );
  // What a process has seen of its company's queues it may use for two seconds more.
  await new Promise((resolve) => setTimeout(resolve, 2_500));
}

test('the own team comes first, however urgent others are; then the others; never the own queue', async () => {
  const { alice, olga, mine, ours, theirs } = await kitchens();
  await known(olga, [mine, ours, theirs]);
  const own = await mine.put({ priority: 1 });
  const team = await ours.put({ priority: 5 });
  const other = await theirs.put({ priority: 1 });
  await known(olga, []);
  expect(await stolenBy(alice, mine)).toBe(team);
  expect(await stolenBy(alice, mine)).toBe(other);
  expect((await mine.steal(alice)).status).toBe(204);
  expect((await mine.take(alice)).taskId).toBe(own);
});

test('of several queues the one with the most urgent task is taken from', async () => {
  const { alice, olga, mine } = await kitchens();
  const others = await Promise.all([4, 2, 3].map(() => QueueUnderTest.open(olga, { team: 'cooks' })));
  await known(olga, [mine, ...others]);
  const ids = new Map<number, string>();
  for (const [i, priority] of [4, 2, 3].entries()) ids.set(priority, await others[i]!.put({ priority }));
  await known(olga, []);
  for (const priority of [2, 3, 4]) expect(await stolenBy(alice, mine)).toBe(ids.get(priority));
});

test('what somebody works on, what is in review and what is assigned is not stolen', async () => {
  const { alice, bob, olga, mine, ours } = await kitchens();
  await known(olga, [mine, ours]);
  await ours.put();
  const run = await ours.take(bob);
  await run.progress();
  await ours.put();
  await (await ours.take(bob)).complete();
  await ours.put({ assignee: 'bob' });
  expect(await mine.steal(alice)).toMatchObject({ status: 204, text: '' });
  expect(await olga.read(run.taskId)).toMatchObject({ status: 'running', run: { agent: 'bob' } });
});

test('a queue that is alone in its company, or in none, has nothing to help out with', async () => {
  const { alice, olga } = aCompany(api);
  const lone = await QueueUnderTest.open(olga);
  await lone.put();
  expect((await lone.steal(alice)).status).toBe(204);
  expect((await alice.post(`/v1/queues/${crypto.randomUUID()}/steal`)).status).toBe(404);
});

test('many who steal at once share what there is, one task each', async () => {
  const { olga, mine, ours } = await kitchens();
  const company = (await mine.look()).body.company;
  await known(olga, [mine, ours]);
  const ids = await Promise.all(Array.from({ length: 5 }, () => ours.put()));
  const thieves = Array.from({ length: 8 }, (_, i) => api.as(`thief-${i}`, 'agent', company));
  const stolen: string[] = [];
  await eventually(
    async () => {
      const answers = await Promise.all(thieves.map((thief) => mine.steal(thief)));
      stolen.push(...answers.filter(({ status }) => status === 200).map(({ body }) => body.task.id));
      return stolen;
    },
    () => stolen.length >= ids.length,
  );
  expect(stolen.toSorted()).toEqual(ids.toSorted());
});
