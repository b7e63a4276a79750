/** What a task's history pays for each thing that happens: the events and workflow tasks of a whole life, and of single calls. */
import { Client } from '@temporalio/client';
import { createApiDriver } from './api-driver.ts';
import { createCaller } from './http-caller.ts';
import { lifecycle, noTimes } from './lifecycle.ts';
import { median } from './statistics.ts';
import type { Stack } from './stack.ts';

export interface HistoryCost {
  /** Of the lifecycle: the median and the most. */
  events: { median: number; most: number };
  workflowTasks: { median: number; most: number };
  heartbeat: number;
  refusedClaim: number;
}

const LIVES = 9;
const REPEATS = 5;
/** The API joins the heartbeats of one run that are closer together. */
const APART_MS = 1_100;

export async function historyCost(stack: Stack): Promise<HistoryCost> {
  const client = new Client({ connection: stack.connection, namespace: stack.namespace });
  const count = async (taskId: string) => {
    const { events = [] } = await client.workflow.getHandle(taskId).fetchHistory();
    const tasks = events?.filter((event) => event.workflowTaskCompletedEventAttributes) ?? [];
    return { events: events?.length ?? 0, tasks: tasks.length };
  };
  const driver = await createApiDriver(stack, 'counted');
  const rival = createCaller(stack.apiUrl, await stack.token('agent', 'rival'));

  const lives = [];
  for (let i = 0; i < LIVES; i += 1) lives.push(await count(await lifecycle(driver, noTimes())));
  const events = lives.map((life) => life.events);
  const tasks = lives.map((life) => life.tasks);

  const taskId = await driver.create();
  const runId = await driver.claim(taskId);
  const atFirst = await count(taskId);
  for (let i = 0; i < REPEATS; i += 1) {
    await new Promise((resolve) => setTimeout(resolve, APART_MS));
    await driver.heartbeat(taskId, runId);
  }
  const beaten = await count(taskId);
  for (let i = 0; i < REPEATS; i += 1) {
    const { status } = await rival.send('POST', `/v1/tasks/${taskId}/claim`);
    if (status !== 409) throw new Error(`A second claim was answered with ${status}.`);
  }
  const refused = await count(taskId);
  driver.close();
  rival.close();
  return {
    events: { median: median(events), most: Math.max(...events) },
    workflowTasks: { median: median(tasks), most: Math.max(...tasks) },
    heartbeat: (beaten.events - atFirst.events) / REPEATS,
    refusedClaim: (refused.events - beaten.events) / REPEATS,
  };
}
