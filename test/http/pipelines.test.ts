/** Pipelines: a step waits for the one before it, nested in any way, and what holds a pipeline up can be put right. */
import { describe, expect, test } from 'vitest';
import { useApi } from '../support/api-under-test.ts';
import { eventually } from '../support/caller.ts';
import { NO_REVIEW, childrenOf, eventuallyAre, eventuallyIs, plant, step, work } from '../support/trees.ts';

const api = useApi();
const { alice, olga, rita } = api;

const claim = (id: string) => alice.post(`/v1/tasks/${id}/claim`);

describe('a sequence', () => {
  test('lets a step be claimed only when the one before it is done, not merely in review', async () => {
    const { id } = await plant(olga, {
      mode: 'sequence',
      ...NO_REVIEW,
      children: [{ title: 'A' }, step('B')],
    });
    const { A, B } = await childrenOf(olga, id);
    expect(A).toMatchObject({ order: 1, status: 'queued' });
    expect(A).not.toHaveProperty('blockedBy');
    expect(B).toMatchObject({ order: 2, status: 'queued', blockedBy: A.id });
    expect(await alice.read(B.id)).toMatchObject({
      status: 'queued',
      gate: { blockedBy: A.id },
      parent: { id, order: 2 },
      links: { parent: `/v1/tasks/${id}` },
    });

    const tooEarly = await claim(B.id);
    expect(tooEarly).toMatchObject({
      status: 409,
      body: { type: '/problems/seq_blocked', blockedBy: A.id, retryable: true },
    });
    const run = await alice.claim(A.id);
    await run.complete();
    expect(await claim(B.id)).toMatchObject({ status: 409, body: { blockedBy: A.id } });
    await rita.review(A.id, 'approve');
    await work(api, B.id);
    expect(await eventuallyIs(olga, id, 'done')).toMatchObject({
      submission: {
        output: {
          children: [
            { id: A.id, status: 'done' },
            { id: B.id, status: 'done' },
          ],
        },
      },
    });
  });

  test('goes by order, whatever the order in which its steps are created', async () => {
    const { id } = await olga.create({ mode: 'sequence' });
    const create = async (title: string, order?: number) =>
      (await olga.must(olga.post(`/v1/tasks/${id}/subtasks`, step(title, { order })))).id;
    const third = await create('third', 30);
    const first = await create('first', 10);
    const second = await create('second', 20);
    const last = await create('last');
    const { body } = await olga.get(`/v1/tasks/${id}/subtasks`);
    expect(body.next).toBeNull();
    expect(body.items).toMatchObject([
      { id: first, order: 10 },
      { id: second, order: 20, blockedBy: first },
      { id: third, order: 30, blockedBy: second },
      { id: last, order: 31, blockedBy: third },
    ]);
    // The gate of the first to come was open until there was another before it.
    await eventually(
      () => alice.read(third),
      ({ gate }) => gate?.blockedBy === second,
    );
    for (const step of [first, second, third, last]) await work(api, step);
    await eventuallyAre(olga, id, ['done', 'done', 'done', 'done']);
  });

  test('does not take a step back that somebody has started before another was put in front of it', async () => {
    const { id } = await olga.create({ mode: 'sequence' });
    const later = await olga.must(olga.post(`/v1/tasks/${id}/subtasks`, step('later', { order: 2 })));
    const run = await alice.claim(later.id);
    const earlier = await olga.must(olga.post(`/v1/tasks/${id}/subtasks`, step('earlier', { order: 1 })));
    const { children } = await eventuallyAre(olga, id, ['queued', 'assigned']);
    expect(children[1]).toMatchObject({ id: later.id, holder: 'alice' });
    expect(children[1]).not.toHaveProperty('blockedBy');
    expect((await run.complete()).status).toBe(200);
    await eventuallyAre(olga, id, ['queued', 'done']);
    await work(api, earlier.id);
    await eventuallyAre(olga, id, ['done', 'done']);
  });

  test('in parallel branches: each goes on by itself', async () => {
    const sequence = (title: string) => ({
      title,
      mode: 'sequence',
      ...NO_REVIEW,
      children: [step(`${title}1`), step(`${title}2`)],
    });
    const { id, children } = await plant(olga, { ...NO_REVIEW, children: [sequence('A'), sequence('B')] });
    const [a, b] = await Promise.all(children.map((child: { id: string }) => childrenOf(olga, child.id)));
    expect((await claim(a!.A2.id)).body.blockedBy).toBe(a!.A1.id);
    await work(api, b!.B1.id);
    await work(api, b!.B2.id);
    await eventuallyAre(olga, id, ['queued', 'done']);
    expect((await claim(a!.A2.id)).body.blockedBy).toBe(a!.A1.id);
    await work(api, a!.A1.id);
    await work(api, a!.A2.id);
    await eventuallyIs(olga, id, 'done');
  });

  test('of parallel stages: all of a stage may start when all of the one before are done', async () => {
    const stage = (title: string) => ({
      title,
      ...NO_REVIEW,
      children: [step(`${title}1`), step(`${title}2`)],
    });
    const { id, children } = await plant(olga, {
      mode: 'sequence',
      ...NO_REVIEW,
      children: [stage('A'), stage('B')],
    });
    const [a, b] = await Promise.all(children.map((child: { id: string }) => childrenOf(olga, child.id)));
    await work(api, a!.A2.id);
    // Those below a gated task are gated as it is.
    for (const each of [b!.B1, b!.B2]) expect((await claim(each.id)).body.blockedBy).toBe(children[0].id);
    await work(api, a!.A1.id);
    await Promise.all([work(api, b!.B1.id), work(api, b!.B2.id)]);
    await eventuallyIs(olga, id, 'done');
  });

  test('stays shut behind a step whose reviewer wants changes, until its new task is done', async () => {
    const { id } = await plant(olga, {
      mode: 'sequence',
      ...NO_REVIEW,
      children: [{ title: 'A' }, step('B')],
    });
    const { A, B } = await childrenOf(olga, id);
    await work(api, A.id);
    const { body } = await rita.review(A.id, 'request_changes', { comment: 'The green ones too.' });
    const follower = body.links.followedBy.split('/').at(-1);
    const { children } = await eventually(
      () => olga.read(id),
      (task) => task.children[0].id === follower,
    );
    expect(children).toMatchObject([
      { id: follower, order: 1, status: 'queued' },
      { id: B.id, blockedBy: follower },
    ]);
    await eventually(
      () => claim(B.id),
      (answer) => answer.body.blockedBy === follower,
    );
    expect(await olga.read(follower)).toMatchObject({ parent: { id, order: 1 }, gate: null });
    await work(api, follower);
    expect((await claim(B.id)).body.blockedBy).toBe(follower);
    await rita.must(rita.review(follower, 'approve'));
    await work(api, B.id);
    await eventuallyIs(olga, id, 'done');
  });
});

describe('a container', () => {
  test('goes into review by itself, told apart from an agent’s work, and is nobody’s to claim', async () => {
    const { id } = await plant(olga, { children: [step('A')] });
    const { A } = await childrenOf(olga, id);
    expect(await olga.read(id)).toMatchObject({
      autoComplete: true,
      standing: 'Waits for its sub-tasks: 0 of 1 done.',
    });
    const refused = await claim(id);
    expect(refused).toMatchObject({ status: 409, body: { type: '/problems/transition_not_allowed' } });
    expect(refused.body.hint).toContain('sub-tasks');
    await work(api, A.id);
    expect((await eventuallyIs(olga, id, 'review')).standing).toContain('its sub-tasks');
    expect((await rita.review(id, 'approve')).body.status).toBe('done');
  });

  test('whose reviewer wants changes goes on with further sub-tasks', async () => {
    const { id } = await plant(olga, { children: [step('A')] });
    await work(api, (await childrenOf(olga, id)).A.id);
    await eventuallyIs(olga, id, 'review');
    const sent = await rita.review(id, 'request_changes', { comment: 'And peas.', rework: 'same_task' });
    expect(sent.body).toMatchObject({ status: 'queued' });
    expect(sent.body).not.toHaveProperty('assignee');
    await olga.post(`/v1/tasks/${id}/comments`, { text: 'Peas it is.' });
    expect((await olga.read(id)).status).toBe('queued');
    const more = await olga.must(olga.post(`/v1/tasks/${id}/subtasks`, step('B')));
    await work(api, more.id);
    await eventuallyIs(olga, id, 'review');
  });

  test('that was handed off meanwhile is done as soon as it is resumed', async () => {
    const { id } = await plant(olga, { ...NO_REVIEW, children: [step('A')] });
    await olga.must(olga.post(`/v1/tasks/${id}/hand-off`, { blockers: 'Which beans?' }));
    await work(api, (await childrenOf(olga, id)).A.id);
    await eventuallyAre(olga, id, ['done']);
    expect((await olga.read(id)).status).toBe('handoff');
    expect((await olga.post(`/v1/tasks/${id}/resume`)).body.status).toBe('done');
  });

  test('that is given sub-tasks call by call completes itself if it was told to', async () => {
    const { id } = await olga.create({ autoComplete: true, ...NO_REVIEW });
    const { id: child } = await olga.must(olga.post(`/v1/tasks/${id}/subtasks`, step('A')));
    await work(api, child);
    await eventuallyIs(olga, id, 'done');
    const other = await olga.create(NO_REVIEW);
    const { id: its } = await olga.must(olga.post(`/v1/tasks/${other.id}/subtasks`, step('A')));
    await work(api, its);
    await eventuallyAre(olga, other.id, ['done']);
    expect((await claim(other.id)).status).toBe(200);
  });
});

test('a step that is cancelled is in nobody’s way', async () => {
  const { id } = await plant(olga, {
    mode: 'sequence',
    ...NO_REVIEW,
    children: [step('A'), step('B'), step('C')],
  });
  const { A, B, C } = await childrenOf(olga, id);
  await olga.must(olga.post(`/v1/tasks/${B.id}/cancel`));
  await eventually(
    () => claim(C.id),
    (answer) => answer.body.blockedBy === A.id,
  );
  await olga.must(olga.post(`/v1/tasks/${A.id}/cancel`));
  await work(api, C.id);
  expect(await eventuallyIs(olga, id, 'done')).toMatchObject({
    children: [{ status: 'cancelled' }, { status: 'cancelled' }, { status: 'done' }],
  });
});
