/** Lists: tasks found by each filter, page by page, whatever a filter's value looks like. */
import { expect, test } from 'vitest';
import { useApi } from '../support/api-under-test.ts';
import type { Json } from '../support/caller.ts';
import { eventually } from '../support/caller.ts';
import { taskThatIs } from '../support/task-states.ts';

const api = useApi();
const project = `project-${crypto.randomUUID()}`;

const list = async (filter: Record<string, string>) => {
  const { status, body } = await api.bob.get(`/v1/tasks?${new URLSearchParams(filter).toString()}`);
  expect(status, JSON.stringify(body)).toBe(200);
  return body;
};
const idsOf = async (filter: Record<string, string>): Promise<string[]> =>
  (await list(filter)).items.map(({ id }: Json) => id).toSorted();
/** Lists lag a little, so a task is waited for. */
const found = (filter: Record<string, string>, ids: string[]) =>
  eventually(
    () => idsOf(filter),
    (seen) => JSON.stringify(seen) === JSON.stringify(ids.toSorted()),
  );

const named = {
  project,
  goal: `goal-${project}`,
  labels: ['kitchen', `label-${project}`],
  type: 'count',
  client: 'ada',
};

test('a task is found by each of its properties, and by all together', async () => {
  const word = `bean${crypto.randomUUID().replaceAll('-', '')}`;
  const { id } = await api.olga.create({
    ...named,
    title: `Count ${word}`,
    assignee: `agent-${project}`,
    priority: 1,
  });
  const filters = {
    project,
    goal: named.goal,
    label: named.labels[1]!,
    assignee: `agent-${project}`,
    text: word,
    status: 'queued',
    company: 'default',
  };
  for (const [name, value] of Object.entries(filters)) {
    await found({ project, [name]: value }, [id]);
  }
  await found(filters, [id]);
  const [row] = (await list(filters)).items;
  expect(row).toMatchObject({
    id,
    title: `Count ${word}`,
    status: 'queued',
    priority: 1,
    type: 'count',
    client: 'ada',
  });
  expect(row.labels).toEqual(named.labels);
  expect(await idsOf({ ...filters, label: 'other' })).toEqual([]);
});

test('a task is found by its holder while it is held', async () => {
  const holder = `agent-${crypto.randomUUID()}`;
  const agent = api.as(holder, 'agent');
  const { id } = await api.olga.create();
  const run = await agent.claim(id);
  await found({ holder }, [id]);
  expect((await list({ holder })).items).toMatchObject([{ id, holder, status: 'assigned' }]);
  await run.release();
  await found({ holder }, []);
});

test('a task is found in each state, a terminated one among the cancelled', async () => {
  const states = [
    'queued',
    'assigned',
    'running',
    'review',
    'done',
    'failed',
    'cancelled',
    'handoff',
  ] as const;
  const goal = crypto.randomUUID();
  const ids = new Map<string, string[]>();
  for (const status of states) ids.set(status, [(await taskThatIs(api, status, { goal })).id]);
  const ended = await taskThatIs(api, 'running', { goal });
  await api.temporal.workflow.getHandle(ended.id).terminate('enough');
  ids.get('cancelled')!.push(ended.id);
  for (const status of states) await found({ goal, status }, ids.get(status)!);
  await found({ goal }, [...ids.values()].flat());
  const row = (await list({ goal, status: 'cancelled' })).items.find((task: Json) => task.id === ended.id);
  expect(row).toMatchObject({ status: 'cancelled', closedAt: expect.any(String) });
});

test.each([`it's`, `a' OR 'a' = 'a`, `x') OR TaskCompany != ('y`, '`backticks`', '%', '漢字 👩‍🚀'])(
  'a value may be %s, and finds what has it and nothing else',
  async (value) => {
    const goal = `${value} ${crypto.randomUUID()}`;
    const { id } = await api.olga.create({ goal, labels: [value] });
    await found({ goal }, [id]);
    await found({ goal, label: value }, [id]);
    expect(await idsOf({ goal, label: 'other' })).toEqual([]);
    expect(await idsOf({ goal, assignee: value })).toEqual([]);
  },
);

test.each([`'quoted'`, `' OR TaskCompany != '`, '\\', `\\' OR 1 = 1 --`, '"', `'' OR ''='`])(
  '%s is refused as a filter, because it would find something else',
  async (value) => {
    for (const field of ['project', 'goal', 'label', 'assignee', 'holder', 'company']) {
      const { body } = await api.bob.get(`/v1/tasks?${field}=${encodeURIComponent(value)}`);
      expect(body).toMatchObject({ status: 422, errors: [{ pointer: field }] });
    }
  },
);

test.each([
  'AND',
  'OR NOT',
  'say "hello"',
  "it's",
  '*',
  'a* NEAR b',
  '(',
  '-',
  'title:x',
  'back\\slash',
  '👩',
])('a search for %s is a search for words, not a query', async (text) => {
  expect(Array.isArray((await list({ text })).items)).toBe(true);
});

test.each([
  ['status=unknown', 'status'],
  ['limit=0', 'limit'],
  ['limit=101', 'limit'],
  ['limit=many', 'limit'],
  ['label=', 'label'],
  ['project=%00', 'project'],
  ['status=queued&status=done', 'status'],
  ['staus=queued', 'staus'],
  ['text=%22', 'text'],
  ['cursor=made-up', 'cursor'],
  ['cursor=a.b.c', 'cursor'],
])('%s is refused by name', async (query, pointer) => {
  const { status, body } = await api.bob.get(`/v1/tasks?${query}`);
  expect({ status, type: body.type, pointer: body.errors?.[0].pointer }).toEqual({
    status: 422,
    type: '/problems/invalid_request',
    pointer,
  });
});

test('pages follow each other without a gap or a double, newest first', async () => {
  const goal = crypto.randomUUID();
  const created: string[] = [];
  for (let i = 0; i < 7; i += 1) created.push((await api.olga.create({ goal })).id);
  await found({ goal }, created);
  const seen: string[][] = [];
  let cursor: string | null | undefined;
  do {
    const page = await list({ goal, limit: '3', ...(cursor && { cursor }) });
    seen.push(page.items.map(({ id }: Json) => id));
    cursor = page.next;
  } while (cursor);
  expect(seen.map(({ length }) => length)).toEqual([3, 3, 1]);
  expect(seen.flat()).toEqual(created.toReversed());
});

test('a cursor belongs to its filter', async () => {
  const goal = crypto.randomUUID();
  const ids = [await api.olga.create({ goal }), await api.olga.create({ goal })].map(({ id }) => id);
  await found({ goal }, ids);
  const { next } = await list({ goal, limit: '1' });
  for (const query of [
    `cursor=${next}`,
    `goal=${goal}&status=queued&cursor=${next}`,
    `goal=${goal}&cursor=${next}x`,
  ]) {
    const { body } = await api.bob.get(`/v1/tasks?${query}`);
    expect(body).toMatchObject({ status: 422, errors: [{ pointer: 'cursor' }] });
  }
});
