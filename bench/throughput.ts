/**
 * Lifecycles per second, by several ways side by side: they take turns on the same server, in another order each
 * round, and are compared within a round, so that a noisy machine disturbs all of them alike.
 */
import { lifecycle, noTimes } from './lifecycle.ts';
import type { Driver, Times } from './lifecycle.ts';
import { watchCpu } from './process-cpu.ts';
import type { Stack } from './stack.ts';
import { createApiDriver } from './api-driver.ts';
import { createRawDriver } from './raw-driver.ts';

export const WAYS = ['api', 'raw', 'unconfirmed'] as const;
export type Way = (typeof WAYS)[number];
export type Cpu = Record<'server' | 'worker' | 'API' | 'caller', number>;

/** What one way achieved in one round. */
export interface Sample {
  perSecond: number;
  /** Seconds of CPU per lifecycle. */
  cpu: Cpu;
}

export interface Comparison {
  agents: number;
  samples: Record<Way, Sample[]>;
  /** Of every call in the counted rounds. */
  times: Record<Way, Times>;
}

export interface Plan {
  agents: number;
  rounds: number;
  /** Lifecycles in one round, in all. */
  lifecycles: number;
}

export async function compare(stack: Stack, plan: Plan, say: (line: string) => void): Promise<Comparison> {
  const { agents, rounds, lifecycles } = plan;
  const times = { api: noTimes(), raw: noTimes(), unconfirmed: noTimes() };
  const samples: Comparison['samples'] = { api: [], raw: [], unconfirmed: [] };
  const drivers = await driversFor(stack, agents);
  const run = (way: Way, count: number, into: Times) => sample(stack, drivers[way], count, into);
  for (const way of WAYS) await run(way, Math.max(agents, 5), noTimes());
  for (let round = 0; round < rounds; round += 1) {
    for (const way of inTurn(round)) samples[way].push(await run(way, lifecycles, times[way]));
    const shown = WAYS.map((way) => `${way} ${samples[way][round]!.perSecond.toFixed(1)}`).join(', ');
    say(
      `${agents} ${agents === 1 ? 'agent' : 'agents'}, round ${round + 1} of ${rounds}, per second: ${shown}`,
    );
  }
  for (const driver of WAYS.flatMap((way) => drivers[way])) driver.close();
  return { agents, samples, times };
}

async function driversFor(stack: Stack, agents: number): Promise<Record<Way, Driver[]>> {
  const ids = Array.from({ length: agents }, (_, i) => `agent-${i + 1}`);
  return {
    api: await Promise.all(ids.map((id) => createApiDriver(stack, id))),
    raw: ids.map((id) => createRawDriver(stack, id, true)),
    unconfirmed: ids.map((id) => createRawDriver(stack, id, false)),
  };
}

/** Every way comes first, second and last equally often. */
function inTurn(round: number): Way[] {
  const first = round % WAYS.length;
  const turned = [...WAYS.slice(first), ...WAYS.slice(0, first)];
  return round % 2 === 0 ? turned : turned.toReversed();
}

async function sample(stack: Stack, drivers: Driver[], lifecycles: number, times: Times): Promise<Sample> {
  const usage = watchCpu({ ...stack.pids, caller: process.pid });
  const from = performance.now();
  let left = lifecycles;
  const done: string[] = [];
  await Promise.all(
    drivers.map(async (driver) => {
      while (left-- > 0) done.push(await lifecycle(driver, times));
    }),
  );
  // Who did not wait for confirmations has left work behind, which counts as well.
  await Promise.all(done.map((taskId) => untilClosed(stack, taskId)));
  const seconds = (performance.now() - from) / 1000;
  const used = Object.entries(usage()).map(([name, value]) => [name, value / lifecycles]);
  return { perSecond: lifecycles / seconds, cpu: Object.fromEntries(used) as Cpu };
}

const CLOSE_EVENT = 2;

async function untilClosed({ connection, namespace }: Stack, workflowId: string): Promise<void> {
  await connection.workflowService.getWorkflowExecutionHistory({
    namespace,
    execution: { workflowId },
    waitNewEvent: true,
    historyEventFilterType: CLOSE_EVENT,
  });
}
