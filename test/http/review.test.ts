/** Who may decide on a task's result, how many must, and what follows. */
import { expect, test } from 'vitest';
import { useApi } from '../support/api-under-test.ts';
import { taskThatIs } from '../support/task-states.ts';

const api = useApi();

test('nobody reviews their own work, and agents nobody else’s', async () => {
  const { id } = await taskThatIs(api, 'review', {
    review: { policy: 'required', reviewers: ['alice', 'bob'] },
  });
  const own = await api.alice.review(id, 'approve');
  expect(own).toMatchObject({ status: 403, body: { type: '/problems/self_review' } });
  const other = await api.as('carol', 'agent').review(id, 'approve');
  expect(other).toMatchObject({ status: 403, body: { type: '/problems/forbidden' } });
  expect((await api.bob.review(id, 'approve')).body.status).toBe('done');
});

test('an operator who did the work needs somebody else, unless the policy says otherwise', async () => {
  for (const [selfReview, status] of [
    [false, 403],
    [true, 200],
  ] as const) {
    const { id } = await api.olga.create({ review: { policy: 'required', selfReview } });
    await (await api.olga.claim(id)).complete();
    expect((await api.olga.review(id, 'approve')).status).toBe(status);
  }
});

test('named reviewers decide, and a reviewer who is not named does not', async () => {
  const { id } = await taskThatIs(api, 'review', { review: { policy: 'required', reviewers: ['rita'] } });
  const refused = await api.as('rolf', 'reviewer').review(id, 'approve');
  expect(refused).toMatchObject({
    status: 403,
    body: { type: '/problems/forbidden', detail: 'Only rita or an operator may review this task.' },
  });
  expect((await api.rita.review(id, 'approve')).body.status).toBe('done');
});

test('a quorum takes different people', async () => {
  const { id } = await taskThatIs(api, 'review', { review: { policy: 'required', quorum: 2 } });
  const first = await api.rita.review(id, 'approve');
  expect(first.body).toMatchObject({ status: 'review', reviewProgress: { approvals: [{ by: 'rita' }] } });
  expect(first.body.standing).toContain('1 of 2');
  const again = await api.rita.review(id, 'approve');
  expect(again).toMatchObject({ status: 409, body: { type: '/problems/already_decided' } });
  expect((await api.as('rolf', 'reviewer').review(id, 'approve')).body.status).toBe('done');
});

test('requested changes fail the task and make a new one, linked both ways, that carries the feedback', async () => {
  const { id } = await taskThatIs(api, 'review', { description: 'All of them.', priority: 1 });
  const { body } = await api.rita.review(id, 'request_changes', { comment: 'Count the green ones too.' });
  expect(body).toMatchObject({
    status: 'failed',
    failure: { reasonCode: 'changes_requested' },
    submission: { output: { beans: 7 } },
    reviewProgress: { decision: { decision: 'changes_requested', by: 'rita' } },
  });
  const next = (await api.alice.get(body.links.followedBy)).body;
  expect(next).toMatchObject({
    status: 'queued',
    title: 'Count the beans',
    description: 'All of them.',
    priority: 1,
    submission: null,
    createdBy: { id: 'olga' },
    links: { follows: `/v1/tasks/${id}` },
  });
  const { items } = (await api.alice.get(next.links.comments)).body;
  expect(items).toMatchObject([{ by: { id: 'rita' }, text: 'Count the green ones too.' }]);
});

test('with rework same_task its own agent gets the task back, the submission as it was', async () => {
  const { id } = await taskThatIs(api, 'review', { review: { policy: 'required', rework: 'same_task' } });
  const { body } = await api.rita.review(id, 'request_changes', { comment: 'Again.' });
  expect(body).toMatchObject({
    status: 'queued',
    assignee: 'alice',
    submission: { output: { beans: 7 } },
    comments: 1,
  });
  expect(body.links).not.toHaveProperty('followedBy');
  expect((await api.bob.post(`/v1/tasks/${id}/claim`)).body.type).toBe('/problems/assigned_to_another');
  const run = await api.alice.claim(id);
  expect((await run.complete({ output: { beans: 9 } })).body.submission.output).toEqual({ beans: 9 });
});

test('the reviewer may choose the kind of rework', async () => {
  const { id } = await taskThatIs(api, 'review');
  const { body } = await api.rita.review(id, 'request_changes', { comment: 'Again.', rework: 'same_task' });
  expect(body.status).toBe('queued');
});

test('changes are not requested without a comment', async () => {
  const { id } = await taskThatIs(api, 'review');
  const refused = await api.rita.review(id, 'request_changes');
  expect(refused).toMatchObject({ status: 422, body: { errors: [{ pointer: '/comment' }] } });
});

test('a task without review is done when its work is handed in', async () => {
  const { run } = await taskThatIs(api, 'running', { review: { policy: 'none' } });
  expect((await run.complete()).body).toMatchObject({ status: 'done', submission: { agent: 'alice' } });
});

test('a task whose review is overdue is decided as its policy says', async () => {
  const { id } = await taskThatIs(api, 'review', {
    review: { policy: 'required', timeoutSeconds: 1, onTimeout: 'escalate' },
  });
  await expect.poll(async () => (await api.rita.read(id)).standing, { timeout: 45_000 }).toMatch('overdue');
  expect((await api.rita.review(id, 'approve')).body.status).toBe('done');
});
