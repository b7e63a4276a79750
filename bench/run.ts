/** `npm run bench`: measures Baton on this machine and prints one table. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runScript } from '../scripts/run-script.ts';
import { readSettings } from '../scripts/settings.ts';
import { SetupError } from '../scripts/setup-error.ts';
import { findTemporalBinary } from '../scripts/temporal-binary.ts';
import { crashToRequeued, holdLeases } from './crash.ts';
import { measureDialects, type DialectPlan } from './dialects.ts';
import { historyCost } from './history-cost.ts';
import { measureLaunches, type LaunchPlan } from './launches.ts';
import { measureQueues, type QueuePlan } from './queues.ts';
import { startStack, type Stack, type Synchronous } from './stack.ts';
import { startTime } from './start-time.ts';
import { table, type Results } from './table.ts';
import { compare, type Plan } from './throughput.ts';

const HELP = `npm run bench [-- --quick] [-- --synchronous NORMAL]

Measures Baton on this machine, on a system and data of its own, and prints a Markdown table: throughput side by side
with Temporal's own client, history, other protocols, launched agents, queues, recovery from crashes, time to start. About
twenty minutes; nothing else should run.

  --quick         a rough look in about a minute
  --synchronous   how SQLite writes: FULL (the default, as npm start does) or NORMAL
  --verbose       show the logs of the worker and the API
  --help          this text`;

interface Amounts {
  comparisons: Plan[];
  crashes: number;
  leases: number;
  leaseSeconds: number;
  starts: number;
  queues: QueuePlan;
  dialects: DialectPlan;
  launches: LaunchPlan;
}

const FULL: Amounts = {
  comparisons: [
    { agents: 1, rounds: 9, lifecycles: 10 },
    { agents: 20, rounds: 9, lifecycles: 60 },
  ],
  crashes: 10,
  leases: 500,
  leaseSeconds: 60,
  starts: 3,
  queues: { few: 100, many: 10_000, dequeues: 40, handOvers: 20, agents: 20, tasksPerRound: 100, rounds: 5 },
  dialects: { lives: 100, listed: 50 },
  launches: { launches: 20, crashes: 5, together: 50, seconds: 20 },
};
const QUICK: Amounts = {
  comparisons: [
    { agents: 1, rounds: 3, lifecycles: 8 },
    { agents: 20, rounds: 3, lifecycles: 40 },
  ],
  crashes: 5,
  leases: 100,
  leaseSeconds: 15,
  starts: 1,
  queues: { few: 50, many: 1_000, dequeues: 15, handOvers: 8, agents: 20, tasksPerRound: 60, rounds: 3 },
  dialects: { lives: 20, listed: 50 },
  launches: { launches: 8, crashes: 1, together: 20, seconds: 5 },
};

const began = performance.now();
const say = (line: string) =>
  console.error(`${((performance.now() - began) / 1000).toFixed(0).padStart(4)} s  ${line}`);

async function main(): Promise<void> {
  const yes = { type: 'boolean', default: false } as const;
  const options = {
    quick: yes,
    verbose: yes,
    help: yes,
    synchronous: { type: 'string', default: 'FULL' },
  } as const;
  const { quick, verbose, help, synchronous } = parseArgs({ options }).values;
  if (help) {
    console.log(HELP);
    return;
  }
  if (synchronous !== 'FULL' && synchronous !== 'NORMAL') {
    throw new SetupError('--synchronous is FULL or NORMAL.');
  }
  const amounts = quick ? QUICK : FULL;
  const binary = await findTemporalBinary(readSettings(), say);
  const folder = mkdtempSync(join(tmpdir(), 'baton-bench-'));
  const stopped = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stopped.abort());
  try {
    const work = measureAll(binary, folder, amounts, { synchronous, verbose }, stopped.signal);
    console.log(`\n${table(await work)}`);
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function measureAll(
  binary: string,
  folder: string,
  amounts: Amounts,
  { synchronous, verbose }: { synchronous: Synchronous; verbose: boolean },
  stop: AbortSignal,
): Promise<Results> {
  const starts = [];
  for (let i = 1; i <= amounts.starts; i += 1) {
    starts.push(await startTime(binary, join(folder, `start-${i}`), synchronous, stop));
    say(`npm start, ${i} of ${amounts.starts}: ready in ${starts.at(-1)} s`);
  }
  const stack = await startStack(binary, join(folder, 'stack'), synchronous, verbose);
  const interrupted = new Promise<never>((_resolve, reject) => {
    const end = () => reject(new SetupError('Stopped.'));
    if (stop.aborted) end();
    stop.addEventListener('abort', end);
  });
  try {
    return { ...(await Promise.race([measure(stack, amounts), interrupted])), synchronous, starts };
  } finally {
    await stack.stop();
  }
}

async function measure(stack: Stack, amounts: Amounts): Promise<Omit<Results, 'starts' | 'synchronous'>> {
  const { crashes, leases, leaseSeconds } = amounts;
  const comparisons = [];
  for (const plan of amounts.comparisons) comparisons.push(await compare(stack, plan, say));
  const history = await historyCost(stack);
  say('history counted');
  const dialects = await measureDialects(stack, amounts.dialects, say);
  const launches = await measureLaunches(stack, amounts.launches, say);
  const beyondLease = await crashToRequeued(stack, crashes);
  say('crashes noticed');
  const queues = await measureQueues(stack, amounts.queues, say);
  // Last, as what it leaves behind keeps the server busy.
  const held = await holdLeases(stack, leases, leaseSeconds, say);
  return {
    serverVersion: stack.serverVersion,
    comparisons,
    history,
    dialects,
    launches,
    beyondLease,
    queues,
    held,
  };
}

await runScript(import.meta.url, main);
