/**
 * The API is killed with SIGKILL, at every step of a request and at random. A client that sends its request again
 * with the same key gets the answer it would have got, and everything happened exactly once.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PatientClient } from '../support/patient-client.ts';
import { GrpcProxy } from '../support/grpc-proxy.ts';
import type { Moment } from '../support/grpc-proxy.ts';
import { checkHistories, countOf, notesOf } from '../support/history-checker.ts';
import { Baton } from '../support/processes.ts';
import { temporalUnderTest } from '../support/temporal.ts';

const SLOW = 120_000;

let proxy: GrpcProxy;
let baton: Baton;
let olga: PatientClient;
let rita: PatientClient;
let ada: PatientClient;

beforeAll(async () => {
  proxy = await GrpcProxy.to(temporalUnderTest().address);
  baton = await Baton.start({
    apiReachesTemporalAt: proxy.address,
    variables: { BATON_ENGINE_TIMEOUT_SECONDS: '10' },
  });
  [olga, rita, ada] = await Promise.all([
    baton.client('operator', 'olga'),
    baton.client('reviewer', 'rita'),
    baton.client('agent', 'ada'),
  ]);
}, SLOW);

afterAll(async () => {
  await baton?.stop();
  proxy?.close();
});

const create = async (title: string): Promise<string> => (await olga.must('/v1/tasks', { title })).id;
const claim = async (taskId: string): Promise<string> => (await ada.must(`/v1/tasks/${taskId}/claim`)).run.id;

/** Sends a request and kills the API when it has come that far; then sends the same again to the API that follows. */
async function killedAt(
  method: string,
  moment: Moment,
  caller: PatientClient,
  path: string,
  body: object,
): Promise<Awaited<ReturnType<PatientClient['post']>>> {
  const key = crypto.randomUUID();
  const reached = proxy.hold(method, moment);
  const lost = caller.post(path, body, key).catch(() => 'no answer');
  await reached;
  await baton.api.kill();
  expect(await lost).toBe('no answer');
  proxy.release();
  await baton.api.start();
  return await caller.insist(path, body, key);
}

const check = async (...taskIds: string[]) =>
  await checkHistories(olga, await baton.temporalClient(), taskIds);

describe('an API killed with SIGKILL', { timeout: SLOW }, () => {
  test.each<[string, string, Moment]>([
    ['before the fence', 'RecordActivityTaskHeartbeatById', 'before'],
    ['between fence and signal', 'SignalWorkflowExecution', 'before'],
    ['after the signal', 'SignalWorkflowExecution', 'after'],
    ['between signal and confirm', 'QueryWorkflow', 'before'],
    ['between confirm and answer', 'QueryWorkflow', 'after'],
  ])('%s: the checkpoint stands once', async (_when, method, moment) => {
    const taskId = await create('Report once');
    const runId = await claim(taskId);
    // The claim has just renewed the lease; only a second later does a call of the run do so again.
    if (method.startsWith('Record')) await new Promise((resolve) => setTimeout(resolve, 1_100));
    const report = { note: 'half way', cost: { usd: 1 } };
    const answer = await killedAt(method, moment, ada, `/v1/tasks/${taskId}/runs/${runId}/progress`, report);
    expect(answer).toMatchObject({ status: 200, body: { stop: null } });
    const events = (await check(taskId)).get(taskId);
    expect(notesOf(events)).toEqual(['half way']);
  });

  test.each<[string, string, Moment]>([
    ['after the signal', 'SignalWorkflowExecution', 'after'],
    ['between confirm and the close of the lease', 'RespondActivityTaskCompletedById', 'before'],
  ])('%s: the work is handed in once, and the same answer comes again', async (_when, method, moment) => {
    const taskId = await create('Hand in once');
    const runId = await claim(taskId);
    const work = { output: { beans: 7 }, reasoning: 'Counted them.' };
    const path = `/v1/tasks/${taskId}/runs/${runId}/complete`;
    const answer = await killedAt(method, moment, ada, path, work);
    expect(answer).toMatchObject({ status: 200, body: { status: 'review', submission: { run: runId } } });
    const events = (await check(taskId)).get(taskId);
    expect(countOf(events, 'mark_complete')).toBe(1);
  });

  test.each<[string, string, Moment]>([
    ['before the update', 'UpdateWorkflowExecution', 'before'],
    ['after the update', 'UpdateWorkflowExecution', 'after'],
    ['before the first heartbeat', 'RecordActivityTaskHeartbeatById', 'before'],
  ])('%s of a claim: the claimant has its one run', async (_when, method, moment) => {
    const taskId = await create('Claim once');
    const answer = await killedAt(method, moment, ada, `/v1/tasks/${taskId}/claim`, {});
    expect(answer).toMatchObject({ status: 200, body: { task: { status: 'assigned' } } });
    const beat = await ada.post(`/v1/tasks/${taskId}/runs/${answer.body.run.id}/heartbeat`);
    expect(beat.status).toBe(200);
    const events = (await check(taskId)).get(taskId);
    expect(countOf(events, 'claim')).toBe(1);
  });

  test('while it creates a task: there is one', async () => {
    const title = `Only once ${crypto.randomUUID().slice(0, 8)}`;
    const answer = await killedAt('StartWorkflowExecution', 'after', olga, '/v1/tasks', { title });
    expect(answer).toMatchObject({ status: 201, body: { status: 'queued' } });
    await expect
      .poll(async () => (await olga.read(`/v1/tasks?text=${title.split(' ').at(-1)}`)).items)
      .toMatchObject([{ id: answer.body.id, title }]);
    await check(answer.body.id);
  });

  test('six times at random, under six agents: every message is accepted once, in order, and none is lost', async () => {
    const notes = ['one', 'two', 'three', 'four'];
    const progress = { answered: 0 };
    const lifecycles = Promise.all(
      Array.from({ length: 6 }, async (_, i) => {
        const agent = await baton.client('agent', `agent-${i}`);
        const say = async (caller: PatientClient, path: string, body: object) => {
          const answer = await caller.must(path, body);
          progress.answered += 1;
          return answer;
        };
        const { id } = await say(olga, '/v1/tasks', { title: `Survive ${i}` });
        const { run } = await say(agent, `/v1/tasks/${id}/claim`, {});
        for (const note of notes) {
          await say(agent, `/v1/tasks/${id}/runs/${run.id}/progress`, { note, cost: { usd: 1 } });
        }
        await say(agent, `/v1/tasks/${id}/runs/${run.id}/complete`, { output: i, reasoning: 'Done.' });
        await say(rita, `/v1/tasks/${id}/review`, { decision: 'approve' });
        return id as string;
      }),
    );
    for (let kills = 1; kills <= 6; kills += 1) {
      await expect
        .poll(() => progress.answered, { timeout: SLOW, interval: 1 })
        .toBeGreaterThanOrEqual(kills * 6);
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 50));
      await baton.api.kill();
      await baton.api.start();
    }
    const taskIds = await lifecycles;
    for (const [taskId, events] of await check(...taskIds)) {
      expect(notesOf(events), taskId).toEqual(notes);
      expect(countOf(events, 'claim'), taskId).toBe(1);
      expect(countOf(events, 'mark_complete'), taskId).toBe(1);
      expect(events.at(-1), taskId).toMatchObject({ type: 'approve', outcome: 'accepted', status: 'done' });
    }
  });
});
