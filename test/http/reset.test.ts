/** After an operator's Reset in the Temporal UI a task has two executions; only the new one is the task. */
import { expect, test } from 'vitest';
import { useApi } from '../support/api-under-test.ts';
import type { Json } from '../support/caller.ts';
import { eventually } from '../support/caller.ts';
import { taskThatIs } from '../support/task-states.ts';

const api = useApi();

/** Takes the task back to the end of its workflow task number `nth`. What was sent to it since is sent again. */
async function reset(taskId: string, nth: number): Promise<void> {
  const { workflow, workflowService, options } = api.temporal;
  const handle = workflow.getHandle(taskId);
  const { runId } = await handle.describe();
  const completed = (await handle.fetchHistory()).events!.filter(
    (event) => event.workflowTaskCompletedEventAttributes,
  );
  await workflowService.resetWorkflowExecution({
    namespace: options.namespace,
    workflowExecution: { workflowId: taskId, runId },
    workflowTaskFinishEventId: completed[nth]!.eventId!,
    requestId: crypto.randomUUID(),
    reason: 'try that again',
  });
}

test('its events are those of the new execution, from the beginning', async () => {
  const { id, run } = await taskThatIs(api, 'running');
  await run.complete();
  await api.rita.review(id, 'approve');
  const before = (await api.olga.get(`/v1/tasks/${id}/events?limit=3`)).body;
  await reset(id, 0);
  const task = await api.olga.read(id);
  const { items } = (await api.olga.get(`/v1/tasks/${id}/events?limit=100`)).body;
  expect(items.at(-1)).toMatchObject({ status: task.status, version: task.version });
  const claims = items.filter(({ type, outcome }: Json) => type === 'claim' && outcome === 'accepted');
  expect(claims).toMatchObject([{ run: run.id, by: { id: 'alice' } }]);
  // Of where it was before the reset, there is no next page.
  const stale = await api.olga.get(`/v1/tasks/${id}/events?cursor=${before.next}`);
  expect(stale).toMatchObject({ status: 422, body: { errors: [{ pointer: 'cursor' }] } });
});

test.each(['running', 'done'] as const)('a task that was %s is listed once, as it is now', async (status) => {
  const project = crypto.randomUUID();
  const { id } = await taskThatIs(api, status, { project });
  await reset(id, 0);
  const now = await api.olga.read(id);
  const list = async (also = '') => (await api.olga.get(`/v1/tasks?project=${project}${also}`)).body.items;
  const listed = await eventually(list, (items) => items.some((row: Json) => row.status === now.status));
  expect(listed.map((row: Json) => row.id)).toEqual([id]);
  // Visibility has the end of the old execution by now, too.
  await eventually(
    async () =>
      (await api.temporal.workflow.count(`WorkflowId = '${id}' AND ExecutionStatus != 'Running'`)).count,
    (count) => count === 1,
  );
  for (const other of ['cancelled', 'done', 'failed']) expect(await list(`&status=${other}`)).toEqual([]);
  expect(await list()).toHaveLength(1);
});
