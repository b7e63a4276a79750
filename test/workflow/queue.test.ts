import { WorkflowFailedError } from '@temporalio/client';
import { CancelledFailure, defaultPayloadConverter } from '@temporalio/common';
import { expect, test } from 'vitest';
import type { QueueInput } from '../../workflows/queue.ts';
import { olga } from '../support/task-fixture.ts';
import { describeOnWorkers } from '../support/worker.ts';

const json = (value: unknown) => [defaultPayloadConverter.toPayload(value)];

describeOnWorkers('a work queue', (baton) => {
  const INPUT: QueueInput = {
    name: 'Errands',
    company: 'acme',
    defaults: { maxAttempts: 2 },
    createdBy: olga,
    createdAt: '2030-01-01T00:00:00Z',
  };
  const open = (input: unknown) => baton.startRaw(json(input), 'queue');
  const statusOf = async (queue: Awaited<ReturnType<typeof open>>) =>
    (await queue.handle.describe()).status.name;

  test('stays open until it is cancelled, whatever is sent to it', async () => {
    const queue = await open(INPUT);
    for (const name of ['comment', 'no_such_signal', '__temporal_']) await queue.signalRaw(name, []);
    await queue.untilEvent((event) => Boolean(event.workflowTaskCompletedEventAttributes));
    expect(await statusOf(queue)).toBe('RUNNING');
    await queue.handle.cancel();
    const end = await queue.handle.result().catch((error: unknown) => error);
    expect(end).toBeInstanceOf(WorkflowFailedError);
    expect((end as WorkflowFailedError).cause).toBeInstanceOf(CancelledFailure);
    expect(await statusOf(queue)).toBe('CANCELLED');
  });

  test.each([
    ['nothing', undefined],
    ['no name', { ...INPUT, name: '' }],
    ['defaults that no task could have', { ...INPUT, defaults: { maxAttempts: 0 } }],
  ])('fails at once when it is started with %s', async (_what, input) => {
    const queue = await open(input);
    await expect(queue.handle.result()).rejects.toMatchObject({ cause: { type: 'malformed_input' } });
  });
});
