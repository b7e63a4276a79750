/**
 * The Temporal server is killed with SIGKILL, alone and together with worker and API, and comes back on the same
 * SQLite file: every task is whole, and agents that send their requests again go on as if nothing had happened.
 */
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkHistories, countOf, notesOf } from '../support/history-checker.ts';
import type { PatientClient } from '../support/patient-client.ts';
import { Baton } from '../support/processes.ts';

const SLOW = 150_000;
const NOTES = ['one', 'two', 'three', 'four', 'five'];

let baton: Baton;
let olga: PatientClient;
let rita: PatientClient;

beforeAll(async () => {
  baton = await Baton.start({ ownServer: true, variables: { BATON_ENGINE_TIMEOUT_SECONDS: '3' } });
  [olga, rita] = await Promise.all([baton.client('operator', 'olga'), baton.client('reviewer', 'rita')]);
}, SLOW);

afterAll(() => baton?.stop());

/** Tasks in every open state, and agents that work on the running ones without a pause; `finish` sees all of it done. */
class Workload {
  readonly queued: string[] = [];
  readonly review: string[] = [];
  readonly running: string[] = [];
  reports = 0;
  #agents: Promise<void>[] = [];

  get all(): string[] {
    return [...this.queued, ...this.review, ...this.running];
  }

  async begin(): Promise<void> {
    for (let i = 0; i < 2; i += 1) this.queued.push(await this.#create());
    for (let i = 0; i < 2; i += 1) {
      const id = await this.#create();
      await this.#work(id, `reviewed-${i}`, []);
      this.review.push(id);
    }
    for (let i = 0; i < 4; i += 1) {
      const id = await this.#create();
      this.running.push(id);
      this.#agents.push(this.#work(id, `agent-${i}`, NOTES));
    }
  }

  async finish(): Promise<void> {
    await Promise.all(this.#agents);
    await Promise.all(this.queued.map((id) => this.#work(id, 'late', NOTES)));
    await Promise.all(this.all.map((id) => rita.must(`/v1/tasks/${id}/review`, { decision: 'approve' })));
  }

  async #create(): Promise<string> {
    return (await olga.must('/v1/tasks', { title: 'Survive the server' })).id;
  }

  async #work(id: string, name: string, notes: string[]): Promise<void> {
    const agent = await baton.client('agent', name);
    const { run } = await agent.must(`/v1/tasks/${id}/claim`);
    const at = `/v1/tasks/${id}/runs/${run.id}`;
    for (const note of notes) {
      await agent.must(`${at}/heartbeat`);
      await agent.must(`${at}/progress`, { note, cost: { usd: 1 } });
      this.reports += 1;
    }
    await agent.must(`${at}/complete`, { output: name, reasoning: 'Done.' });
  }
}

/** The tasks that were not claimed once and done once, with all of their checkpoints, each of them once and in order. */
async function damaged(work: Workload): Promise<object[]> {
  const histories = await checkHistories(olga, await baton.temporalClient(), work.all);
  const lives = [...histories].map(([id, events]) => ({
    id,
    notes: notesOf(events),
    claims: countOf(events, 'claim'),
    submissions: countOf(events, 'mark_complete'),
    approvals: countOf(events, 'approve'),
    status: events.at(-1)?.status,
  }));
  const once = { claims: 1, submissions: 1, approvals: 1, status: 'done' };
  return lives.filter(({ id, ...life }) => {
    const notes = work.review.includes(id) ? [] : NOTES;
    return !isDeepStrictEqual(life, { notes, ...once });
  });
}

async function untilReportsCome(work: Workload): Promise<void> {
  const before = work.reports;
  await expect.poll(() => work.reports, { timeout: SLOW, interval: 1 }).toBeGreaterThan(before);
}

describe('a Temporal server killed with SIGKILL', { timeout: SLOW }, () => {
  test('tasks that wait, run and are in review survive it; meanwhile callers are told to come again', async () => {
    const work = new Workload();
    await work.begin();
    await untilReportsCome(work);
    await baton.temporal.kill();

    const refused = await olga.post('/v1/tasks', { title: 'While it is down' });
    expect(refused).toMatchObject({
      status: 503,
      body: { type: '/problems/engine_unavailable', retryable: true },
    });
    await expect.poll(async () => (await olga.get('/readyz')).status, { timeout: SLOW }).toBe(503);
    expect((await olga.get('/livez')).status).toBe(200);

    await baton.temporal.start();
    for (const id of work.queued) {
      expect(await olga.read(`/v1/tasks/${id}`)).toMatchObject({ status: 'queued', attempts: 0, run: null });
    }
    for (const id of work.review) {
      expect(await olga.read(`/v1/tasks/${id}`)).toMatchObject({ status: 'review', attempts: 0, run: null });
    }
    await work.finish();
    expect(await damaged(work)).toEqual([]);
    expect((await olga.get('/readyz')).status).toBe(200);
  });

  test('together with worker and API: all of them come back, and so does all of the work', async () => {
    const work = new Workload();
    await work.begin();
    await untilReportsCome(work);
    await Promise.all([baton.temporal.kill(), baton.worker.kill(), baton.api.kill()]);
    await baton.temporal.start();
    await Promise.all([baton.worker.start(), baton.api.start()]);
    await work.finish();
    expect(await damaged(work)).toEqual([]);
  });
});
