/** The Markdown table of a run, for the README. */
import { cpus, totalmem } from 'node:os';
import type { HeldLeases } from './crash.ts';
import type { HistoryCost } from './history-cost.ts';
import { dialectRows } from './dialects.ts';
import type { DialectTimes } from './dialects.ts';
import { launchRows } from './launches.ts';
import type { LaunchResults } from './launches.ts';
import { queueRows } from './queues.ts';
import type { QueueResults } from './queues.ts';
import { STEPS } from './lifecycle.ts';
import type { Times } from './lifecycle.ts';
import { median, medianAndRange, percentile } from './statistics.ts';
import type { Synchronous } from './stack.ts';
import type { Comparison, Cpu, Way } from './throughput.ts';

export interface Results {
  serverVersion: string;
  synchronous: Synchronous;
  comparisons: Comparison[];
  history: HistoryCost;
  dialects: DialectTimes;
  launches: LaunchResults;
  beyondLease: number[];
  queues: QueueResults;
  held: HeldLeases;
  starts: number[];
}

const GIB = 1024 ** 3;

/** The machine and the settings on one line, then all measures, ratios first. */
export function table(results: Results): string {
  const rows = [
    ['measure', 'result', 'target'],
    ['---', '---', '---'],
    ...results.comparisons.flatMap(ratios),
    ...results.comparisons.flatMap(rates),
    ...historyRows(results.history),
    ...dialectRows(results.dialects),
    ...launchRows(results.launches),
    ...queueRows(results.queues),
    ['crash to requeued, beyond the lease, s', medianAndRange(results.beyondLease), '≤ 2'],
    heldRow(results.held),
    ['`npm start` to ready, server already built, s', medianAndRange(results.starts, 1), '< 5'],
    ...results.comparisons.flatMap(timesRows),
    ...results.comparisons.slice(-1).map(cpuRow),
  ];
  return [facts(results), '', ...rows.map((row) => `| ${row.join(' | ')} |`)].join('\n');
}

function facts({ serverVersion, synchronous }: Results): string {
  const [cpu] = cpus();
  const memory = Math.round(totalmem() / GIB);
  return (
    `${cpus().length} cores (${cpu?.model.trim() || process.arch}), ${memory} GB, Node ${process.versions.node}, ` +
    `Temporal server ${serverVersion}, SQLite with WAL and \`synchronous=${synchronous}\`. ` +
    'Medians, with the smallest and largest of the rounds in brackets.'
  );
}

const byAgents = (agents: number) => (agents === 1 ? '1 agent' : `${agents} agents`);
const rate = (way: Way, { samples }: Comparison) => samples[way].map(({ perSecond }) => perSecond);

function ratios(comparison: Comparison): string[][] {
  const api = rate('api', comparison);
  const over = (way: Way) => medianAndRange(api.map((perSecond, i) => perSecond / rate(way, comparison)[i]!));
  const who = byAgents(comparison.agents);
  return [
    [`throughput through the API ÷ same calls with Temporal's client, ${who}`, over('raw'), '≥ 0.85'],
    [`the same ÷ Temporal's client without confirmations, ${who}`, over('unconfirmed'), ''],
  ];
}

function rates(comparison: Comparison): string[][] {
  const shown = (way: Way) => medianAndRange(rate(way, comparison), 1);
  const result = `${shown('api')} / ${shown('raw')} / ${shown('unconfirmed')}`;
  const who = byAgents(comparison.agents);
  return [[`lifecycles per second, ${who}: API / same calls / without confirmations`, result, '']];
}

function historyRows({ events, workflowTasks, heartbeat, refusedClaim }: HistoryCost): string[][] {
  const shown = (count: { median: number; most: number }) => `${count.median} (at most ${count.most})`;
  return [
    ['history events of a lifecycle', shown(events), '≤ 48'],
    ['workflow tasks of a lifecycle', shown(workflowTasks), ''],
    ['history events of a heartbeat / of a refused claim', `${heartbeat} / ${refusedClaim}`, '0 / 0'],
  ];
}

function heldRow({ leases, seconds, heartbeats, falseExpiries, p50, p95 }: HeldLeases): string[] {
  const beats = `${heartbeats} heartbeats, p50 ${p50.toFixed(0)} ms, p95 ${p95.toFixed(0)} ms`;
  return [
    `leases that expired although they were beaten: ${leases} of 10 s, ${seconds} s`,
    `${falseExpiries} (${beats})`,
    '0',
  ];
}

function timesRows({ agents, times }: Comparison): string[][] {
  const shown = (of: Times) =>
    STEPS.map(
      (step) => `${step} ${percentile(of[step], 0.5).toFixed(0)}/${percentile(of[step], 0.95).toFixed(0)}`,
    ).join(', ');
  const who = byAgents(agents);
  return [
    [`ms per call of the API, p50/p95, ${who}`, shown(times.api), ''],
    [`ms per step with Temporal's client, p50/p95, ${who}`, shown(times.raw), ''],
  ];
}

function cpuRow({ agents, samples }: Comparison): string[] {
  const used = (way: Way, part: keyof Cpu) =>
    (median(samples[way].map(({ cpu }) => cpu[part])) * 1000).toFixed(0);
  const shown = (way: Way) =>
    ['server', 'worker', 'API', 'caller'].map((part) => used(way, part as keyof Cpu)).join(' + ');
  return [
    `CPU ms per lifecycle, ${byAgents(agents)}: server + worker + API + caller`,
    `API ${shown('api')}; same calls ${shown('raw')}`,
    '',
  ];
}
