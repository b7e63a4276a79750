/** How soon a task is queued again after its agent fell silent, and whether agents that do not fall silent keep theirs. */
import { createCaller } from './http-caller.ts';
import type { Caller } from './http-caller.ts';
import { WORK } from './lifecycle.ts';
import { percentile } from './statistics.ts';
import type { Stack } from './stack.ts';

interface Claimed {
  run: { id: string; leaseExpiresAt: string };
}
interface TaskSeen {
  status: string;
  attempts: number;
  run: { id: string } | null;
}

const CRASH_LEASE_SECONDS = 5;
const LOOK_EVERY_MS = 50;

async function claimNew(agent: Caller, leaseSeconds: number) {
  const definition = { ...WORK.definition, lease: { seconds: leaseSeconds } };
  const { id } = await agent.call<{ id: string }>('POST', '/v1/tasks', definition);
  // What was measured before may keep the server busy yet, so that no worker answers in time.
  let claimed = await agent.send('POST', `/v1/tasks/${id}/claim`);
  while (claimed.status === 503) claimed = await agent.send('POST', `/v1/tasks/${id}/claim`);
  if (claimed.status !== 200) throw new Error(`A claim was answered ${claimed.status}.`);
  const { run } = claimed.body as Claimed;
  return { taskId: id, runId: run.id, lapsesAt: Date.parse(run.leaseExpiresAt) };
}

/** For each crashed run, the seconds between the moment its lease lapsed and that in which a reader sees it queued. */
export async function crashToRequeued(stack: Stack, crashes: number): Promise<number[]> {
  const agent = createCaller(stack.apiUrl, await stack.token('agent', 'mortal'));
  const watcher = createCaller(stack.apiUrl, await stack.token('reviewer', 'watcher'));
  const claimed = [];
  for (let i = 0; i < crashes; i += 1) claimed.push(await claimNew(agent, CRASH_LEASE_SECONDS));
  const beyondLease = await Promise.all(
    claimed.map(async ({ taskId, lapsesAt }) => {
      for (;;) {
        const task = await watcher.call<TaskSeen>('GET', `/v1/tasks/${taskId}`);
        if (task.status === 'queued' && task.attempts === 1) return (Date.now() - lapsesAt) / 1000;
        await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
      }
    }),
  );
  agent.close();
  watcher.close();
  return beyondLease;
}

export interface HeldLeases {
  leases: number;
  seconds: number;
  heartbeats: number;
  /** Runs that ended although their agent sent its heartbeats, or heartbeats that were refused. */
  falseExpiries: number;
  /** How long a heartbeat took, in milliseconds. */
  p50: number;
  p95: number;
}

const HELD_LEASE_SECONDS = 10;
/** A third of the lease, as the API advises. */
const BEAT_EVERY_MS = 3_300;
const CLAIMING_AT_ONCE = 10;

/** Holds many short leases at once for a while, each by an agent of its own. */
export async function holdLeases(
  stack: Stack,
  leases: number,
  seconds: number,
  say: (line: string) => void,
): Promise<HeldLeases> {
  const times: number[] = [];
  let refused = 0;
  let beating = true;
  let next = 0;
  const held: Promise<boolean>[] = [];

  async function hold(agent: Caller): Promise<boolean> {
    const { taskId, runId } = await claimNew(agent, HELD_LEASE_SECONDS);
    held.push(
      (async () => {
        // Spread over the interval, as agents that were not started together are.
        let pause = Math.random() * BEAT_EVERY_MS;
        while (beating) {
          await new Promise((resolve) => setTimeout(resolve, pause));
          pause = BEAT_EVERY_MS;
          const from = performance.now();
          const { status } = await agent.send('POST', `/v1/tasks/${taskId}/runs/${runId}/heartbeat`);
          times.push(performance.now() - from);
          if (status !== 200) refused += 1;
        }
        const task = await agent.call<TaskSeen>('GET', `/v1/tasks/${taskId}`);
        agent.close();
        return task.run?.id === runId && task.attempts === 0;
      })(),
    );
    return true;
  }

  await Promise.all(
    Array.from({ length: CLAIMING_AT_ONCE }, async () => {
      while (next < leases) {
        const name = `holder-${++next}`;
        await hold(createCaller(stack.apiUrl, await stack.token('agent', name)));
      }
    }),
  );
  say(`${leases} leases of ${HELD_LEASE_SECONDS} s held, heartbeating for ${seconds} s more ...`);
  times.length = 0;
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  beating = false;
  const heartbeats = times.length;
  const [p50, p95] = [percentile(times, 0.5), percentile(times, 0.95)];
  const whole = await Promise.all(held);
  const lost = whole.filter((stillMine) => !stillMine).length;
  return { leases, seconds, heartbeats, falseExpiries: Math.max(lost, refused), p50, p95 };
}
