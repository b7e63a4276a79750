/**
 * The runs that an agent's workflow holds itself: they claim no task, and have one for context at the most. The runner
 * launches them as it does those of tasks.
 */
import {
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  TimeoutFailure,
  patched,
} from '@temporalio/workflow';
import type { Agent, AgentRun } from './agent-record.ts';
import { RUNNER_STOPPED, exitOf } from './launch.ts';
import { DEFAULTS } from './limits.ts';
import { runAgent } from './run-agent.ts';
import { causeOf } from './rules/agents/runs.ts';
import type { RunNews } from './rules/agents/runs.ts';

/** Has the run launched; `over` hears how it ended. It is stopped by the scope. */
export function holdRun(
  { id: agentId, company }: Agent,
  { id: runId, taskId, wake, launcher, runner }: AgentRun,
  over: (news: RunNews) => void,
): CancellationScope {
  const scope = new CancellationScope();
  const cause = causeOf(wake);
  const input = {
    runId,
    agentId,
    company,
    launcher,
    ...(taskId !== undefined && { taskId }),
    wake: cause,
    leaseSeconds: DEFAULTS.leaseSeconds,
    graceSeconds: DEFAULTS.cancelGraceSeconds,
  };
  const held = scope.run(() => runAgent(input, runner, `${agentId}, woken by ${cause.reason}`));
  held.then(
    // What it said it said elsewhere, so nobody can tell whether it came to anything.
    (answer) => {
      const { exitCode, wallSeconds } = exitOf(answer);
      over({ runId, wallSeconds, ...(exitCode === 0 ? { end: 'exited' } : BADLY) });
    },
    (error: unknown) => over({ runId, ...endOf(error) }),
  );
  return scope;
}

const BADLY = { end: 'agent_exited', progressed: false };

function endOf(error: unknown): Omit<RunNews, 'runId'> {
  const cause = error instanceof ActivityFailure ? error.cause : undefined;
  if (cause instanceof ApplicationFailure) {
    return cause.type === RUNNER_STOPPED ? { end: 'interrupted' } : BADLY;
  }
  if (!(cause instanceof TimeoutFailure)) return { end: 'cancelled' };
  if (cause.timeoutType === 'SCHEDULE_TO_START') return { end: 'never_started' };
  // Its runner died, which says nothing of the agent. Agents that are there for long once held it against them.
  return patched('crash') ? { end: 'crashed' } : { end: 'crashed', progressed: false };
}
