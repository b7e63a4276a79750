/**
 * The companion of a runner: a process that outlives it just long enough to kill the agents that it leaves behind. The
 * runner tells it of its runs over its standard input, a line each. That this ends means that the runner is gone.
 */
import { createInterface } from 'node:readline';
import { killRun } from './end-run.ts';
import type { LaunchedRun } from './processes.ts';

/** A line, as JSON: a run is on, or, without `run`, it is over. */
export interface GuardLine {
  runId: string;
  run?: LaunchedRun;
}

// Whatever ends the runner may be sent to all of its processes; this one has to be the last.
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => {});

// The runner may be gone before it hears that it is watched.
process.stdout.on('error', () => {});
process.stdout.write('watching\n');

const watched = new Map<string, LaunchedRun>();
try {
  for await (const line of createInterface({ input: process.stdin })) {
    const { runId, run } = JSON.parse(line) as GuardLine;
    if (run) watched.set(runId, run);
    else watched.delete(runId);
  }
} finally {
  // Also when the runner died in the middle of a line.
  await Promise.all([...watched.values()].map(killRun));
}
