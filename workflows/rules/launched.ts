/** The rules of a run that Baton launched: what the end of its program means. */
import { RUNNER } from '../actor.ts';
import { LAUNCH_FAILURES, RUNNER_STOPPED, TIME_SPENT, inWords } from '../launch.ts';
import type { Exit, RunnerFailure } from '../launch.ts';
import type { Task } from '../task-record.ts';
import { enter } from './rule.ts';
import { endGrace, endRun, failRun } from './runs.ts';

/**
 * The program of a launched run is gone, and its agent had not ended the run. One that left word of how far it came
 * and ended well is to be continued at its next wake.
 */
export function agentExited(task: Task, exit: Exit, now: string): Task {
  const { wallSeconds } = exit;
  // It was asked to end, so how it did says nothing of it.
  if (task.cancel) return endGrace(task, now, { wallSeconds });
  if (exit.exitCode === 0 && task.run?.reported) {
    return enter(endRun(task, 'continued', now, { wallSeconds }), 'queued', now);
  }
  const lines = lastLines(exit.tail);
  const said = lines === '' ? ' It printed nothing.' : ` The last that it printed:\n${lines}`;
  const message = `The agent ${inWords(exit)} and had not handed in its work.${said}`;
  return failRun(task, 'agent_exited', message, now, { wallSeconds });
}

/**
 * The runner could not launch the program, or ended it. That it had to stop itself is no fault of the agent's, and what is
 * wrong with its configuration or with the task would be no better the next time.
 */
export function runnerFailed(task: Task, { type, message, exit }: RunnerFailure, now: string): Task {
  const ran = { wallSeconds: exit?.wallSeconds ?? 0 };
  if (type === RUNNER_STOPPED) return waitAgain(endRun(task, 'interrupted', now, ran), now);
  if (type === TIME_SPENT) return failRun(task, 'budget_exhausted', message, now, ran);
  const needs = (LAUNCH_FAILURES as Record<string, string>)[type];
  if (needs === 'later') return failRun(task, 'unreachable_service', message, now, ran);
  if (needs !== 'person') return failRun(task, 'agent_exited', `The agent's program: ${message}`, now, ran);
  const ended = endRun(task, 'failed', now, { reasonCode: 'other', ...ran });
  if (task.cancel) return enter(ended, 'cancelled', now);
  return enter(ended, 'handoff', now, { handoff: { blockers: message, by: RUNNER.id, at: now } });
}

const waitAgain = (task: Task, now: string): Task => enter(task, task.cancel ? 'cancelled' : 'queued', now);

const SHOWN_CHARACTERS = 2_000;
const lastLines = (tail: string): string => tail.trimEnd().slice(-SHOWN_CHARACTERS).toWellFormed();
