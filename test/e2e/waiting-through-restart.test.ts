/** A thousand tasks wait when Temporal, the worker and the API are all killed: none is lost, and their order is kept. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { PatientClient } from '../support/patient-client.ts';
import { Baton } from '../support/processes.ts';

const SLOW = 300_000;
const TASKS = 1_000;
const AT_ONCE = 10;
const TAKEN = 60;
const PRIORITIES = [5, 4, 3, 2, 1];
/** Of tasks created at the same time, one may be offered some places before the other. */
const SWAPPED = 2 * AT_ONCE;

let baton: Baton;
let olga: PatientClient;
let ada: PatientClient;

beforeAll(async () => {
  baton = await Baton.start({
    ownServer: true,
    variables: { BATON_ENGINE_TIMEOUT_SECONDS: '10', BATON_RATE_LIMIT: '1000000' },
  });
  [olga, ada] = await Promise.all([baton.client('operator', 'olga'), baton.client('agent', 'ada')]);
}, SLOW);

afterAll(() => baton?.stop());

async function createAll(queue: string): Promise<void> {
  let next = 0;
  const create = async () => {
    while (next < TASKS) {
      const number = next++;
      const priority = PRIORITIES[number % PRIORITIES.length];
      await olga.must('/v1/tasks', { title: String(number), queue, priority });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, create));
}

test(
  'a server restarted with a thousand waiting loses none, and keeps their order',
  { timeout: SLOW },
  async () => {
    const { id: queue } = await olga.must('/v1/queues', { name: 'kitchen', team: 'food' });
    await createAll(queue);
    const waiting = async () => (await olga.read(`/v1/queues/${queue}`)).counts.queued;
    await expect.poll(waiting, { timeout: SLOW }).toBe(TASKS);

    await Promise.all([baton.api.kill(), baton.worker.kill(), baton.temporal.kill()]);
    await baton.temporal.start();
    await Promise.all([baton.api.start(), baton.worker.start()]);

    const taken: { title: string; priority: number }[] = [];
    while (taken.length < TAKEN) {
      const { status, body } = await ada.insist(`/v1/queues/${queue}/dequeue?wait=20`);
      expect(status).toBe(200);
      taken.push(body.task);
    }
    expect(taken.map(({ priority }) => priority)).toEqual(taken.map(() => 1));
    const places = taken.map(({ title }) => Math.floor(Number(title) / PRIORITIES.length));
    const strays = places.filter((place, i) => Math.abs(place - i) > SWAPPED);
    expect(strays, 'the oldest come first').toEqual([]);
    await expect.poll(waiting, { timeout: SLOW }).toBe(TASKS - TAKEN);
  },
);
