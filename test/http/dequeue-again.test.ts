/** Asking for work under an Idempotency-Key: one key, one run, however often and of whichever process it is asked. */
import { beforeEach, expect, test } from 'vitest';
import { useApi } from '../support/api-under-test.ts';
import type { Answer } from '../support/caller.ts';
import { eventually } from '../support/caller.ts';
import { QueueUnderTest, aCompany, askNext, runOf } from '../support/queues.ts';

const api = useApi();
const company = `company-${crypto.randomUUID()}`;
const { alice, bob, olga } = aCompany(api, company);

let queue: QueueUnderTest;
beforeEach(async () => {
  queue = await QueueUnderTest.open(olga);
});

const given = ({ status, body }: Answer) => ({ status, task: body.task?.id, run: body.run?.id });
const ask = (key: string, also: object = {}) => queue.dequeue(alice, 20, { key, ...also });

test('the same key gets the same run, as long as it lives, and takes no second task', async () => {
  const [first, second] = [await queue.put(), await queue.put()];
  const answer = given(await ask('a'));
  expect(answer).toMatchObject({ status: 200, task: first });
  expect(given(await ask('a'))).toEqual(answer);
  await runOf(alice, (await ask('a')).body).progress();
  expect(given(await ask('"a"'))).toEqual(answer);
  expect(given(await ask('b')).task).toBe(second);
});

test('at once, they all get it', async () => {
  await queue.put();
  await queue.put();
  const answers = (await Promise.all([1, 2, 3, 4].map(() => ask('c')))).map(given);
  expect(answers[0]!.status).toBe(200);
  for (const answer of answers) expect(answer).toEqual(answers[0]);
});

test('at once, and waiting, too: and one of them may hang up', async () => {
  const hangUp = new AbortController();
  const asking = [ask('d', { signal: hangUp.signal }).catch(() => {}), ask('d'), ask('d')] as const;
  await eventually(
    async () => (await queue.look()).body.pollers,
    (pollers) => pollers.length === 1,
  );
  hangUp.abort();
  const id = await queue.put();
  await queue.put();
  const [, second, third] = await Promise.all(asking);
  expect(given(second)).toMatchObject({ status: 200, task: id });
  expect(given(third)).toEqual(given(second));
});

test('after the API was started anew, too', async () => {
  await queue.put();
  await queue.put();
  const answer = given(await ask('e'));
  await api.restartApp();
  await eventually(
    async () => (await olga.get(`/v1/tasks?queue=${queue.id}&status=assigned`)).body.items,
    (items) => items.length === 1,
  );
  expect(given(await ask('e'))).toEqual(answer);
});

test.each([['at once'], ['by an API that was started anew']])(
  'when its run is over, that is what the key is told, %s',
  async (when) => {
    const key = `over ${when}`;
    await queue.put();
    await queue.put();
    const run = runOf(alice, (await ask(key)).body);
    await run.complete();
    if (when !== 'at once') {
      await api.restartApp();
      await eventually(
        async () => (await olga.get(`/v1/tasks?queue=${queue.id}&status=review`)).body.items,
        (items) => items.length === 1,
      );
    }
    expect(await ask(key)).toMatchObject({
      status: 409,
      body: { type: '/problems/run_not_active', endedBy: 'completed', taskStatus: 'review' },
    });
    expect((await olga.read(run.taskId)).status).toBe('review');
  },
);

test('its task may be closed by then', async () => {
  await queue.put({ review: { policy: 'none' } });
  const run = runOf(alice, (await ask('closed')).body);
  await run.complete();
  expect(await ask('closed')).toMatchObject({ status: 409, body: { type: '/problems/run_not_active' } });
});

test('another wish under the same key is refused, and takes nothing', async () => {
  await queue.put();
  const id = await queue.put();
  const other = { body: { lease: { seconds: 99 } } };
  await ask('f');
  expect(await ask('f', other)).toMatchObject({
    status: 422,
    body: { type: '/problems/idempotency_key_reused' },
  });
  const waiting = await QueueUnderTest.open(olga);
  const one = waiting.dequeue(alice, 2, { key: 'g' });
  await eventually(
    async () => (await waiting.look()).body.pollers,
    (pollers) => pollers.length === 1,
  );
  expect((await waiting.dequeue(alice, 2, { key: 'g', ...other })).status).toBe(422);
  expect((await one).status).toBe(204);
  expect((await olga.read(id)).status).toBe('queued');
});

test('a key that found nothing finds what is there when it comes again', async () => {
  expect((await queue.dequeue(alice, 0, { key: 'h' })).status).toBe(204);
  const id = await queue.put();
  expect(given(await ask('h')).task).toBe(id);
});

test('the keys of other agents, companies, queues and ways to ask are other keys', async () => {
  const strangers = aCompany(api);
  const theirs = await QueueUnderTest.open(strangers.olga);
  const other = await QueueUnderTest.open(olga);
  for (const each of [queue, queue, theirs, other]) await each.put();
  await olga.create({ assignee: 'alice' });
  const answers = [
    await ask('i'),
    await queue.dequeue(bob, 20, { key: 'i' }),
    await theirs.dequeue(strangers.alice, 20, { key: 'i' }),
    await other.dequeue(alice, 20, { key: 'i' }),
    await askNext(alice, 20, { key: 'i' }),
  ].map(given);
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
  expect(new Set(answers.map(({ run }) => run)).size).toBe(answers.length);
  expect(given(await askNext(alice, 20, { key: 'i' }))).toEqual(answers.at(-1));
});

test('stealing under a key is stealing once', async () => {
  const crew = aCompany(api);
  const [own, other] = [await QueueUnderTest.open(crew.olga), await QueueUnderTest.open(crew.olga)];
  await other.put();
  await other.put();
  const steal = () => own.steal(crew.alice, { key: 'j' });
  const stolen = given(await eventually(steal, ({ status }) => status === 200));
  expect(given(await steal())).toEqual(stolen);
});

test('one key opens one queue, and deletes it once; tasks may still be asked for under the keys that made them', async () => {
  const open = (name: string) => olga.post('/v1/queues', { name }, { 'idempotency-key': 'k' });
  const { body } = await open('kitchen');
  expect((await open('kitchen')).body).toEqual(body);
  expect((await open('cellar')).body.type).toBe('/problems/idempotency_key_reused');
  const put = () => olga.post('/v1/tasks', { title: 'Count', queue: body.id }, { 'idempotency-key': 'l' });
  const { id } = (await put()).body;
  const path = `/v1/queues/${body.id}`;
  const remove = (key: string) =>
    olga.send('DELETE', `${path}?force=true`, undefined, { 'idempotency-key': key });
  expect([(await remove('m')).status, (await remove('m')).status]).toEqual([204, 204]);
  expect((await remove('n')).status).toBe(404);
  expect((await put()).body.id).toBe(id);
  expect((await open('kitchen')).body.id).toBe(body.id);
});
