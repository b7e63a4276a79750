/** Values that are out of bounds, told by a pointer to each; and odd ones that must come back as they were sent. */
import { expect, test } from 'vitest';
import { useApi } from '../support/api-under-test.ts';

const api = useApi();

const create = (body: unknown) => api.alice.post('/v1/tasks', body);

const WRONG: [pointer: string, definition: string][] = [
  ['/title', '{"title": 7}'],
  ['/title', '{"title": null}'],
  ['/title', '{"title": ""}'],
  ['/title', '{"title": " \\t "}'],
  ['/title', '{"title": "two\\nlines"}'],
  ['/title', '{"title": "nul\\u0000"}'],
  ['/title', '{"title": "\\ud800"}'],
  ['/title', '{"title": "x\\udc00x"}'],
  ['/title', `{"title": "${'é'.repeat(201)}"}`],
  ['/priority', '{"title": "a", "priority": 0}'],
  ['/priority', '{"title": "a", "priority": 6}'],
  ['/priority', '{"title": "a", "priority": 1.5}'],
  ['/priority', '{"title": "a", "priority": 1e999}'],
  ['/priority', '{"title": "a", "priority": -1}'],
  ['/priority', '{"title": "a", "priority": "1"}'],
  ['/priority', '{"title": "a", "priority": "NaN"}'],
  ['/budget/usd', '{"title": "a", "budget": {"usd": 1e999}}'],
  ['/budget/usd', '{"title": "a", "budget": {"usd": -0.01}}'],
  ['/budget/tokens', '{"title": "a", "budget": {"tokens": 1.5}}'],
  ['/lease/seconds', '{"title": "a", "lease": {"seconds": 4}}'],
  ['/lease/seconds', '{"title": "a", "lease": {"seconds": 86401}}'],
  ['/maxAttempts', '{"title": "a", "maxAttempts": 9007199254740993}'],
  ['/labels/1', '{"title": "a", "labels": ["ok", ""]}'],
  ['/labels/0', '{"title": "a", "labels": [" "]}'],
  ['/labels', `{"title": "a", "labels": ${JSON.stringify(Array(21).fill('x'))}}`],
  ['/assignee', '{"title": "a", "assignee": "new\\nline"}'],
  ['/assignee', `{"title": "a", "assignee": "${'漢'.repeat(67)}"}`],
  ['/deadline', '{"title": "a", "deadline": "tomorrow"}'],
  ['/deadline', '{"title": "a", "deadline": "2026-02-30T00:00:00Z"}'],
  ['/deadline', '{"title": "a", "deadline": "9999-12-31T23:59:59-23:59"}'],
  ['/deadline', '{"title": "a", "deadline": 1}'],
  ['/review/policy', '{"title": "a", "review": {}}'],
  ['/review/policy', '{"title": "a", "review": {"policy": "maybe"}}'],
  ['/review/quorum', '{"title": "a", "review": {"policy": "required", "reviewers": ["x"], "quorum": 2}}'],
  ['/context/0', '{"title": "a", "context": [{"path": "p"}]}'],
  ['/context/0/url', '{"title": "a", "context": [{"path": "p", "url": "not a url"}]}'],
  ['/payload', '{"title": "a", "payload": {"deep": ["nul \\u0000"]}}'],
  ['/payload', '{"title": "a", "payload": {"\\ud800": 1}}'],
  ['/payload', `{"title": "a", "payload": "${'é'.repeat(128 * 1024)}"}`],
  ['/description', `{"title": "a", "description": "${'é'.repeat(128 * 1024 + 1)}"}`],
  ['/outputSchema', '{"title": "a", "outputSchema": true}'],
];

test.each(WRONG.map(([pointer, body]) => [pointer, body.slice(0, 90), body]))(
  '%s is pointed at in %s',
  async (pointer, _shown, body) => {
    const { status, headers, body: problem } = await create(body);
    expect({ status, type: problem.type, pointer: problem.errors?.[0]?.pointer }).toEqual({
      status: 422,
      type: '/problems/invalid_request',
      pointer,
    });
    expect(headers.get('content-type')).toMatch('application/problem+json');
    expect(problem.errors.every((mistake: { pointer: string }) => mistake.pointer === pointer)).toBe(true);
    expect(problem.detail).toBe(`${pointer}: ${problem.errors[0].detail}`);
  },
);

const ODD = {
  astral: '𝒳 👩‍🚀 \u{10ffff}',
  escapes: '\\u0000 \\ud800 " \' \\ / <script>',
  controls: '\u0001\u001f\u007f',
  whitespace: ' \t\r\n ',
  directions: '\u202eabc\u202c \ufeff',
  numbers: [0, -0.5, 1e-300, 9007199254740991],
  keys: { '': 1, constructor: 2, toString: 3, 'a/b': 4 },
};

test('odd text and numbers come back exactly as they were sent', async () => {
  const { id } = await api.alice.create({
    description: ODD.astral + ODD.escapes + ODD.controls,
    payload: ODD,
  });
  expect(await api.alice.read(id)).toMatchObject({
    description: ODD.astral + ODD.escapes + ODD.controls,
    payload: ODD,
  });
  const run = await api.alice.claim(id);
  const { body } = await run.complete({ output: ODD, reasoning: ODD.astral });
  expect(body.submission).toMatchObject({ output: ODD, reasoning: ODD.astral });
});

test.each([
  ['quotes', '"'.repeat(400)],
  ['backslashes', '\\'.repeat(400)],
  ['astral characters', '👩'.repeat(100)],
  ['control characters', '\u0001'.repeat(400)],
])('a title of 400 bytes may consist of %s', async (_name, title) => {
  const { id } = await api.alice.create({ title });
  expect((await api.alice.read(id)).title).toBe(title);
});

test.each(['0001-01-01T00:00:00Z', '9999-12-31T23:59:59Z'])(
  'a deadline may be as far off as %s',
  async (deadline) => {
    const { id } = await api.alice.create({ deadline });
    expect(Date.parse((await api.alice.read(id)).deadline)).toBe(Date.parse(deadline));
  },
);

test('a task takes as much as a body can hold, and hands it back', async () => {
  const description = 'd'.repeat(256 * 1024);
  const payload = 'p'.repeat(250 * 1024);
  const { id } = await api.alice.create({ description, payload });
  const run = await api.alice.claim(id);
  const { status, body } = await run.complete({ output: 'o'.repeat(250 * 1024) });
  expect(status, JSON.stringify(body).slice(0, 500)).toBe(200);
  expect((await api.alice.read(id)).description).toBe(description);
});

test('times are answered in UTC, whatever zone they came in', async () => {
  const { deadline } = await api.alice.create({ deadline: '2999-01-01T02:00:00+02:00' });
  expect(deadline).toBe('2999-01-01T00:00:00.000Z');
});
