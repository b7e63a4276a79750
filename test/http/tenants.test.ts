/** Companies do not see each other: another's task is no task, on every path, and ids that are none are not found. */
import { expect, test } from 'vitest';
import { useApi } from '../support/api-under-test.ts';
import type { Caller } from '../support/caller.ts';
import { eventually } from '../support/caller.ts';
import { QueueUnderTest, aCompany } from '../support/queues.ts';

const api = useApi();

/** Every call that names a task. */
function callsOn(caller: Caller, task: string, run: string) {
  const at = `/v1/tasks/${task}`;
  return [
    caller.get(at),
    caller.get(`${at}/comments`),
    caller.get(`${at}/events`),
    caller.get(`${at}/diagnosis`),
    caller.get(`${at}/messages/x`),
    caller.patch(at, { title: 'mine' }, { 'if-match': '*' }),
    caller.post(`${at}/claim`),
    caller.post(`${at}/cancel`),
    caller.post(`${at}/resume`),
    caller.post(`${at}/reopen`),
    caller.post(`${at}/hand-off`, { blockers: 'x' }),
    caller.post(`${at}/comments`, { text: 'x' }),
    caller.review(task, 'approve'),
    caller.post(`${at}/runs/${run}/heartbeat`),
    caller.post(`${at}/runs/${run}/progress`, { note: 'x' }),
    caller.post(`${at}/runs/${run}/complete`, { output: 1, reasoning: '' }),
    caller.post(`${at}/runs/${run}/fail`, { reasonCode: 'other' }),
    caller.post(`${at}/runs/${run}/release`),
    caller.post(`${at}/runs/${run}/hand-off`, { blockers: 'x' }),
  ];
}

test('another company’s task is not found, whatever is asked of it, while the company’s own find it', async () => {
  const acme = api.as('olga', 'operator', 'acme');
  const { id } = await acme.create();
  const run = await api.as('alice', 'agent', 'acme').claim(id);
  const before = await acme.read(id);
  for (const stranger of [api.as('olga', 'operator', 'umbrella'), api.as('alice', 'agent'), api.olga]) {
    const answers = await Promise.all(callsOn(stranger, id, run.id));
    const unknown = await Promise.all(callsOn(stranger, crypto.randomUUID(), run.id));
    for (const [i, { status, body }] of answers.entries()) {
      expect({ i, ...body }).toMatchObject({ status: 404, type: '/problems/not_found' });
      expect({ status, ...body, instance: '' }).toEqual({ status, ...unknown[i]!.body, instance: '' });
    }
  }
  expect(await acme.read(id)).toEqual(before);
});

test('another company’s queue is not found either, and no place to put a task or to look for one', async () => {
  const acme = aCompany(api);
  const { olga, alice } = aCompany(api);
  const queue = await QueueUnderTest.open(acme.olga);
  const id = await queue.put();
  const callsOnQueue = (at: string) => [
    olga.get(at),
    olga.send('DELETE', at),
    olga.send('DELETE', `${at}?force=true`),
    alice.post(`${at}/dequeue`),
    alice.post(`${at}/steal`),
    olga.post('/v1/tasks', { title: 'mine', queue: at.split('/').at(-1) }),
  ];
  const answers = await Promise.all(callsOnQueue(`/v1/queues/${queue.id}`));
  const unknown = await Promise.all(callsOnQueue(`/v1/queues/${crypto.randomUUID()}`));
  expect(answers.map(({ status }) => status)).toEqual([404, 404, 404, 404, 404, 422]);
  for (const [i, { body }] of answers.entries()) {
    expect({ ...body, instance: '' }).toEqual({ ...unknown[i]!.body, instance: '' });
  }
  expect((await olga.get('/v1/queues')).body.items).toEqual([]);
  expect((await olga.get(`/v1/tasks?queue=${queue.id}`)).body.items).toEqual([]);
  expect(await acme.olga.read(id)).toMatchObject({ status: 'queued', version: 1 });
  // A task is no queue, and a queue no task.
  expect((await acme.olga.get(`/v1/queues/${id}`)).status).toBe(404);
  expect((await acme.olga.get(`/v1/tasks/${queue.id}`)).status).toBe(404);
});

test('lists show the tasks of one company only', async () => {
  const [acme, umbrella] = ['acme', 'umbrella'].map((company) => api.as('olga', 'operator', company));
  const project = crypto.randomUUID();
  const { id } = await acme!.create({ project });
  const list = async (caller: Caller, company = '') =>
    (await caller.get(`/v1/tasks?project=${project}${company}`)).body.items.map(
      (task: { id: string }) => task.id,
    );
  await eventually(
    () => list(acme!),
    (ids) => ids.length === 1,
  );
  expect(await list(acme!, '&company=acme')).toEqual([id]);
  for (const caller of [umbrella!, api.olga]) {
    expect(await list(caller)).toEqual([]);
    expect(await list(caller, '&company=acme')).toEqual([]);
  }
});

test('an id that can be none is not found', async () => {
  const ids = [
    'none',
    '..',
    '.',
    '%2F',
    '..%2f..%2fetc',
    '%00',
    '%zz',
    '%E0%A4%A',
    'x'.repeat(5_000),
    '0'.repeat(36),
    "' OR 1=1",
    '%F0%9F%91%A9',
  ];
  for (const id of ids) {
    // fetch would resolve the dots, so these go as they are.
    const { status, body } = await api.olga.get(`/v1/tasks/${id}`);
    const isList = id === '..' || id === '.';
    expect({ id, status, type: body.type }).toEqual(
      isList
        ? { id, status: id === '.' ? 200 : 404, type: id === '.' ? undefined : '/problems/not_found' }
        : { id, status: 404, type: '/problems/not_found' },
    );
  }
});

test('a run id that can be none is no run of the task', async () => {
  const { id } = await api.olga.create();
  for (const run of ['%2F', '%00', "' OR 1=1", '%F0%9F%91%A9', 'x'.repeat(200)]) {
    const { body } = await api.alice.post(`/v1/tasks/${id}/runs/${run}/heartbeat`);
    expect({ run, ...body }).toMatchObject({ status: 409, type: '/problems/run_not_active' });
  }
  const { body } = await api.alice.post(`/v1/tasks/${id}/runs/${'x'.repeat(201)}/heartbeat`);
  expect(body).toMatchObject({ status: 422, errors: [{ pointer: 'runId' }] });
});

test('workflows that are no tasks are not found, and a task has the id it was created with', async () => {
  const { id } = await api.olga.create();
  expect((await api.olga.get(`/v1/tasks/${id.toUpperCase()}`)).status).toBe(404);
});
