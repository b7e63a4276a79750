/** Tasks brought into each of their states over HTTP, and every command that a caller may send them there. */
import type { CommandName, TaskStatus } from '../../workflows/task-state.ts';
import type { ApiUnderTest } from './api-under-test.ts';
import type { Answer } from './caller.ts';
import { Run } from './caller.ts';

export interface TaskInState {
  id: string;
  /** The run that alice holds, or held last. */
  run: Run;
}

/** A task in `status`, worked on by alice, decided on by rita, created and cancelled by olga. */
export async function taskThatIs(
  { alice, olga, rita }: Pick<ApiUnderTest, 'alice' | 'olga' | 'rita'>,
  status: TaskStatus,
  definition: object = {},
): Promise<TaskInState> {
  const { id } = await olga.create(definition);
  const none = new Run(alice, id, crypto.randomUUID());
  if (status === 'queued') return { id, run: none };
  if (status === 'cancelled') {
    await olga.must(olga.post(`/v1/tasks/${id}/cancel`));
    return { id, run: none };
  }
  const run = await alice.claim(id);
  if (status === 'running') await alice.must(run.progress());
  if (status === 'review' || status === 'done') await alice.must(run.complete());
  if (status === 'done') await rita.must(rita.review(id, 'approve'));
  if (status === 'failed') await alice.must(run.fail());
  if (status === 'handoff') await alice.must(run.handOff());
  return { id, run };
}

/** How each command is sent by somebody whose role never stands in its way. */
export const COMMAND_CALLS: Record<CommandName, (api: ApiUnderTest, task: TaskInState) => Promise<Answer>> = {
  claim: ({ bob }, { id }) => bob.post(`/v1/tasks/${id}/claim`),
  report_progress: (_api, { run }) => run.progress(),
  mark_complete: (_api, { run }) => run.complete({ reasoning: 'Once more.' }),
  mark_failed: (_api, { run }) => run.fail({ reasonCode: 'out_of_scope' }),
  release: (_api, { run }) => run.release(),
  hand_off: ({ olga }, { id }) => olga.post(`/v1/tasks/${id}/hand-off`, { blockers: 'no access' }),
  resume: ({ olga }, { id }) => olga.post(`/v1/tasks/${id}/resume`),
  approve: ({ rita }, { id }) => rita.review(id, 'approve'),
  request_changes: ({ rita }, { id }) => rita.review(id, 'request_changes', { comment: 'not yet' }),
  reopen: ({ olga }, { id }) => olga.post(`/v1/tasks/${id}/reopen`),
  cancel: ({ olga }, { id }) => olga.post(`/v1/tasks/${id}/cancel`),
  archive: ({ olga }, { id }) => olga.post(`/v1/tasks/${id}/archive`),
  link: ({ olga }, { id }) => olga.post(`/v1/tasks/${id}/links`, { to: id, type: 'relates' }),
  edit: ({ olga }, { id }) => olga.patch(`/v1/tasks/${id}`, { title: 'Other' }, { 'if-match': '*' }),
  comment: ({ olga }, { id }) => olga.post(`/v1/tasks/${id}/comments`, { text: 'hello' }),
  create_subtask: ({ olga }, { id }) => olga.post(`/v1/tasks/${id}/subtasks`, { title: 'A part of it' }),
  skip_child: ({ olga }, { id }) => olga.post(`/v1/tasks/${id}/subtasks/${crypto.randomUUID()}/skip`),
};
