/** Every command in every state that the table forbids: refused with its own problem, and without effect. */
import { describe, expect, test } from 'vitest';
import { COMMANDS, STATUSES, allows } from '../../workflows/task-state.ts';
import type { CommandName, TaskStatus } from '../../workflows/task-state.ts';
import { useApi } from '../support/api-under-test.ts';
import { COMMAND_CALLS, taskThatIs } from '../support/task-states.ts';

const api = useApi();

const OF_A_RUN = ['report_progress', 'mark_complete', 'mark_failed', 'release'];
const CLOSED = ['done', 'failed', 'cancelled'];

/** What a caller is told; `undefined` where the command is fine after all. */
function problemFor(command: CommandName, status: TaskStatus): string | undefined {
  const held = status === 'assigned' || status === 'running';
  if (OF_A_RUN.includes(command)) return held ? undefined : 'run_not_active';
  if (command === 'claim' && held) return 'held';
  if (command === 'edit') return ['review', ...CLOSED].includes(status) ? 'frozen' : undefined;
  // None of these tasks settles, so that closed ones are closed for good.
  if (command === 'comment' || command === 'reopen')
    return command === 'comment' && !CLOSED.includes(status) ? undefined : 'transition_not_allowed';
  // To cancel what is cancelled already is to ask once.
  if (command === 'cancel' && status === 'cancelled') return undefined;
  return allows(command, status) ? undefined : 'transition_not_allowed';
}

describe.concurrent.each(STATUSES)('a task that is %s', (status) => {
  const refused = (Object.keys(COMMANDS) as CommandName[]).filter((command) => problemFor(command, status));

  test(`refuses ${refused.join(', ')}, and stays as it is`, async () => {
    const task = await taskThatIs(api, status);
    const before = await api.olga.read(task.id);
    for (const command of refused) {
      const { status: code, headers, body } = await COMMAND_CALLS[command](api, task);
      const type = problemFor(command, status);
      expect(code, command).toBe(409);
      expect(body, command).toMatchObject({ status: 409, type: `/problems/${type}` });
      expect(headers.get('content-type'), command).toMatch('application/problem+json');
      expect(body.detail, command).toMatch(/\.$/);
      expect(body.retryable ?? false, command).toBe(false);
    }
    const { endedRuns, ...after } = await api.olga.read(task.id);
    const { endedRuns: endedBefore, ...unchanged } = before;
    expect(after).toEqual(unchanged);
    expect(endedRuns).toEqual(endedBefore.map((run: object) => expect.objectContaining(run)));
  });
});
