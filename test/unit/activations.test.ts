import { expect, test } from 'vitest';
import { activationsOf } from '../../api/events/activations.ts';
import type { HistoryEvent } from '../../api/events/activations.ts';

const child = { workflowExecution: { workflowId: 'part' } };
const started = { childWorkflowExecutionStartedEventAttributes: child };
const terminated = { childWorkflowExecutionTerminatedEventAttributes: child };
const cancelled = { workflowExecutionCancelRequestedEventAttributes: {} };
const workflowTask = [
  { workflowTaskStartedEventAttributes: {} },
  { workflowTaskCompletedEventAttributes: {} },
];
const timedOut = [{ workflowTaskStartedEventAttributes: {} }, { workflowTaskTimedOutEventAttributes: {} }];

const jobsOf = (...history: HistoryEvent[]) => activationsOf('task', history).map(({ jobs }) => jobs);

test('the end of a sub-task is heard in its turn when its start was heard before', () => {
  const history = [started, ...workflowTask, terminated, cancelled, ...workflowTask];
  expect(jobsOf(...history)).toEqual([[], [terminated, cancelled]]);
});

test('the end of a sub-task is heard last when it comes along with its start', () => {
  expect(jobsOf(started, terminated, cancelled, ...workflowTask)).toEqual([[cancelled, terminated]]);
});

test('what a workflow task that failed was given comes along with the next', () => {
  expect(jobsOf(started, ...timedOut, terminated, cancelled, ...workflowTask)).toEqual([
    [cancelled, terminated],
  ]);
});
