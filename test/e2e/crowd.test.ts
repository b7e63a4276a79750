/**
 * A crowd works off two queues while the API is killed again and again between the moment at which Temporal hands a
 * task out and the claim: each task is done exactly once, never held twice, and none is forgotten.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CrowdAgent } from '../support/crowd.ts';
import { GrpcProxy } from '../support/grpc-proxy.ts';
import type { Moment } from '../support/grpc-proxy.ts';
import { checkHistories, countOf } from '../support/history-checker.ts';
import type { PatientClient } from '../support/patient-client.ts';
import { Baton } from '../support/processes.ts';
import { temporalUnderTest } from '../support/temporal.ts';

const SLOW = 300_000;
const TASKS = 200;
const AGENTS = 10;
/** The most that one request for tasks lists. */
const PAGE = 100;

let proxy: GrpcProxy;
let baton: Baton;
let olga: PatientClient;

beforeAll(async () => {
  proxy = await GrpcProxy.to(temporalUnderTest().address);
  baton = await Baton.start({
    apiReachesTemporalAt: proxy.address,
    variables: { BATON_ENGINE_TIMEOUT_SECONDS: '10', BATON_RATE_LIMIT: '1000000' },
  });
  olga = await baton.client('operator', 'olga');
}, SLOW);

afterAll(async () => {
  await baton?.stop();
  proxy?.close();
});

async function createTasks(queues: string[]): Promise<string[]> {
  const task = (i: number) => ({
    title: `Task ${i}`,
    queue: queues[i % queues.length],
    priority: 1 + (i % 5),
    lease: { seconds: 5 },
    maxAttempts: 100,
    review: { policy: 'none' },
  });
  const numbers = Array.from({ length: TASKS }, (_, i) => i);
  return await Promise.all(numbers.map(async (i) => (await olga.must('/v1/tasks', task(i))).id));
}

/** Kills the API when it has come this far in handing a task out. */
async function killApiAt(method: string, moment: Moment): Promise<void> {
  await proxy.hold(method, moment);
  await baton.api.kill();
  proxy.release();
  await baton.api.start();
}

async function countDone(): Promise<number> {
  let done = 0;
  let cursor: string | null = '';
  while (cursor !== null) {
    const page: { items: unknown[]; next: string | null } = await olga.read(
      `/v1/tasks?status=done&limit=${PAGE}${cursor && `&cursor=${cursor}`}`,
    );
    done += page.items.length;
    cursor = page.next;
  }
  return done;
}

test('each task of a crowd is done exactly once, whatever is killed', { timeout: SLOW }, async () => {
  const queues: string[] = [];
  for (const name of ['kitchen', 'pantry'])
    queues.push((await olga.must('/v1/queues', { name, team: 'food' })).id);
  const taskIds = await createTasks(queues);

  let isOver = false;
  const habits = { queues, taskIds, crashes: 0.05, hangUps: 0.1, releases: 0.05 };
  const agents = Array.from({ length: AGENTS }, async (_, i) => {
    const agent = new CrowdAgent(baton.url, await baton.token('agent', `agent-${i}`), habits);
    await agent.workUntil(() => isOver);
  });
  await killApiAt('RespondActivityTaskCompleted', 'before');
  await killApiAt('RespondActivityTaskCompleted', 'after');
  await killApiAt('PollActivityTaskQueue', 'after');
  await expect.poll(countDone, { timeout: SLOW, interval: 2_000 }).toBe(TASKS);
  isOver = true;
  await Promise.all(agents);

  const checked = await checkHistories(olga, await baton.temporalClient(), taskIds);
  for (const [taskId, events] of checked) {
    expect(countOf(events, 'mark_complete'), `${taskId} is handed in`).toBe(1);
    expect(events.at(-1)?.status, taskId).toBe('done');
  }
});
