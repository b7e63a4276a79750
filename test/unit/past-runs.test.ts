import { defaultPayloadConverter } from '@temporalio/common';
import { expect, test } from 'vitest';
import { pastRuns } from '../../activities/run-agent/past-runs.ts';
import type { ReadHistory } from '../../activities/run-agent/past-runs.ts';

const started = (before?: string) => ({
  workflowExecutionStartedEventAttributes: { continuedExecutionRunId: before ?? '' },
});
const signal = (signalName: string, message: unknown) => ({
  workflowExecutionSignaledEventAttributes: {
    signalName,
    input: { payloads: [defaultPayloadConverter.toPayload(message)] },
  },
});
const progress = (runId: string, said: object) =>
  signal('report_progress', { messageId: 'm', runId, ...said });
const unreadable = {
  workflowExecutionSignaledEventAttributes: {
    signalName: 'report_progress',
    input: { payloads: [{ data: new Uint8Array([1]) }] },
  },
};

test('each run is known by its last checkpoint and its failure report, over all executions of its task', async () => {
  const histories: Record<string, object[]> = {
    latest: [
      started('before'),
      progress('two', { note: 'most of it', percent: 80, cost: { usd: 1 } }),
      progress('two', { cost: { usd: 1 } }),
      progress('three', { understanding: 'The rest' }),
      unreadable,
      signal('a name of somebody else', { runId: 'two', note: 'no' }),
    ],
    before: [
      started(),
      progress('one', { note: 'a little' }),
      progress('one', { note: 'half of it' }),
      signal('mark_failed', { runId: 'one', reasonCode: 'other', blocker: 'No beans.', actor: {} }),
      progress('two', { note: 'nothing yet' }),
    ],
  };
  const read: ReadHistory = async (_taskId, execution = 'latest') => ({ events: histories[execution]! });
  expect(Object.fromEntries(await pastRuns(read, 'task'))).toEqual({
    one: {
      lastCheckpoint: { note: 'half of it' },
      failureReport: { reasonCode: 'other', blocker: 'No beans.' },
    },
    two: { lastCheckpoint: { note: 'most of it', percent: 80 } },
    three: { lastCheckpoint: { understanding: 'The rest' } },
  });
});
