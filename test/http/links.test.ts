/** What tasks are to each other, and closed ones that are out of the way. */
import { expect, test } from 'vitest';
import { useApi } from '../support/api-under-test.ts';
import { aCompany } from '../support/queues.ts';

const api = useApi();
const { alice, olga } = aCompany(api);

test('a task tells what it is to others, each once', async () => {
  const [task, other] = [await olga.create(), await olga.create()];
  const link = (body: object) => alice.post(`/v1/tasks/${task.id}/links`, body);
  expect((await link({ to: other.id, type: 'blocks' })).body.related).toEqual([
    { to: other.id, type: 'blocks', by: 'alice', at: expect.any(String) },
  ]);
  await alice.must(link({ to: other.id, type: 'blocks' }));
  await alice.must(link({ to: other.id, type: 'relates' }));
  const { related, version } = await olga.read(task.id);
  expect(related.map(({ type }: { type: string }) => type)).toEqual(['blocks', 'relates']);
  // It asks for nothing else because of it.
  expect(version).toBe(task.version);
});

test('a link leads to a task of the same company, or is refused', async () => {
  const { id } = await olga.create();
  const elsewhere = await aCompany(api).olga.create();
  for (const to of [elsewhere.id, crypto.randomUUID(), 'no-task']) {
    expect(await olga.post(`/v1/tasks/${id}/links`, { to, type: 'blocks' })).toMatchObject({
      status: 422,
      body: { type: '/problems/invalid_request', errors: [{ pointer: '/to' }] },
    });
  }
  expect(await olga.post(`/v1/tasks/${id}/links`, { to: id, type: 'hates' })).toMatchObject({ status: 422 });
  expect((await olga.read(id)).related).toBeUndefined();
});

test('a closed task is archived while it settles, and is not any more when it is taken up again', async () => {
  const { id } = await olga.create({ settleSeconds: 600, review: { policy: 'none' } });
  const archive = () => alice.post(`/v1/tasks/${id}/archive`);
  expect(await archive()).toMatchObject({ status: 409, body: { type: '/problems/transition_not_allowed' } });
  await alice.must((await alice.claim(id)).complete());
  expect((await archive()).body.archived).toEqual({ by: 'alice', at: expect.any(String) });
  await olga.must(olga.post(`/v1/tasks/${id}/reopen`));
  expect((await olga.read(id)).archived).toBeUndefined();
});
