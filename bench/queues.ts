/** What waiting in a queue costs: how soon a task is handed out, how many in a second, in history and in memory. */
import { Client, defaultPayloadConverter } from '@temporalio/client';
import { randomUUID } from 'node:crypto';
import { workQueue } from '../workflows/offer.ts';
import { createCaller } from './http-caller.ts';
import type { Caller } from './http-caller.ts';
import { WORK } from './lifecycle.ts';
import { residentMb } from './process-memory.ts';
import { median, medianAndRange } from './statistics.ts';
import type { Stack } from './stack.ts';

export interface QueueResults {
  /** Milliseconds of a dequeue, with few and with many tasks waiting in its queue. */
  dequeue: { few: number[]; many: number[] };
  waiting: { few: number; many: number };
  /** Milliseconds from the creation of a task until a waiting agent has it, its lease live. */
  handOver: { api: number[]; raw: number[] };
  /** Tasks created, taken and done in a second, by round: out of a queue; by id while they wait in one, and in none. */
  drained: { queue: number[]; byId: number[]; unqueued: number[] };
  addedEvents: number;
  /** Resident memory in MB, before and with the many waiting. */
  memory: Record<'worker' | 'API', { before: number; half: number; after: number }>;
}

export interface QueuePlan {
  few: number;
  many: number;
  dequeues: number;
  handOvers: number;
  agents: number;
  tasksPerRound: number;
  rounds: number;
}

type Taken = { task: { id: string }; run: { id: string } };

const DONE = { ...WORK.submission };
const AT_ONCE = 20;

export async function measureQueues(
  stack: Stack,
  plan: QueuePlan,
  say: (line: string) => void,
): Promise<QueueResults> {
  const callers = await Promise.all(
    Array.from({ length: plan.agents }, async (_, i) =>
      createCaller(stack.apiUrl, await stack.token('agent', `queue-agent-${i}`)),
    ),
  );
  const [first] = callers as [Caller];
  const addedEvents = await countAdded(stack, first);
  const handOver = await handOvers(stack, first, plan.handOvers);
  say('tasks handed over to waiting agents');
  const drained = await drain(first, callers, plan, say);
  const { dequeue, memory } = await compareDequeues(stack, callers, plan, say);
  for (const caller of callers) caller.close();
  const { few, many } = plan;
  return { dequeue, waiting: { few, many }, handOver, drained, addedEvents, memory };
}

const newQueue = async (caller: Caller): Promise<string> =>
  (await caller.call<{ id: string }>('POST', '/v1/queues', { name: 'bench', team: 'bench' })).id;

const create = async (caller: Caller, queue?: string): Promise<string> => {
  const definition = { ...WORK.definition, review: { policy: 'none' }, ...(queue && { queue }) };
  return (await caller.call<{ id: string }>('POST', '/v1/tasks', definition)).id;
};

const dequeue = (caller: Caller, queue: string): Promise<Taken> =>
  caller.call<Taken>('POST', `/v1/queues/${queue}/dequeue?wait=10`);

const claim = (caller: Caller, id: string): Promise<Taken> =>
  caller.call<Taken>('POST', `/v1/tasks/${id}/claim`, {});

const finish = async (caller: Caller, { task, run }: Taken): Promise<void> => {
  await caller.call('POST', `/v1/tasks/${task.id}/runs/${run.id}/complete`, DONE);
};

async function countAdded(stack: Stack, caller: Caller): Promise<number> {
  const client = new Client({ connection: stack.connection, namespace: stack.namespace });
  const eventsOf = async ({ task }: Taken) =>
    (await client.workflow.getHandle(task.id).fetchHistory()).events?.length ?? 0;
  const queue = await newQueue(caller);
  const differences = [];
  for (let i = 0; i < 5; i += 1) {
    const byId = await claim(caller, await create(caller));
    await create(caller, queue);
    const dequeued = await dequeue(caller, queue);
    for (const taken of [byId, dequeued]) await finish(caller, taken);
    differences.push((await eventsOf(dequeued)) - (await eventsOf(byId)));
  }
  return Math.max(...differences);
}

/** An agent that waits, through the API and, in turn with it, with Temporal's client alone. */
async function handOvers(stack: Stack, caller: Caller, times: number): Promise<QueueResults['handOver']> {
  const result: QueueResults['handOver'] = { api: [], raw: [] };
  const maker = createCaller(stack.apiUrl, await stack.token('agent', 'maker'));
  const ways = {
    api: (queue: string) => dequeue(caller, queue),
    raw: (queue: string) => rawDequeue(stack, queue),
  };
  for (let i = 0; i < times; i += 1) {
    for (const way of i % 2 ? (['raw', 'api'] as const) : (['api', 'raw'] as const)) {
      const queue = await newQueue(caller);
      const waiting = ways[way](queue);
      await new Promise((resolve) => setTimeout(resolve, 300));
      const from = performance.now();
      await create(maker, queue);
      const taken = await waiting;
      result[way].push(performance.now() - from);
      if (way === 'api') await finish(caller, taken);
    }
  }
  maker.close();
  return result;
}

async function rawDequeue({ connection, namespace }: Stack, queue: string): Promise<Taken> {
  const { workflowService: service } = connection;
  const agent = 'raw-agent';
  const polled = await connection.withDeadline(Date.now() + 11_000, () =>
    service.pollActivityTaskQueue({ namespace, taskQueue: { name: workQueue(queue) }, identity: agent }),
  );
  const task = polled.workflowExecution?.workflowId ?? '';
  const run = randomUUID();
  const answer = { messageId: randomUUID(), actor: { id: agent, role: 'agent' }, runId: run };
  await service.respondActivityTaskCompleted({
    namespace,
    taskToken: polled.taskToken,
    identity: agent,
    result: { payloads: [defaultPayloadConverter.toPayload(answer)] },
  });
  const details = { payloads: [defaultPayloadConverter.toPayload({ agent })] };
  const beat = () =>
    service.recordActivityTaskHeartbeatById({ namespace, workflowId: task, activityId: run, details });
  for (let wait = 2; ; wait = Math.min(wait * 2, 100)) {
    const isLive = await beat().then(
      () => true,
      () => false,
    );
    if (isLive) return { task: { id: task }, run: { id: run } };
    await new Promise((resolve) => setTimeout(resolve, wait));
  }
}

/**
 * All agents create tasks, and then do them: out of one queue, and by id, queued or not. The tasks are there before
 * anybody takes them, as they are where agents look for work: a claim right after a creation is taken in along with it,
 * before there is an offer.
 */
async function drain(
  first: Caller,
  callers: Caller[],
  { rounds, tasksPerRound }: QueuePlan,
  say: (line: string) => void,
): Promise<QueueResults['drained']> {
  const drained: QueueResults['drained'] = { queue: [], byId: [], unqueued: [] };
  const [queue, other] = [await newQueue(first), await newQueue(first)];
  const ways: Record<
    keyof typeof drained,
    { queue?: string; take: (caller: Caller, id: string) => Promise<Taken> }
  > = {
    queue: { queue, take: (caller) => dequeue(caller, queue) },
    byId: { queue: other, take: claim },
    unqueued: { take: claim },
  };
  const round = async ({ queue: where, take }: (typeof ways)['queue']): Promise<number> => {
    const from = performance.now();
    const ids: string[] = [];
    let left = tasksPerRound;
    await Promise.all(
      callers.map(async (caller) => {
        while (left-- > 0) ids.push(await create(caller, where));
      }),
    );
    await Promise.all(
      callers.map(async (caller) => {
        for (let id = ids.shift(); id !== undefined; id = ids.shift())
          await finish(caller, await take(caller, id));
      }),
    );
    return (tasksPerRound / (performance.now() - from)) * 1000;
  };
  await round(ways.queue);
  for (let i = 1; i <= rounds; i += 1) {
    // In turn first, so that neither way always comes after the other.
    const forth = ['queue', 'byId', 'unqueued'] as const;
    const order = i % 2 ? forth : forth.toReversed();
    for (const way of order) drained[way].push(await round(ways[way]));
    const shown = (way: keyof typeof drained) => drained[way].at(-1)!.toFixed(1);
    say(
      `drained, round ${i} of ${rounds}, per second: queue ${shown('queue')}, by id ${shown('byId')}, without a queue ${shown('unqueued')}`,
    );
  }
  return drained;
}

async function compareDequeues(
  stack: Stack,
  callers: Caller[],
  { few, many, dequeues }: QueuePlan,
  say: (line: string) => void,
): Promise<Pick<QueueResults, 'dequeue' | 'memory'>> {
  const [caller] = callers as [Caller];
  const [short, long] = [await newQueue(caller), await newQueue(caller)];
  await fill(callers, short, few);
  const before = memoryOf(stack);
  await fill(callers, long, many / 2);
  const half = memoryOf(stack);
  await fill(callers, long, many / 2);
  const after = memoryOf(stack);
  say(`${many} tasks wait`);
  const result = { few: [] as number[], many: [] as number[] };
  for (let i = 0; i < dequeues; i += 1) {
    for (const [name, queue] of [
      ['few', short],
      ['many', long],
    ] as const) {
      const from = performance.now();
      const taken = await dequeue(caller, queue);
      result[name].push(performance.now() - from);
      await finish(caller, taken);
    }
  }
  const growth = (part: 'worker' | 'API') => ({ before: before[part], half: half[part], after: after[part] });
  return { dequeue: result, memory: { worker: growth('worker'), API: growth('API') } };
}

async function fill(callers: Caller[], queue: string, count: number): Promise<void> {
  let left = count;
  await Promise.all(
    callers.slice(0, AT_ONCE).map(async (caller) => {
      while (left-- > 0) await create(caller, queue);
    }),
  );
}

const memoryOf = ({ pids }: Stack) => ({ worker: residentMb(pids.worker), API: residentMb(pids.API) });

/** The rows of the table. */
export function queueRows(results: QueueResults): string[][] {
  const { dequeue: times, waiting, handOver, drained, addedEvents, memory } = results;
  const ratio = (a: number[], b: number[]) => (median(a) / median(b)).toFixed(2);
  const ms = (values: number[]) => `${median(values).toFixed(0)} ms`;
  const rate = (values: number[]) => median(values).toFixed(1);
  // Round by round, as a machine is not equally fast all the time.
  const share = (a: number[], b: number[]) => medianAndRange(a.map((value, i) => value / b[i]!));
  const mb = ({ before, half, after }: { before: number; half: number; after: number }) =>
    [before, half, after].map((value) => value.toFixed(0)).join(' → ');
  return [
    [
      `dequeue with ${waiting.many} waiting ÷ with ${waiting.few}`,
      `${ratio(times.many, times.few)} (${ms(times.many)} ÷ ${ms(times.few)})`,
      '≤ 1.5',
    ],
    [
      'waiting agent has a new task ÷ raw poll, complete, first heartbeat',
      `${ratio(handOver.api, handOver.raw)} (${ms(handOver.api)} ÷ ${ms(handOver.raw)})`,
      '≤ 1.5',
    ],
    [
      'tasks created and drained per second, through one queue ÷ claimed by id out of one',
      `${share(drained.queue, drained.byId)}, ${rate(drained.queue)} ÷ ${rate(drained.byId)}`,
      '≥ 0.9',
    ],
    [
      'the same ÷ claimed by id, while they wait in no queue',
      `${share(drained.queue, drained.unqueued)}, ${rate(drained.queue)} ÷ ${rate(drained.unqueued)}`,
      '',
    ],
    ['history events added by queueing', String(addedEvents), '≤ 6'],
    [
      `memory with ${waiting.few} → ${waiting.many / 2} → ${waiting.many} waiting, MB`,
      `worker ${mb(memory.worker)}; API ${mb(memory.API)}`,
      'flat',
    ],
  ];
}
