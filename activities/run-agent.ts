/**
 * A run of a launched agent, and the lease of that run at once: prepares its workspace, launches its command, sends
 * heartbeats while that lives, and ends whatever is left of it, for whichever reason.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { CancelledFailure, Context, log } from '@temporalio/activity';
import { collectMemory } from './run-agent/collect-memory.ts';
import type { RunPulse } from './run-agent/pulse.ts';
import type { Exit, RunAgentInput } from '../workflows/launch.ts';
import { endRun } from './run-agent/end-run.ts';
import { needed } from './run-agent/failures.ts';
import type { Guard } from './run-agent/guard.ts';
import { launch } from './run-agent/launch.ts';
import type { Command, CommandExit, LaunchedCommand } from './run-agent/launch.ts';
import { prepare } from './run-agent/prepare.ts';
import type { PrepareDeps, Prepared } from './run-agent/prepare.ts';
import type { MintToken } from './run-agent/run-token.ts';
import { failureOf, graceOf, hasSpoken, isShutdown, untilStopped } from './run-agent/stop.ts';
import type { StopReason } from './run-agent/stop.ts';
import { createTail } from './run-agent/tail.ts';
import { createTurns } from './run-agent/turns.ts';

export interface RunAgentDeps extends PrepareDeps {
  mintToken: MintToken;
  guard: Guard;
  longestRunMs: number;
}

interface Watch {
  signal: AbortSignal;
  /** Takes what the command prints. */
  print: (chunk: Buffer) => void;
  launched: (pid: number) => void;
}

const BEAT_MS = 1_000;
/** What an agent that has ended its run itself is given to exit. */
const LAST_WORDS_MS = 5_000;

/**
 * Makes the activity. It answers how the command ended when that ended by itself. A launch that does not come about and
 * a run that its runner stops are typed failures (see failures.ts); a run that is given up by who asked for it ends as
 * cancelled, with its result in the details.
 */
export function createRunAgent(deps: RunAgentDeps) {
  const inTurn = createTurns();

  return async function run_agent(input: RunAgentInput): Promise<Exit> {
    const { info, cancellationSignal: signal, heartbeat } = Context.current();
    const lease = info.workflowExecution?.workflowId ?? '';
    const holdsTask = lease === input.taskId;
    if (input.wallSeconds === 0) throw failureOf('time_spent');
    const token = await needed(
      'The token of the run could not be signed',
      deps.mintToken({ ...input, lease }),
    );
    const tail = createTail(token);
    let pid: number | null = null;
    const terms = { agent: input.agentId, leaseSeconds: input.leaseSeconds, launched: true } as const;
    const beat = () => heartbeat({ ...terms, tail: tail.text(), pid } satisfies RunPulse);
    beat();
    const beating = setInterval(beat, BEAT_MS);
    try {
      return await inTurn(holdsTask ? lease : input.runId, signal, async () => {
        const prepared = await prepare(deps, input, { token, holdsTask, signal });
        const launched = (known: number) => void (pid = known);
        const { exit, stop, wallSeconds } = await collected(deps, prepared, () =>
          runCommand(deps, input, prepared.command, { signal, print: (chunk) => tail.add(chunk), launched }),
        );
        const ended = { ...exit, tail: tail.text(), wallSeconds };
        if (stop) throw failureOf(stop, ended);
        return ended;
      });
    } catch (error) {
      // Before it could be launched.
      throw error instanceof CancelledFailure && isShutdown(signal) ? failureOf('runner_stopped') : error;
    } finally {
      clearInterval(beating);
    }
  };
}

/** Launches the command and waits for its end, or brings it about. Nothing of the run is left then. */
async function runCommand(
  deps: RunAgentDeps,
  { runId, taskId, graceSeconds, wallSeconds }: RunAgentInput,
  command: Command,
  { signal, print, launched }: Watch,
): Promise<{ exit: CommandExit; stop: StopReason | undefined; wallSeconds: number }> {
  deps.guard.watch({ runId });
  try {
    const agent = await needed('The command could not be launched', launch(command, print));
    const began = performance.now();
    const run = { runId, pid: agent.pid };
    deps.guard.watch(run);
    launched(agent.pid);
    log.info('launched', run);
    const stop = await untilStopped(agent.exited, signal, deps.longestRunMs, wallSeconds);
    if (stop === 'given_up' && taskId !== undefined) await letExit(agent, deps.readTask(taskId), runId);
    await endRun(run, graceOf(stop, graceSeconds));
    const exit = await agent.exited;
    const ran = (performance.now() - began) / 1000;
    await agent.drained();
    log.info('ended', { ...run, ...exit, ...(stop && { stop }) });
    return { exit, stop, wallSeconds: ran };
  } finally {
    deps.guard.forget(runId);
  }
}

/** An agent that has handed in, or given up, needs no signal to exit: it is about to. */
async function letExit(agent: LaunchedCommand, reading: ReturnType<RunAgentDeps['readTask']>, runId: string) {
  const moment = sleep(LAST_WORDS_MS, undefined, { ref: false });
  const spoken = reading.then((task) => hasSpoken(task, runId)).catch(() => false);
  if (await Promise.race([spoken, moment])) await Promise.race([agent.exited, moment]);
}

/** Acts, and collects what the run has written for the next one, however it ended. */
async function collected<T>(deps: RunAgentDeps, { run }: Prepared, act: () => Promise<T>): Promise<T> {
  const { openRuns, memories } = deps;
  try {
    return await act();
  } finally {
    await collectMemory(run, openRuns.workspaceOf(run.runId), memories).then(
      () => openRuns.close(run.runId),
      // It is taken up again when the runner starts.
      (error: unknown) =>
        log.error('the notes of a run were not collected', { runId: run.runId, err: error }),
    );
  }
}
