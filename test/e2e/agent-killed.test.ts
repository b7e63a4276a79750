/** An agent, a process of its own that knows nothing but HTTP, is killed with SIGKILL in the middle of its work. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { FOLDERS, startAgent } from '../support/example-agent.ts';
import { checkHistories, countOf } from '../support/history-checker.ts';
import type { PatientClient } from '../support/patient-client.ts';
import { Baton } from '../support/processes.ts';

const SLOW = 120_000;
const LEASE_SECONDS = 5;

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

async function start(name: string, taskId: string, paceMs: number): Promise<ChildProcess> {
  const agent = await startAgent(baton, name, taskId, paceMs);
  agents.push(agent);
  return agent;
}

test.concurrent(
  'its task goes to another agent, which goes on from its last checkpoint, and it comes too late',
  async () => {
    const { id } = await olga.must('/v1/tasks', {
      title: 'Survey these folders',
      payload: { folders: FOLDERS },
      lease: { seconds: LEASE_SECONDS },
    });
    const ada = await start('ada', id, 3_000);
    const held = await olga.until(id, ({ lastProgress }) => lastProgress?.percent >= 25);
    expect(held).toMatchObject({ status: 'running', run: { agent: 'ada', attempt: 1 } });
    ada.kill('SIGKILL');

    const requeued = await olga.until(id, ({ status }) => status === 'queued');
    expect(requeued).toMatchObject({
      attempts: 1,
      run: null,
      lastProgress: { agent: 'ada', percent: held.lastProgress.percent },
      lastFailure: { reasonCode: 'crashed' },
      endedRuns: [{ id: held.run.id, agent: 'ada', end: 'crashed' }],
    });

    const bob = await start('bob', id, 500);
    const taken = await olga.until(id, ({ run }) => run?.agent === 'bob');
    expect(taken.run).toMatchObject({ attempt: 2 });

    // Ada was not dead after all, and speaks as if nothing had happened.
    const zombie = await baton.client('agent', 'ada');
    const lateCalls: [string, object][] = [
      ['heartbeat', {}],
      ['progress', { note: 'I am back', cost: { usd: 100 } }],
      ['complete', { output: { files: 1, folders: {} }, reasoning: 'Mine counts.' }],
      ['fail', { reasonCode: 'other' }],
      ['release', {}],
      ['hand-off', { blockers: 'I am tired.' }],
    ];
    for (const [call, body] of lateCalls) {
      const answer = await zombie.post(`/v1/tasks/${id}/runs/${held.run.id}/${call}`, body);
      expect(answer, call).toMatchObject({
        status: 409,
        body: { type: '/problems/run_not_active', endedBy: 'crashed' },
      });
    }
    expect(await olga.read(`/v1/tasks/${id}`)).toMatchObject({ run: { agent: 'bob' }, submission: null });

    expect(await once(bob, 'exit')).toEqual([0, null]);
    const task = await olga.read(`/v1/tasks/${id}`);
    expect(task).toMatchObject({
      status: 'review',
      attempts: 1,
      cost: { usd: 0 },
      submission: { agent: 'bob', run: taken.run.id },
    });
    expect(Object.keys(task.submission.output.folders)).toEqual(FOLDERS);
    const events = (await checkHistories(olga, await baton.temporalClient(), [id])).get(id);
    expect(countOf(events, 'crashed')).toBe(1);
    expect(countOf(events, 'mark_complete')).toBe(1);
    expect(countOf(events, 'late_submission')).toBe(0);
    expect(events?.map(({ type }) => type)).toContain('late_submission');
  },
);

test.concurrent(
  'again and again: when its attempts are spent the task fails, and takes no other agent',
  async () => {
    const { id } = await olga.must('/v1/tasks', {
      title: 'Too much for anybody',
      payload: { folders: FOLDERS },
      lease: { seconds: LEASE_SECONDS },
      maxAttempts: 2,
    });
    for (const name of ['ada', 'bob']) {
      const agent = await start(name, id, 60_000);
      await olga.until(id, ({ run, status }) => run?.agent === name && status === 'running');
      agent.kill('SIGKILL');
      await olga.until(id, ({ run }) => run === null);
    }
    expect(await olga.read(`/v1/tasks/${id}`)).toMatchObject({
      status: 'failed',
      attempts: 2,
      failure: { reasonCode: 'crashed' },
    });
    const cleo = await baton.client('agent', 'cleo');
    expect(await cleo.post(`/v1/tasks/${id}/claim`)).toMatchObject({
      status: 409,
      body: { type: '/problems/transition_not_allowed' },
    });
    await checkHistories(olga, await baton.temporalClient(), [id]);
  },
);
