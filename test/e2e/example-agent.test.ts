/** The agent that authors copy: lets go when it is told to, and knows the difference between received and done. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { FOLDERS, startAgent } from '../support/example-agent.ts';
import type { PatientClient } from '../support/patient-client.ts';
import { Baton } from '../support/processes.ts';

const SLOW = 120_000;

let baton: Baton;
let olga: PatientClient;
const agents: ChildProcess[] = [];

beforeAll(async () => {
  baton = await Baton.start();
  olga = await baton.client('operator', 'olga');
}, SLOW);

afterAll(async () => {
  for (const agent of agents) agent.kill('SIGKILL');
  await baton?.stop();
});

/** A task at which ada is working. */
async function underWay(paceMs: number) {
  const { id } = await olga.must('/v1/tasks', {
    title: 'Survey these folders',
    payload: { folders: FOLDERS },
    lease: { seconds: 5 },
    cancelGraceSeconds: 600,
  });
  const agent = await startAgent(baton, 'ada', id, paceMs);
  agents.push(agent);
  const ended = once(agent, 'exit');
  await olga.until(id, ({ status }) => status === 'running');
  return { id, ended };
}

test('when its task is cancelled it releases the run, and ends', { timeout: SLOW }, async () => {
  const { id, ended } = await underWay(60_000);
  await olga.must(`/v1/tasks/${id}/cancel`);
  expect(await ended).toEqual([1, null]);
  const task = await olga.read(`/v1/tasks/${id}`);
  expect(task).toMatchObject({ status: 'cancelled', endedRuns: [{ agent: 'ada', end: 'released' }] });
});

test('when its run was ended by somebody else it ends', { timeout: SLOW }, async () => {
  const { id, ended } = await underWay(60_000);
  await olga.must(`/v1/tasks/${id}/hand-off`, { blockers: 'no access' });
  expect(await ended).toEqual([1, null]);
  expect(await olga.read(`/v1/tasks/${id}`)).toMatchObject({ status: 'handoff', submission: null });
});

test('while no worker is up it waits until its work is confirmed', { timeout: SLOW }, async () => {
  const { id, ended } = await underWay(1_000);
  await baton.worker.kill();
  const isOver = ended.then(() => true);
  const aWhile = new Promise((resolve) => setTimeout(resolve, 10_000, false));
  expect(await Promise.race([isOver, aWhile]), 'it would say that its work is handed in').toBe(false);
  await baton.worker.start();
  expect(await ended).toEqual([0, null]);
  expect(await olga.read(`/v1/tasks/${id}`)).toMatchObject({
    status: 'review',
    attempts: 0,
    submission: { agent: 'ada' },
  });
});
