import { WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { expect, test } from 'vitest';
import type { RealTask } from '../support/real-task.ts';
import { ada, rita } from '../support/task-fixture.ts';
import { describeOnWorkers } from '../support/worker.ts';

const failureOf = async (task: RealTask) => {
  const error = await task.handle.result().catch((failure: unknown) => failure);
  return error instanceof WorkflowFailedError ? error.cause : error;
};
const statusOf = async (task: RealTask) => (await task.handle.describe()).status.name;

describeOnWorkers('how a task ends', (baton) => {
  test('done: the workflow is Completed, and its result is the task', async () => {
    const task = await baton.create();
    await task.claim(ada);
    await task.do('report_progress', ada);
    await task.do('mark_complete', ada, { output: { beans: 7 } });
    await task.do('approve', rita);
    expect(await task.handle.result()).toMatchObject({
      id: task.id,
      status: 'done',
      submission: { output: { beans: 7 } },
    });
    expect(await statusOf(task)).toBe('COMPLETED');
  });

  test('failed: the workflow is Failed with the reason code as its type and the task as its detail', async () => {
    const task = await baton.create();
    await task.claim(ada);
    await task.do('mark_failed', ada, { reasonCode: 'out_of_scope', blocker: 'not a bean' });
    const failure = (await failureOf(task)) as ApplicationFailure;
    expect(failure).toBeInstanceOf(ApplicationFailure);
    expect(failure).toMatchObject({
      type: 'out_of_scope',
      message: 'not a bean',
      details: [{ id: task.id, status: 'failed' }],
    });
    expect(await statusOf(task)).toBe('FAILED');
  });

  test('cancelled: the workflow is Canceled, and its memo has the task', async () => {
    const task = await baton.create();
    await task.cancel();
    expect(await failureOf(task)).toBeInstanceOf(CancelledFailure);
    const { status, memo } = await task.handle.describe();
    expect(status.name).toBe('CANCELLED');
    expect(memo).toMatchObject({ title: 'Count the beans', final: { id: task.id, status: 'cancelled' } });
  });

  test('terminated by an operator: what it was can still be asked', async () => {
    const task = await baton.create();
    await task.claim(ada);
    await task.handle.terminate('enough');
    expect(await task.view()).toMatchObject({ status: 'assigned', run: { agent: 'ada' } });
  });
});
