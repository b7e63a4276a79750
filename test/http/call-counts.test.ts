/**
 * A call of Paperclip's protocol costs no more of Temporal's calls than its native twin, and where it does what natively
 * takes several calls, no more than those together. Both know as much of the task: the API has seen it before.
 */
import { eventually } from '../support/caller.ts';
import { Wake } from '../support/paperclip.ts';
import { useTwins } from '../support/twins.ts';

const { api, company, alice, bob, olga, rita, must, make, held, compare, post, get, read, edit } = useTwins();
const pat = new Wake(alice, company, 'run-1');
const board = new Wake(olga, company, 'board-1');
const DONE = { output: 'Seven.', reasoning: 'Seven.' };

/** An issue that alice has, by checkout. */
async function checkedOut(also: object = {}): Promise<string> {
  const { id } = await board.create(also);
  await must(pat.checkout(id));
  return id;
}
const patch = (who: Wake, id: string, body: object) => () => must(who.patch(`/issues/${id}`, body));
const two = async (): Promise<[string, string]> => [await make(), await make()];
const ofMine = async () => [await checkedOut(), await held()] as const;

compare({
  'agents/me ~ the same': async () => [
    get(api.as('a-1', 'agent', company), '/api/agents/me'),
    get(api.as('a-2', 'agent', company), '/v1/agents/me'),
  ],

  'list ~ list': async () => [
    () => must(pat.list('assigneeAgentId=alice&status=todo')),
    get(alice, '/v1/tasks?assignee=alice&status=queued'),
  ],

  'create ~ create': async () => [
    () => pat.create({ priority: 'high', assigneeAgentId: 'bob' }),
    post(alice, '/v1/tasks', { title: 'Count the beans', priority: 2, assignee: 'bob' }),
  ],

  'create with parentId ~ create a sub-task': async () => {
    const [one, other] = await two();
    return [
      () => pat.create({ parentId: one }),
      post(alice, `/v1/tasks/${other}/subtasks`, { title: 'Count the beans' }),
    ];
  },

  'read ~ read': async () => {
    const [one, other] = await two();
    return [() => pat.read(one), read(other)];
  },

  'read by the holder, which keeps its hold ~ read, heartbeat': async () => {
    const [one, { id, say }] = await ofMine();
    return [() => pat.read(one), read(id), say('heartbeat')];
  },

  'read one with issues above and below it, which are answered too ~ read each': async () => {
    const root = await make();
    const { id } = await board.create({ parentId: root });
    const child = await board.create({ parentId: id });
    const listed = () => must(alice.get(`/v1/tasks?parent=${id}`));
    await eventually(listed, ({ items }) => items.length === 1);
    return [() => pat.read(id), read(root), read(id), read(child.id)];
  },

  'checkout ~ claim': async () => {
    const [{ id }, other] = [await board.create(), await make()];
    return [() => must(pat.checkout(id, ['todo'])), post(alice, `/v1/tasks/${other}/claim`)];
  },

  'checkout out of the backlog ~ claim': async () => {
    const [{ id }, other] = [await board.create({ status: 'backlog' }), await make()];
    return [() => must(pat.checkout(id)), post(alice, `/v1/tasks/${other}/claim`)];
  },

  'checkout once more, which answers the issue ~ heartbeat, read': async () => {
    const [one, { id, say }] = await ofMine();
    return [() => must(pat.checkout(one)), say('heartbeat'), read(id)];
  },

  'checkout of what another holds, which answers how it stands ~ claim, read': async () => {
    const [{ id }, other] = [await held(), await held()];
    return [
      () => new Wake(bob, company, 'run-2').checkout(id),
      () => bob.post(`/v1/tasks/${other.id}/claim`),
      read(other.id),
    ];
  },

  'a comment of the holder ~ progress': async () => {
    const [one, { say }] = await ofMine();
    return [patch(pat, one, { comment: 'Half of it.' }), say('progress', { note: 'Half of it.' })];
  },

  'a comment of another agent ~ comment': async () => {
    const [one, other] = await two();
    const native = post(alice, `/v1/tasks/${other}/comments`, { text: 'Mind it.' });
    return [patch(pat, one, { comment: 'Mind it.' }), native];
  },

  'a comment of an operator ~ comment': async () => {
    const [one, other] = await two();
    const native = post(olga, `/v1/tasks/${other}/comments`, { text: 'Mind it.' });
    return [patch(board, one, { comment: 'Mind it.' }), native];
  },

  'done ~ complete': async () => {
    const [one, { say }] = await ofMine();
    return [patch(pat, one, { status: 'done', comment: 'Seven.' }), say('complete', DONE)];
  },

  'done by an operator, for the holder ~ complete': async () => {
    const [one, { say }] = await ofMine();
    return [patch(board, one, { status: 'done', comment: 'Seven.' }), say('complete', DONE)];
  },

  'done of what nobody holds, which takes it ~ claim, complete': async () => {
    const [{ id }, other, { say }] = [await board.create(), await make(), await held()];
    return [
      patch(pat, id, { status: 'done', comment: 'Seven.' }),
      post(alice, `/v1/tasks/${other}/claim`),
      say('complete', DONE),
    ];
  },

  'in_progress of what nobody holds, which takes it ~ claim, progress': async () => {
    const [{ id }, other, { say }] = [await board.create(), await make(), await held()];
    return [
      patch(pat, id, { status: 'in_progress' }),
      post(alice, `/v1/tasks/${other}/claim`),
      say('progress', { note: 'I have it.' }),
    ];
  },

  'blocked ~ hand off': async () => {
    const [one, { say }] = await ofMine();
    return [
      patch(pat, one, { status: 'blocked', comment: 'No key.' }),
      say('hand-off', { blockers: 'No key.' }),
    ];
  },

  'todo of what is blocked ~ resume': async () => {
    const [one, other] = await two();
    for (const id of [one, other]) await must(olga.post(`/v1/tasks/${id}/hand-off`, { blockers: 'No key.' }));
    return [patch(board, one, { status: 'todo' }), post(olga, `/v1/tasks/${other}/resume`)];
  },

  'todo of what is done ~ reopen': async () => {
    const [one, other] = [await held(), await held()];
    for (const { say } of [one, other]) await say('complete', DONE)();
    return [patch(board, one.id, { status: 'todo' }), post(olga, `/v1/tasks/${other.id}/reopen`)];
  },

  'todo by the holder ~ release': async () => {
    const [one, { say }] = await ofMine();
    return [patch(pat, one, { status: 'todo' }), say('release')];
  },

  'cancelled ~ cancel': async () => {
    const [one, other] = await two();
    return [patch(board, one, { status: 'cancelled' }), post(olga, `/v1/tasks/${other}/cancel`)];
  },

  'other fields ~ edit': async () => {
    const [one, other] = await two();
    return [
      patch(board, one, { priority: 'critical', title: 'New' }),
      edit(other, { priority: 1, title: 'New' }),
    ];
  },

  'done of what is in review ~ approve': async () => {
    const required = { review: { policy: 'required' } };
    const [one, other] = [await held(required), await held(required)];
    for (const { say } of [one, other]) await say('complete', DONE)();
    return [
      patch(new Wake(rita, company, 'run-3'), one.id, { status: 'done' }),
      post(rita, `/v1/tasks/${other.id}/review`, { decision: 'approve' }),
    ];
  },

  'release ~ release': async () => {
    const [one, { say }] = await ofMine();
    return [() => must(pat.post(`/issues/${one}/release`)), say('release')];
  },

  'comments ~ comments': async () => {
    const [one, other] = await two();
    return [() => pat.comments(one), get(alice, `/v1/tasks/${other}/comments`)];
  },

  'a new comment ~ the same': async () => {
    const [one, other] = await two();
    return [
      () => must(pat.post(`/issues/${one}/comments`, { body: 'Mind it.' })),
      post(alice, `/v1/tasks/${other}/comments`, { text: 'Mind it.' }),
    ];
  },

  'a new comment of the holder, which keeps its hold ~ comment, heartbeat': async () => {
    const [one, { id, say }] = await ofMine();
    return [
      () => must(pat.post(`/issues/${one}/comments`, { body: 'Mind it.' })),
      post(alice, `/v1/tasks/${id}/comments`, { text: 'Mind it.' }),
      say('heartbeat'),
    ];
  },

  'ask for approval ~ the same': async () => {
    const [one, other] = await two();
    return [
      () => must(pat.post(`/companies/${company}/approvals`, { type: 'hire', issueIds: [one] })),
      post(alice, '/v1/approvals', { type: 'hire', tasks: [other] }),
    ];
  },

  'read an approval ~ the same': async () => {
    const { id } = await must(alice.post('/v1/approvals', { type: 'hire' }));
    return [() => must(pat.get(`/approvals/${id}`)), get(alice, `/v1/approvals/${id}`)];
  },

  'the issues of an approval ~ read it, and each task': async () => {
    const [one, other] = await two();
    const { id } = await must(alice.post('/v1/approvals', { type: 'hire', tasks: [one, other] }));
    return [
      () => must(pat.get(`/approvals/${id}/issues`)),
      get(alice, `/v1/approvals/${id}`),
      read(one),
      read(other),
    ];
  },

  'decide ~ decide': async () => {
    const [one, other] = await Promise.all(
      [1, 2].map(async () => (await must(alice.post('/v1/approvals', { type: 'hire' }))).id),
    );
    return [
      () => must(board.post(`/approvals/${one}/approve`)),
      post(olga, `/v1/approvals/${other}/decide`, { decision: 'approve' }),
    ];
  },
});
