/** What agents promote when they hand in their work: where it may go, and that it gets there. */
import { expect, test } from 'vitest';
import { useApi } from '../support/api-under-test.ts';
import { eventually } from '../support/caller.ts';
import { useToolCallers } from '../support/mcp.ts';
import { aCompany } from '../support/queues.ts';

const api = useApi();
const company = `company-${crypto.randomUUID()}`;
const { alice, bob, rita, olga } = aCompany(api, company);
const connect = useToolCallers(api, company);

const toProject = { memoryPromotions: [{ scope: 'project', text: 'Beans come first.' }] };
const NO_REVIEW = { review: { policy: 'none' } };

test('is there for the next agent once the work is approved', async () => {
  const project = crypto.randomUUID();
  const { id } = await olga.create({ project });
  const run = await alice.claim(id);
  await alice.must(run.complete(toProject));
  expect((await bob.get(`/v1/memory/project/${project}`)).status).toBe(404);
  await rita.must(rita.review(id, 'approve'));
  const { body } = await eventually(
    () => bob.get(`/v1/memory/project/${project}`),
    ({ status }) => status === 200,
  );
  expect(body.entries).toMatchObject([
    { text: 'Beans come first.', by: { id: 'alice', role: 'agent' }, task: id, run: run.id },
  ]);
});

test('has a place, or the run is told so and goes on', async () => {
  const { id } = await olga.create({ project: 'soup' });
  const run = await alice.claim(id);
  const promote = (scope: string, text = 'x') =>
    run.complete({
      memoryPromotions: [
        { scope: 'agent', text },
        { scope, text },
      ],
    });
  expect((await promote('team')).body).toMatchObject({
    status: 422,
    errors: [{ pointer: '/memoryPromotions/1/scope' }],
  });
  expect((await promote('client')).body).toMatchObject({
    status: 422,
    errors: [{ pointer: '/memoryPromotions/1/scope', detail: 'the task has no client' }],
  });
  expect((await promote('agent', '')).status).toBe(422);
  expect((await alice.read(id)).status).toBe('assigned');
  expect(await alice.must(promote('project'))).toMatchObject({ status: 'review' });
});

test('is promoted by a tool, too', async () => {
  const sub = `agent-${crypto.randomUUID()}`;
  const { id } = await olga.create({ assignee: sub, lease: { seconds: 3_600 }, ...NO_REVIEW });
  await api.as(sub, 'agent', company).claim(id);
  const tools = await connect(sub);
  const work = { output: 1, reasoning: 'Counted.', task_id: id };
  const promoting = (scope: string) => ({ ...work, memory_promotions: [{ scope, text: 'I like beans.' }] });
  const refused = await tools.call('mark_complete', promoting('client'));
  expect(refused).toMatchObject({ isError: true, text: expect.stringContaining('the task has no client') });
  await tools.must('mark_complete', promoting('agent'));
  const memory = () => api.as(sub, 'agent', company).get('/v1/memory/agent/me');
  expect((await eventually(memory, ({ status }) => status === 200)).body.entries).toMatchObject([
    { text: 'I like beans.', task: id },
  ]);
});

test('is not lost when nobody can put it there yet: the task does not close before', async () => {
  const project = crypto.randomUUID();
  const { id } = await olga.create({ project, lease: { seconds: 3_600 }, ...NO_REVIEW });
  const run = await alice.claim(id);
  const statusOf = async () => (await api.temporal.workflow.getHandle(id).describe()).status.name;
  await api.stopWorker();
  await api.startWorker({ activities: false });
  const done = await eventually(
    () => run.complete(toProject),
    ({ status }) => status === 200,
  );
  expect(done.body.status).toBe('done');
  expect(await statusOf()).toBe('RUNNING');
  await api.stopWorker();
  await api.startWorker();
  await eventually(statusOf, (status) => status === 'COMPLETED');
  const { body } = await eventually(
    () => bob.get(`/v1/memory/project/${project}`),
    ({ status }) => status === 200,
  );
  expect(body.entries).toMatchObject([{ text: 'Beans come first.', task: id }]);
});

test('is noted as left out where there is no room, and the task is done all the same', async () => {
  const project = crypto.randomUUID();
  const at = `/v1/memory/project/${project}`;
  await olga.must(olga.send('PUT', at, { text: 'x'.repeat(64 * 1024 - 1) }, { 'if-match': '*' }));
  const { id } = await olga.create({ project, ...NO_REVIEW });
  const run = await alice.claim(id);
  await alice.must(run.complete(toProject));
  const { body } = await eventually(
    () => olga.get(at),
    ({ body: memory }) => memory.leftOut.length > 0,
  );
  expect(body).toMatchObject({ version: 1, leftOut: [{ by: { id: 'alice' }, task: id, run: run.id }] });
  expect((await olga.read(id)).submission.memoryPromotions).toEqual(toProject.memoryPromotions);
});
