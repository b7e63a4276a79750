/** The worker is killed with SIGKILL, or told to stop: nobody's work is lost, and callers are told what is going on. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkHistories, countOf, notesOf } from '../support/history-checker.ts';
import type { PatientClient } from '../support/patient-client.ts';
import { Baton } from '../support/processes.ts';

const SLOW = 120_000;

let baton: Baton;
let olga: PatientClient;
let ada: PatientClient;

beforeAll(async () => {
  baton = await Baton.start({ variables: { BATON_ENGINE_TIMEOUT_SECONDS: '2' } });
  [olga, ada] = await Promise.all([baton.client('operator', 'olga'), baton.client('agent', 'ada')]);
}, SLOW);

afterAll(() => baton?.stop());

const check = async (...taskIds: string[]) =>
  await checkHistories(olga, await baton.temporalClient(), taskIds);

describe('a worker killed with SIGKILL', { timeout: SLOW }, () => {
  test('between create and claim: creating goes on, a claim is told to come again, and nobody is left holding', async () => {
    const before = await olga.must('/v1/tasks', { title: 'Created before' });
    await baton.worker.kill();
    const created = await olga.post('/v1/tasks', { title: 'Created without a worker' });
    expect(created.status).toBe(201);
    const taskIds: string[] = [before.id, created.body.id];
    for (const id of taskIds) {
      const refused = await ada.post(`/v1/tasks/${id}/claim`);
      expect(refused).toMatchObject({ status: 503, body: { type: '/problems/no_worker', retryable: true } });
      expect(refused.headers.get('retry-after')).toBe('2');
    }
    await baton.worker.start();
    // Whoever was told that there is no worker may be gone for good, so the tasks are anybody's.
    const bob = await baton.client('agent', 'bob');
    for (const id of taskIds) {
      const { run } = await bob.must(`/v1/tasks/${id}/claim`);
      await bob.must(`/v1/tasks/${id}/runs/${run.id}/complete`, { output: 1, reasoning: 'Done.' });
    }
    for (const [, events] of await check(...taskIds)) expect(countOf(events, 'claim')).toBe(1);
  });

  test('while runs are live: they keep their leases, what they send is taken in, and no attempt is spent', async () => {
    const { id } = await olga.must('/v1/tasks', { title: 'Keep going', lease: { seconds: 5 } });
    const { run } = await ada.must(`/v1/tasks/${id}/claim`);
    const at = `/v1/tasks/${id}/runs/${run.id}`;
    await ada.must(`${at}/progress`, { note: 'before' });
    const beats: number[] = [];
    const beating = setInterval(() => {
      void ada.post(`${at}/heartbeat`).then(({ status }) => beats.push(status));
    }, 500);
    await baton.worker.kill();

    const key = crypto.randomUUID();
    const report = { note: 'without a worker', cost: { usd: 1 } };
    const unconfirmed = await ada.post(`${at}/progress`, report, key);
    expect(unconfirmed).toMatchObject({ status: 202, body: { outcome: 'unknown' } });
    expect((await ada.post(`${at}/progress`, report, key)).status).toBe(202);
    // Far longer than the lease.
    await expect.poll(() => beats.length, { timeout: SLOW }).toBeGreaterThan(14);
    expect((await olga.get(`/v1/tasks/${id}`)).status).toBe(503);
    expect((await olga.get(`/v1/tasks/${id}/events`)).status).toBe(200);

    await baton.worker.start();
    const where = unconfirmed.headers.get('location') ?? '';
    await expect
      .poll(() => ada.read(where), { timeout: SLOW })
      .toMatchObject({ outcome: 'accepted', messageId: unconfirmed.body.messageId });
    await ada.must(`${at}/progress`, { note: 'after' });
    clearInterval(beating);
    expect(new Set(beats)).toEqual(new Set([200]));
    await ada.must(`${at}/complete`, { output: 1, reasoning: 'Done.' });
    const events = (await check(id)).get(id);
    expect(notesOf(events)).toEqual(['before', 'without a worker', 'after']);
    expect(await olga.read(`/v1/tasks/${id}`)).toMatchObject({
      status: 'review',
      attempts: 0,
      submission: { run: run.id },
    });
  });

  test('while work is handed in: it is kept, and the same answer comes when it is sent again', async () => {
    const { id } = await olga.must('/v1/tasks', { title: 'Hand in', review: { policy: 'none' } });
    const { run } = await ada.must(`/v1/tasks/${id}/claim`);
    await baton.worker.kill();
    const work = { output: { beans: 7 }, reasoning: 'Counted them.' };
    const path = `/v1/tasks/${id}/runs/${run.id}/complete`;
    const key = crypto.randomUUID();
    expect((await ada.post(path, work, key)).status).toBe(202);
    await baton.worker.start();
    expect(await ada.insist(path, work, key)).toMatchObject({
      status: 200,
      body: { status: 'done', submission: { output: work.output } },
    });
    const events = (await check(id)).get(id);
    expect(countOf(events, 'mark_complete')).toBe(1);
  });

  test('again and again, while messages arrive: each is accepted once, in order', async () => {
    const { id } = await olga.must('/v1/tasks', { title: 'Many reports' });
    const { run } = await ada.must(`/v1/tasks/${id}/claim`);
    const notes = Array.from({ length: 30 }, (_, i) => `note ${i}`);
    const reporting = (async () => {
      for (const note of notes) {
        await ada.must(`/v1/tasks/${id}/runs/${run.id}/progress`, { note, cost: { usd: 1 } });
      }
    })();
    for (let kills = 0; kills < 2; kills += 1) {
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 200));
      await baton.worker.kill();
      await baton.worker.start();
    }
    await reporting;
    const events = (await check(id)).get(id);
    expect(notesOf(events)).toEqual(notes);
    expect(await olga.read(`/v1/tasks/${id}`)).toMatchObject({ status: 'running', cost: { usd: 30 } });
  });
});

test(
  'a worker told to stop leaves in good order, and its tasks go on with another one',
  { timeout: SLOW },
  async () => {
    const another = baton.anotherWorker();
    await another.start();
    const ids: string[] = [];
    for (let i = 0; i < 4; i += 1) ids.push((await olga.must('/v1/tasks', { title: `Go on ${i}` })).id);
    const runs = await Promise.all(ids.map(async (id) => (await ada.must(`/v1/tasks/${id}/claim`)).run));
    expect(await baton.worker.terminate()).toContain('exit code 0');
    await Promise.all(
      ids.map(async (id, i) => {
        await ada.must(`/v1/tasks/${id}/runs/${runs[i].id}/progress`, { note: 'still here' });
        await ada.must(`/v1/tasks/${id}/runs/${runs[i].id}/complete`, { output: i, reasoning: 'Done.' });
      }),
    );
    await another.kill();
    await baton.worker.start();
    for (const [, events] of await check(...ids)) expect(notesOf(events)).toEqual(['still here']);
  },
);
