/** As call-counts.test.ts, of work queues. */
import { expect } from 'vitest';
import type { Answer, Caller, Json } from '../support/caller.ts';
import { eventually } from '../support/caller.ts';
import { aCompany } from '../support/queues.ts';
import { useTwins } from '../support/twins.ts';

const { api, alice, olga, must, make, held, compare, post, get, read } = useTwins();
const DONE = { output: 'Seven.', reasoning: 'Seven.' };
const two = async (): Promise<[string, string]> => [await make(), await make()];

const queue = async (owner = olga): Promise<string> =>
  (await must(owner.post('/v1/queues', { name: 'kitchen' }))).id;
/** A queue in which so many wait, as lists and task queues know by now. */
async function queueOf(count: number): Promise<string> {
  const id = await queue();
  for (let i = 0; i < count; i += 1) await make({ queue: id });
  const listed = () => must(alice.get(`/v1/tasks?queue=${id}`));
  await eventually(listed, ({ items }) => items.length === count);
  return id;
}
/** A request for a task, which is there. */
const took = (ask: () => Promise<Answer>) => async () => expect((await ask()).status).toBe(200);

/** A task that was dequeued by its own protocol. */
async function dequeued(): Promise<string> {
  const { id } = await must(alice.post(`/work-queues/${await queueOf(1)}/dequeue?wait=20`));
  return id;
}
/** A company of its own, with a task in one of its two queues. */
async function helpers() {
  const { olga: owner } = aCompany(api);
  const [own, busy] = [await queue(owner), await queue(owner)];
  await owner.create({ queue: busy });
  await eventually(
    () => must(owner.get('/v1/queues')),
    ({ items }) => items.length === 2 && items.some(({ counts }: Json) => counts.queued === 1),
  );
  return { olga: owner, own };
}
const finish = (who: Caller, id: string, call: string, body: object) =>
  post(who, `/work-queue-tasks/${id}/${call}`, body);

compare({
  'create ~ create': async () => [
    post(olga, '/work-queues', { name: 'one' }),
    post(olga, '/v1/queues', { name: 'other' }),
  ],

  'read ~ read': async () => {
    const [one, other] = [await queueOf(1), await queueOf(1)];
    return [get(olga, `/work-queues/${one}`), get(olga, `/v1/queues/${other}`)];
  },

  'add a task ~ create a task': async () => {
    const [one, other] = [await queue(), await queue()];
    return [
      post(olga, `/work-queues/${one}/tasks`, { name: 'Count' }),
      post(olga, '/v1/tasks', { title: 'Count', queue: other }),
    ];
  },

  'list the tasks, whole ~ list, read each': async () => {
    const id = await queueOf(2);
    const [one, other] = [await make(), await make()];
    return [
      get(olga, `/work-queues/${id}/tasks`),
      get(olga, `/v1/tasks?queue=${id}`),
      get(olga, `/v1/queues/${await queue()}`),
      read(one),
      read(other),
    ];
  },

  'dequeue ~ dequeue': async () => {
    const [one, other] = [await queueOf(1), await queueOf(1)];
    return [
      took(() => alice.post(`/work-queues/${one}/dequeue`)),
      took(() => alice.post(`/v1/queues/${other}/dequeue`)),
    ];
  },

  'steal ~ steal': async () => {
    const [one, other] = await Promise.all([1, 2].map(helpers));
    return [
      took(() => one!.olga.post(`/work-queues/${one!.own}/steal`)),
      took(() => other!.olga.post(`/v1/queues/${other!.own}/steal`)),
    ];
  },

  'list ~ list': async () => {
    const [one, other] = await Promise.all([1, 2].map(helpers));
    return [() => must(one!.olga.get('/work-queues')), () => must(other!.olga.get('/v1/queues'))];
  },

  'complete ~ complete': async () => {
    const [one, { say }] = [await dequeued(), await held()];
    return [finish(alice, one, 'complete', { result: 'Seven.' }), say('complete', DONE)];
  },

  'complete by an operator ~ complete': async () => {
    const [one, { say }] = [await dequeued(), await held()];
    return [finish(olga, one, 'complete', { result: 'Seven.' }), say('complete', DONE)];
  },

  'fail ~ fail': async () => {
    const [one, { say }] = [await dequeued(), await held()];
    return [finish(alice, one, 'fail', { error: 'No key.' }), say('fail', { reasonCode: 'other' })];
  },

  'read a task ~ read': async () => {
    const [one, other] = await two();
    return [get(alice, `/work-queue-tasks/wt_${one}`), read(other)];
  },

  'read a task by its holder, which keeps its hold ~ read, heartbeat': async () => {
    const [one, { id, say }] = [await dequeued(), await held()];
    return [get(alice, `/work-queue-tasks/${one}`), read(id), say('heartbeat')];
  },

  'delete ~ delete': async () => {
    const [one, other] = [await queue(), await queue()];
    return [
      () => must(olga.send('DELETE', `/work-queues/${one}`)),
      () => must(olga.send('DELETE', `/v1/queues/${other}`)),
    ];
  },
});
