/** Many want the same tasks, by queue and by id at once: each task has one holder, and nobody is told otherwise. */
import { expect, test } from 'vitest';
import { useApi } from '../support/api-under-test.ts';
import type { Answer, Json } from '../support/caller.ts';
import { QueueUnderTest, aCompany } from '../support/queues.ts';

const api = useApi();
const company = `company-${crypto.randomUUID()}`;
const { alice, bob, olga } = aCompany(api, company);

/** Those of these answers that got a run. */
const won = (answers: Answer[]): Json[] =>
  answers.filter(({ status }) => status === 200).map(({ body }) => body);

test('of a claim by id and a dequeue exactly one gets the task, round after round', async () => {
  const queue = await QueueUnderTest.open(olga);
  const wins = { alice: 0, bob: 0 };
  for (let round = 0; round < 25; round += 1) {
    const id = await queue.put();
    // Whoever starts a moment later has a chance, too.
    const pause = new Promise((resolve) => setTimeout(resolve, round % 5));
    const dequeued = queue.dequeue(alice);
    const claimed = pause.then(() => bob.post(`/v1/tasks/${id}/claim`));
    const [one, other] = await Promise.all([dequeued, claimed]);
    const winners = won([one, other]);
    expect(winners, `round ${round}: ${one.text} ${other.text}`).toHaveLength(1);
    expect([204, 200]).toContain(one.status);
    expect([200, 409]).toContain(other.status);
    const { run, version } = await olga.read(id);
    expect({ version, holder: run.agent, id: run.id }).toEqual({
      version: 2,
      holder: winners[0].run.agent,
      id: winners[0].run.id,
    });
    wins[run.agent as keyof typeof wins] += 1;
  }
  expect(wins.alice + wins.bob).toBe(25);
});

test('a dequeue that loses its task to a claim by id gets the next one within the same request', async () => {
  const queue = await QueueUnderTest.open(olga);
  const first = await queue.put({ priority: 1 });
  const second = await queue.put();
  // The offer of the first is withdrawn, but Temporal may hand it out for a moment yet.
  await bob.claim(first);
  const { body } = await queue.dequeue(alice, 20);
  expect(body.task.id).toBe(second);
});

test('thirty agents at once empty a queue of twenty: one task each, none twice, the others get nothing', async () => {
  const queue = await QueueUnderTest.open(olga);
  const ids = await Promise.all(Array.from({ length: 20 }, () => queue.put()));
  const agents = Array.from({ length: 30 }, (_, i) => api.as(`agent-${i}`, 'agent', company));
  const answers = await Promise.all(agents.map((agent) => queue.dequeue(agent, 5)));
  const taken: string[] = won(answers).map(({ task }) => task.id);
  expect(taken.toSorted()).toEqual(ids.toSorted());
  expect(answers.filter(({ status }) => status === 204)).toHaveLength(10);
  for (const { task, run } of won(answers)) {
    expect(await olga.read(task.id)).toMatchObject({ version: 2, run: { id: run.id, agent: run.agent } });
  }
});
