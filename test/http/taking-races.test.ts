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
  const rounds = Array.from({ length: 5 }, (_, i) => i);
  const lane = async () => {
    const queue = await QueueUnderTest.open(olga);
    for (const round of rounds) {
      const id = await queue.put();
      const dequeued = queue.dequeue(alice);
      // Whoever starts a moment later has a chance, too.
      await new Promise((resolve) => setTimeout(resolve, round));
      const answers = await Promise.all([dequeued, bob.post(`/v1/tasks/${id}/claim`)]);
      expect(won(answers), answers.map(({ text }) => text).join('\n')).toHaveLength(1);
      const [{ run }] = won(answers);
      // A machine under load may have no answer in time, which is said so.
      expect([200, 204, 503]).toContain(answers[0].status);
      expect([200, 409]).toContain(answers[1].status);
      expect(await olga.read(id)).toMatchObject({ version: 2, run: { id: run.id, agent: run.agent } });
    }
  };
  await Promise.all(rounds.map(lane));
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
