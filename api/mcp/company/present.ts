/** How the tools of company agents answer: JSON, as text for the model and as structured content for programs. */
import type { CallToolResult } from '@modelcontextprotocol/server';
import { standing } from '../../../workflows/standing.ts';
import type { Task } from '../../../workflows/task-record.ts';
import { isTerminal } from '../../../workflows/task-state.ts';
import type { Problem } from '../../problems.ts';
import { stopOf, warningsOf } from '../../services/runs.ts';

/** An answer. */
export const answered = (content: Record<string, unknown>): CallToolResult => ({
  content: [{ type: 'text', text: JSON.stringify(content) }],
  structuredContent: content,
});

/** A refusal: what is wrong, and what to do next. */
export function refused(problem: Problem): CallToolResult {
  const { title: _title, status: _status, ...told } = problem.toJSON();
  return {
    isError: true,
    content: [{ type: 'text', text: `${told.detail}\nNext step: ${told.hint}` }],
    structuredContent: { ...told },
  };
}

/** Where a task stands after what an agent said of it, and what the agent is to do now. */
export function standingOf(task: Task, also: Record<string, unknown> = {}): Record<string, unknown> {
  const { run } = task;
  const stop = run ? stopOf(task, run.id) : null;
  return {
    task_id: task.id,
    run_id: run?.id ?? null,
    title: task.definition.title,
    status: task.status,
    standing: standing(task),
    next_step: stop ? `Wind down within ${stop.graceSeconds} s, and end the run.` : nextStep(task),
    stop,
    warnings: warningsOf(task),
    ...also,
  };
}

function nextStep({ run, status }: Task): string {
  if (run) return 'Go on, and report again within ten minutes.';
  if (status === 'queued') return 'Stop working on it: it waits for its next run.';
  return isTerminal(status) ? 'Nothing: it is closed.' : 'Stop working on it: others decide what comes next.';
}
