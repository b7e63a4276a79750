/**
 * What launching agents costs: how soon a program runs after its task was queued, how soon again after it crashed, and
 * what many at once take of Baton itself. Each beside the same programs started without Baton.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { backoff } from '../workflows/failure-reasons.ts';
import { createCaller } from './http-caller.ts';
import type { Caller } from './http-caller.ts';
import { WORK } from './lifecycle.ts';
import { watchCpu } from './process-cpu.ts';
import { residentMb } from './process-memory.ts';
import { median, medianAndRange } from './statistics.ts';
import type { Stack } from './stack.ts';

export interface LaunchPlan {
  launches: number;
  crashes: number;
  /** So many agents at once, for so long. */
  together: number;
  seconds: number;
}

export interface LaunchResults {
  /** Milliseconds from the answer that a task is queued until its program runs; and from `spawn` until it runs. */
  launch: { baton: number[]; alone: number[] };
  /** Seconds from the death of a program until the next runs, beyond the pause that follows a failed attempt. */
  afterCrash: number[];
  together: {
    agents: number;
    /** Seconds until the last of them ran. */
    allRun: { baton: number; alone: number };
    /** MB before, and with all of them. */
    memory: Record<Part, { before: number; with: number }>;
    /** Seconds of CPU in a second, while all of them run and do nothing. */
    cpu: Record<Part, number>;
  };
}

type Part = 'server' | 'worker' | 'API' | 'runner' | 'guard';
interface Started {
  at: number;
  pid: number;
  runId: string;
}

/** Tells when it runs, and by which process, and goes on until it is told to end. */
const PROGRAM = `
echo "$(date +%s%3N) $$ $BATON_RUN_ID" > "$STARTS/$BATON_RUN_ID.part"
mv "$STARTS/$BATON_RUN_ID.part" "$STARTS/$BATON_TASK_ID.$BATON_RUN_ID"
while [ ! -e "$STARTS/$BATON_TASK_ID.done" ]; do sleep 0.5; done`;
const LOOK_EVERY_MS = 5;

export async function measureLaunches(
  stack: Stack,
  plan: LaunchPlan,
  say: (line: string) => void,
): Promise<LaunchResults> {
  const starts = mkdtempSync(join(stack.folder, 'starts-'));
  const before = resident(stack.pids);
  const runner = await stack.startRunner({
    bench: { command: 'sh', args: ['-c', PROGRAM], env: { STARTS: starts } },
  });
  const boss = createCaller(stack.apiUrl, await stack.token('operator', 'boss'));
  const hired: Caller[] = [];
  const hire = async (name: string) => {
    const adapter = { type: 'process', launcher: 'bench' };
    await boss.call('PUT', `/v1/agents/${name}`, { name, role: 'bench', adapter });
    hired.push(createCaller(stack.apiUrl, await stack.token('agent', name)));
    return { name, caller: hired.at(-1)! };
  };
  const give = async (name: string) => {
    const task = { ...WORK.definition, assignee: name, review: { policy: 'none' } };
    const { id } = await boss.call<{ id: string }>('POST', '/v1/tasks', task);
    return { id, queuedAt: Date.now() };
  };
  const finish = async (caller: Caller, id: string, { runId }: Started) => {
    await caller.call('POST', `/v1/tasks/${id}/runs/${runId}/complete`, WORK.submission);
    writeFileSync(join(starts, `${id}.done`), '');
  };

  try {
    const ada = await hire('launched-0');
    const launch: LaunchResults['launch'] = { baton: [], alone: [] };
    for (let i = 0; i < plan.launches; i += 1) {
      const { id, queuedAt } = await give(ada.name);
      const started = await startOf(starts, id);
      launch.baton.push(started.at - queuedAt);
      await finish(ada.caller, id, started);
      launch.alone.push(...(await startAlone(starts, 1)));
    }
    say(`launched: ${ratio(launch)}`);
    const afterCrash = [];
    for (let i = 0; i < plan.crashes; i += 1) {
      const { id } = await give(ada.name);
      const { pid } = await startOf(starts, id);
      process.kill(pid, 'SIGKILL');
      const killedAt = Date.now();
      const next = await startOf(starts, id, 2);
      afterCrash.push((next.at - killedAt - backoff('agent_exited', 1)) / 1000);
      await finish(ada.caller, id, next);
    }
    say('launched again after crashes');
    const agents = await Promise.all(
      Array.from({ length: plan.together }, (_, i) => hire(`launched-${i + 1}`)),
    );
    const from = Date.now();
    const tasks = await Promise.all(agents.map(async ({ name }) => (await give(name)).id));
    const begun = await Promise.all(tasks.map((id) => startOf(starts, id)));
    say(`${plan.together} launched agents run`);
    const pids = { ...stack.pids, runner: runner.pid, guard: runner.guard() };
    const used = watchCpu(pids);
    await sleep(plan.seconds * 1000);
    const cpu = mapped(used(), (seconds) => seconds / plan.seconds);
    const full = resident(pids);
    await Promise.all(agents.map(({ caller }, i) => finish(caller, tasks[i]!, begun[i]!)));
    const alone = await startAlone(starts, plan.together);
    return {
      launch,
      afterCrash,
      together: {
        agents: plan.together,
        allRun: {
          baton: (Math.max(...begun.map(({ at }) => at)) - from) / 1000,
          alone: Math.max(...alone) / 1000,
        },
        memory: mapped(full, (now, part) => ({
          before: part in before ? before[part as keyof typeof before] : 0,
          with: now,
        })),
        cpu,
      },
    };
  } finally {
    for (const caller of [boss, ...hired]) caller.close();
    await runner.stop();
  }
}

const mapped = <K extends string, V, W>(record: Record<K, V>, change: (value: V, key: K) => W) =>
  Object.fromEntries(
    Object.entries(record).map(([key, value]) => [key, change(value as V, key as K)]),
  ) as Record<K, W>;

const resident = <K extends string>(pids: Record<K, number>) => mapped(pids, residentMb);

/** The `count`-th start of a program for this task, once it has told of it. */
async function startOf(starts: string, taskId: string, count = 1): Promise<Started> {
  for (;;) {
    const files = readdirSync(starts).filter((name) => name.startsWith(`${taskId}.`));
    const told = files.map((name) => startIn(join(starts, name))).sort((a, b) => a.at - b.at);
    if (told[count - 1]) return told[count - 1]!;
    await sleep(LOOK_EVERY_MS);
  }
}

function startIn(file: string): Started {
  const [at = '', pid = '', runId = ''] = readFileSync(file, 'utf8').trim().split(' ');
  return { at: Number(at), pid: Number(pid), runId };
}

/** Starts so many of the programs at once, without Baton; answers after how many milliseconds each ran. */
async function startAlone(starts: string, count: number): Promise<number[]> {
  const from = Date.now();
  return await Promise.all(
    Array.from({ length: count }, async () => {
      const [taskId, runId] = [crypto.randomUUID(), crypto.randomUUID()];
      const env = { ...process.env, STARTS: starts, BATON_TASK_ID: taskId, BATON_RUN_ID: runId };
      const child = spawn('sh', ['-c', PROGRAM], { env, detached: true, stdio: 'ignore' });
      const file = join(starts, `${taskId}.${runId}`);
      while (!existsSync(file)) await sleep(LOOK_EVERY_MS);
      writeFileSync(join(starts, `${taskId}.done`), '');
      child.unref();
      return startIn(file).at - from;
    }),
  );
}

const ratio = ({ baton, alone }: LaunchResults['launch']): string =>
  `${(median(baton) / median(alone)).toFixed(0)} (${median(baton).toFixed(0)} ms ÷ ${median(alone).toFixed(0)} ms)`;

/** The rows of the table. */
export function launchRows({ launch, afterCrash, together }: LaunchResults): string[][] {
  const { agents, allRun, memory, cpu } = together;
  const mb = Object.entries(memory).map(([part, { before, with: now }]) =>
    before > 0 ? `${part} ${before.toFixed(0)} → ${now.toFixed(0)}` : `${part} ${now.toFixed(0)}`,
  );
  const share = Object.entries(cpu).map(([part, seconds]) => `${part} ${(seconds * 100).toFixed(0)} %`);
  return [
    ['task queued → program of its agent runs ÷ start of the program alone', ratio(launch), ''],
    ['launched program killed → the next runs, beyond the pause of 10 s, s', medianAndRange(afterCrash), ''],
    [
      `${agents} launched at once: the last runs after, s ÷ the programs alone`,
      `${allRun.baton.toFixed(1)} ÷ ${allRun.alone.toFixed(2)}`,
      '',
    ],
    [`memory with ${agents} launched agents, MB`, mb.join('; '), ''],
    [`CPU while ${agents} launched agents run and do nothing`, share.join('; '), ''],
  ];
}
