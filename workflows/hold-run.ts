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
import { RUNNER_STOPPED, TIME_SPENT, exitOf, failureOfRunner } from './launch.ts';
import { DEFAULTS } from './limits.ts';
import { exitOnRequest, runAgent } from './run-agent.ts';
import { wallSecondsLeft } from './rules/agents/budget.ts';
import { causeOf } from './rules/agents/runs.ts';
import type { RunNews } from './rules/agents/runs.ts';

/** Has the run launched; `over` hears how it ended. It is stopped by the scope. */
export function holdRun(
  agent: Agent,
  { id: runId, taskId, wake, launcher, runner, startedAt }: AgentRun,
  over: (news: RunNews) => void,
): CancellationScope {
  const { id: agentId, company } = agent;
  const scope = new CancellationScope();
  const cause = causeOf(wake);
  const mayLast = wallSecondsLeft(agent, taskId, startedAt);
  const input = {
    runId,
    agentId,
    company,
    launcher,
    ...(taskId !== undefined && { taskId }),
    wake: cause,
    leaseSeconds: DEFAULTS.leaseSeconds,
    graceSeconds: DEFAULTS.cancelGraceSeconds,
    ...(mayLast !== undefined && { wallSeconds: mayLast }),
  };
  // Agents that are there for long once did not wait for the end of a program that they had stopped.
  const waits = patched('program_gone');
  const held = scope.run(() => runAgent(input, runner, `${agentId}, woken by ${cause.reason}`, { waits }));
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
const ENDS: Record<string, string> = { [RUNNER_STOPPED]: 'interrupted', [TIME_SPENT]: 'budget_exhausted' };

function endOf(error: unknown): Omit<RunNews, 'runId'> {
  const cause = error instanceof ActivityFailure ? error.cause : undefined;
  if (cause instanceof ApplicationFailure) {
    const { type, exit } = failureOfRunner(cause.type, cause.message, cause.details?.[0]);
    const end = ENDS[type];
    return { ...(end === undefined ? BADLY : { end }), wallSeconds: exit?.wallSeconds ?? 0 };
  }
  if (!(cause instanceof TimeoutFailure))
    return { end: 'cancelled', wallSeconds: exitOnRequest(error)?.wallSeconds };
  if (cause.timeoutType === 'SCHEDULE_TO_START') return { end: 'never_started' };
  // Its runner died, which says nothing of the agent.
  return { end: 'crashed' };
}
