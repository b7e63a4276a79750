/** What a word in a PATCH does to an issue, and what lists and filters make of it, beyond what the guide shows. */
import { describe, expect, test } from 'vitest';
import { useApi } from '../support/api-under-test.ts';
import type { Json } from '../support/caller.ts';
import { paperclipCompany } from '../support/paperclip.ts';

const api = useApi();
const { company, wake, board, native, alice, bob, held } = paperclipCompany(api);

describe('lists', () => {
  test('have the most urgent first, and of those the oldest; filters narrow them down', async () => {
    const [projectId, goalId] = [crypto.randomUUID(), crypto.randomUUID()];
    const made: Json[] = [];
    for (const [priority, assigneeAgentId] of [
      ['low', 'alice'],
      ['critical', 'bob'],
      ['medium', 'alice'],
      ['high', undefined],
      ['medium', undefined],
    ]) {
      made.push(await board.create({ title: `${priority}`, priority, assigneeAgentId, projectId, goalId }));
    }
    const ids = (issues: Json[]) => issues.map(({ id }) => made.findIndex((each) => each.id === id));
    const all = await board.listed(`projectId=${projectId}`, ({ length }) => length === 5);
    expect(ids(all)).toEqual([1, 3, 2, 4, 0]);
    expect(all[0]).toMatchObject({ priority: 'critical', checkoutRunId: null, companyId: company });
    const list = async (query: string) => ids((await board.list(`projectId=${projectId}&${query}`)).body);
    expect(await list('assigneeAgentId=alice')).toEqual([2, 0]);
    expect(await list('status=')).toEqual([1, 3, 2, 4, 0]);
    expect(await list('status=blocked,in_review')).toEqual([]);
    expect(await list(`status=todo&goalId=${goalId}&parentId=${made[0].id}`)).toEqual([]);
    expect(await list('status=backlog,todo,in_progress,in_review,done,blocked,cancelled')).toHaveLength(5);
  });

  test('know every word, and what is backlog from what is to do', async () => {
    const projectId = crypto.randomUUID();
    const create = (also: object = {}) => board.create({ projectId, ...also });
    await create({ title: 'backlog', status: 'backlog' });
    await create({ title: 'todo' });
    const issues: Record<string, string> = Object.fromEntries(
      await Promise.all(
        ['in_progress', 'in_review', 'done', 'blocked', 'cancelled'].map(async (title) => {
          const { id } = await create({ title });
          await alice.must(alice.checkout(id));
          if (title !== 'in_progress') await alice.must(alice.patch(`/issues/${id}`, { status: title }));
          return [title, id];
        }),
      ),
    );
    const all = await board.listed(
      `projectId=${projectId}`,
      (rows) => rows.length === 7 && rows.every(({ title, status }) => title === status),
    );
    for (const { title } of all) {
      const { body } = await board.list(`projectId=${projectId}&status=${title}`);
      expect(body.map(({ status }: Json) => status)).toEqual([title]);
    }
    for (const [word, id] of Object.entries(issues)) expect((await board.read(id)).status).toBe(word);
  });
});

describe('the backlog', () => {
  test('is where an issue waits until somebody says otherwise', async () => {
    const { id } = await board.create({ status: 'backlog' });
    expect((await alice.checkout(id, ['todo'])).body).toMatchObject({ status: 'backlog', retryable: false });
    expect(await board.must(board.patch(`/issues/${id}`, { status: 'todo' }))).toMatchObject({
      status: 'todo',
    });
    expect(await board.must(board.patch(`/issues/${id}`, { status: 'backlog' }))).toMatchObject({
      status: 'backlog',
    });
    await alice.must(alice.checkout(id, ['backlog']));
    // Given back, it is no longer there.
    expect(await alice.must(alice.post(`/issues/${id}/release`))).toMatchObject({ status: 'todo' });
    await alice.must(alice.checkout(id));
    expect(await alice.must(alice.patch(`/issues/${id}`, { status: 'backlog' }))).toMatchObject({
      status: 'backlog',
      assigneeAgentId: null,
    });
  });
});

describe('a hold belongs to the agent', () => {
  test('which may take it over under another run id; the run before is over for good', async () => {
    const { id } = await board.create();
    const caller = api.as('alice', 'agent', company);
    const before = await caller.claim(id);
    expect((await alice.read(id)).checkoutRunId).toBe(before.id);
    const adopted = await wake('alice', 'run-2').checkout(id, ['in_progress']);
    expect([adopted.status, adopted.body.checkoutRunId]).toEqual([200, 'run-2']);
    expect((await before.heartbeat()).body).toMatchObject({ type: '/problems/run_not_active' });
    // Expected or not: what is mine is mine.
    expect((await wake('alice', 'run-3').checkout(id, ['todo'])).body.checkoutRunId).toBe('run-3');
    expect((await bob.checkout(id, ['in_progress'])).body).toMatchObject({
      holderAlive: true,
      checkoutRunId: 'run-3',
    });
  });

  test('and nobody else comments progress, finishes, blocks or hands over what it works on', async () => {
    const id = await held();
    const before = await board.read(id);
    for (const patch of [
      { status: 'done' },
      { status: 'in_review', comment: 'Look at this.' },
      { status: 'blocked', comment: 'I am stuck.' },
      { status: 'in_progress' },
      { status: 'todo' },
      { assigneeAgentId: 'bob' },
      { title: 'Mine' },
    ]) {
      const { status, body } = await bob.patch(`/issues/${id}`, patch);
      expect({ patch, status, ...body }).toMatchObject({
        status: 'in_progress',
        issueId: id,
        assigneeAgentId: 'alice',
        checkoutRunId: 'run-1',
        holderAlive: true,
        retryable: false,
      });
    }
    expect(await board.read(id)).toEqual(before);
    // A comment is a comment.
    expect((await bob.patch(`/issues/${id}`, { comment: 'Good luck!' })).status).toBe(200);
    expect((await native.read(id)).lastProgress).toBeNull();
  });
});

describe('PATCH', () => {
  test('claims and applies in one message what nobody holds', async () => {
    const unassigned = await board.create();
    expect(
      await alice.must(alice.patch(`/issues/${unassigned.id}`, { status: 'done', comment: 'Was easy.' })),
    ).toMatchObject({ status: 'done', assigneeAgentId: 'alice' });
    const mine = await board.create({ assigneeAgentId: 'alice' });
    expect(await alice.must(alice.patch(`/issues/${mine.id}`, { status: 'in_progress' }))).toMatchObject({
      status: 'in_progress',
      checkoutRunId: 'run-1',
    });
    const theirs = await board.create({ assigneeAgentId: 'bob' });
    expect((await alice.patch(`/issues/${theirs.id}`, { status: 'done' })).status).toBe(409);
    expect(await board.read(theirs.id)).toMatchObject({ status: 'todo', commentCount: 0 });
  });

  test('says the same twice and does it once', async () => {
    const id = await held();
    const done = { status: 'done', comment: 'All of it.' };
    const first = await alice.must(alice.patch(`/issues/${id}`, done));
    expect(await alice.must(alice.patch(`/issues/${id}`, done))).toEqual(first);
    expect(await board.comments(id)).toEqual(['All of it.']);
  });

  test('applies comment and fields along with the status, or nothing of it', async () => {
    const id = await held();
    const patch = {
      status: 'in_progress',
      comment: 'Bigger than thought.',
      priority: 'critical',
      title: 'Beans!',
    };
    expect(await alice.must(alice.patch(`/issues/${id}`, patch))).toMatchObject({
      title: 'Beans!',
      priority: 'critical',
    });
    await alice.must(alice.create({ parentId: id, title: 'Still open' }));
    const refused = await alice.patch(`/issues/${id}`, {
      status: 'done',
      comment: 'Done!',
      title: 'Counted',
    });
    expect(refused).toMatchObject({ status: 409, body: { status: 'in_progress', holderAlive: true } });
    expect(await board.read(id)).toMatchObject({ title: 'Beans!', commentCount: 1 });
  });

  test('hands a blocked issue to whoever can help, and an issue to whoever should do it', async () => {
    const id = await held();
    const comment = 'Need a DBA.';
    expect(
      await alice.must(alice.patch(`/issues/${id}`, { status: 'blocked', comment, assigneeAgentId: 'bob' })),
    ).toMatchObject({ status: 'blocked', assigneeAgentId: 'bob', blocker: comment });
    await bob.must(bob.checkout(id));
    expect(await bob.must(bob.patch(`/issues/${id}`, { assigneeAgentId: 'carol' }))).toMatchObject({
      status: 'todo',
      assigneeAgentId: 'carol',
    });
    expect((await bob.checkout(id)).status).toBe(409);
  });

  test('a long comment stands in full, and as far as a note goes', async () => {
    const id = await held();
    const comment = 'ä'.repeat(8_000);
    await alice.must(alice.patch(`/issues/${id}`, { comment }));
    expect(await board.comments(id)).toEqual([comment]);
    expect((await native.read(id)).lastProgress.note).toBe('ä'.repeat(2_048));
  });

  test('by an operator is done for the holder', async () => {
    const id = await held();
    expect(
      await board.must(board.patch(`/issues/${id}`, { status: 'done', comment: 'Enough.' })),
    ).toMatchObject({
      status: 'done',
      assigneeAgentId: 'alice',
    });
    const other = await held();
    expect(await board.must(board.post(`/issues/${other}/release`))).toMatchObject({ assigneeAgentId: null });
  });
});

describe('review', () => {
  test('is where work lands that is handed in for it, until somebody else decides', async () => {
    const id = await held();
    expect(
      await alice.must(alice.patch(`/issues/${id}`, { status: 'in_review', comment: 'Please.' })),
    ).toMatchObject({ status: 'in_review', checkoutRunId: null, assigneeAgentId: 'alice' });
    expect((await bob.patch(`/issues/${id}`, { status: 'done' })).status).toBe(403);
    expect(
      await board.must(board.patch(`/issues/${id}`, { status: 'in_progress', comment: 'Not yet.' })),
    ).toMatchObject({ status: 'todo', assigneeAgentId: 'alice' });
    await alice.must(alice.patch(`/issues/${id}`, { status: 'in_review', comment: 'Now?' }));
    expect(await board.must(board.patch(`/issues/${id}`, { status: 'done', comment: 'Yes.' }))).toMatchObject(
      {
        status: 'done',
      },
    );
    expect(await board.comments(id)).toEqual(['Please.', 'Not yet.', 'Now?', 'Yes.']);
  });

  test('is where "done" lands if the issue asks for it', async () => {
    const id = await held({ review: { policy: 'required' } });
    const done = { status: 'done', comment: 'Counted.' };
    expect(await alice.must(alice.patch(`/issues/${id}`, done))).toMatchObject({ status: 'in_review' });
    expect(await alice.must(alice.patch(`/issues/${id}`, done))).toMatchObject({ status: 'in_review' });
  });
});
