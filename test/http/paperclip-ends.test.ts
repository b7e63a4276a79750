/** How issues end that are not done, and by which names they go. */
import { describe, expect, test } from 'vitest';
import { useApi } from '../support/api-under-test.ts';
import { paperclipCompany } from '../support/paperclip.ts';

const api = useApi();
const { company, board, native, alice, bob, held } = paperclipCompany(api);

describe('"cancelled"', () => {
  test('ends what its agent holds at once, and what another holds after its grace', async () => {
    const id = await held();
    expect(
      await alice.must(alice.patch(`/issues/${id}`, { status: 'cancelled', comment: 'Not needed.' })),
    ).toMatchObject({ status: 'cancelled', checkoutRunId: null });
    const other = await held();
    expect(await board.must(board.patch(`/issues/${other}`, { status: 'cancelled' }))).toMatchObject({
      status: 'cancelled',
    });
    expect((await alice.patch(`/issues/${other}`, { comment: 'Still at it.' })).body).toMatchObject({
      status: 'cancelled',
      retryable: false,
    });
  });

  test('is not for an agent whose issue it is in no way', async () => {
    const theirs = await board.create({ assigneeAgentId: 'bob' });
    expect((await alice.patch(`/issues/${theirs.id}`, { status: 'cancelled' })).status).toBe(403);
    expect(await board.read(theirs.id)).toMatchObject({ status: 'todo' });
    const own = await alice.create({ assigneeAgentId: 'bob' });
    expect((await alice.patch(`/issues/${own.id}`, { status: 'cancelled' })).status).toBe(200);
  });

  test('and "done" can be taken back for as long as the issue settles', async () => {
    const id = await held();
    await alice.must(alice.patch(`/issues/${id}`, { status: 'done' }));
    expect(await alice.must(alice.patch(`/issues/${id}`, { status: 'todo', comment: 'Oh.' }))).toMatchObject({
      status: 'todo',
    });
    await alice.must(alice.patch(`/issues/${id}`, { status: 'cancelled' }));
    expect((await bob.patch(`/issues/${id}`, { status: 'blocked' })).status).toBe(403);
    expect(await board.must(board.patch(`/issues/${id}`, { status: 'blocked' }))).toMatchObject({
      status: 'blocked',
    });
    expect(await alice.must(alice.patch(`/issues/${id}`, { status: 'todo' }))).toMatchObject({
      status: 'todo',
    });
  });
});

test('a task that failed shows as cancelled, with the reason', async () => {
  const task = await native.create();
  const run = await api.as('alice', 'agent', company).claim(task.id);
  await run.fail({ reasonCode: 'out_of_scope', blocker: 'Not ours.' });
  expect(await board.read(task.id)).toMatchObject({
    status: 'cancelled',
    failureReason: 'out_of_scope: Not ours.',
  });
});

test('an issue goes by the name that the work queues’ protocol has for it, too', async () => {
  const { id } = await board.create();
  const child = await alice.create({ parentId: `wt_${id}` });
  expect(child.parentId).toBe(id);
  expect((await alice.checkout(`wt_${child.id}`)).body).toMatchObject({
    id: child.id,
    status: 'in_progress',
  });
  expect(await alice.read(`wt_${child.id}`)).toMatchObject({ id: child.id, ancestors: [{ id }] });
});
