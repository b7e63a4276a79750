/** The same request sent twice is done once: whatever it asks for, at once or one after the other. */
import { describe, expect, test } from 'vitest';
import { useApi } from '../support/api-under-test.ts';
import type { Caller, Json } from '../support/caller.ts';
import { taskThatIs } from '../support/task-states.ts';
import type { TaskInState } from '../support/task-states.ts';
import type { TaskStatus } from '../../workflows/task-state.ts';

const api = useApi();

interface Mutation {
  by: Caller;
  from: TaskStatus;
  path: (task: TaskInState) => string;
  body: object;
  other: object;
  method?: 'PATCH';
  /** What must have happened once. */
  count: (events: { type: string; outcome: unknown }[]) => number;
}

const accepted = (type: string) => (events: { type: string; outcome: unknown }[]) =>
  events.filter((event) => event.type === type && event.outcome === 'accepted').length;
const at =
  (path: string) =>
  ({ id }: TaskInState) =>
    `/v1/tasks/${id}${path}`;
const ofRun =
  (path: string) =>
  ({ id, run }: TaskInState) =>
    `/v1/tasks/${id}/runs/${run.id}/${path}`;
const { alice, rita, olga } = api;

/** What an answer is about, whatever else happened to the task meanwhile. */
const resultOf = ({ id, version, run, text, stop }: Json) => ({ id, version, run: run?.id, text, stop });

const MUTATIONS: Record<string, Mutation> = {
  claim: {
    by: alice,
    from: 'queued',
    path: at('/claim'),
    body: {},
    other: { lease: { seconds: 9 } },
    count: accepted('claim'),
  },
  edit: {
    by: olga,
    from: 'queued',
    path: at(''),
    body: { title: 'A' },
    other: { title: 'B' },
    method: 'PATCH',
    count: accepted('edit'),
  },
  comment: {
    by: olga,
    from: 'queued',
    path: at('/comments'),
    body: { text: 'a' },
    other: { text: 'b' },
    count: accepted('comment'),
  },
  progress: {
    by: alice,
    from: 'assigned',
    path: ofRun('progress'),
    body: { note: 'a', cost: { usd: 1 } },
    other: { note: 'b' },
    count: accepted('report_progress'),
  },
  complete: {
    by: alice,
    from: 'running',
    path: ofRun('complete'),
    body: { output: 1, reasoning: '' },
    other: { output: 2, reasoning: '' },
    count: accepted('mark_complete'),
  },
  fail: {
    by: alice,
    from: 'running',
    path: ofRun('fail'),
    body: { reasonCode: 'unreachable_service' },
    other: { reasonCode: 'other' },
    count: accepted('mark_failed'),
  },
  release: {
    by: alice,
    from: 'running',
    path: ofRun('release'),
    body: { comment: 'a' },
    other: { comment: 'b' },
    count: accepted('release'),
  },
  'hand-off': {
    by: alice,
    from: 'running',
    path: ofRun('hand-off'),
    body: { blockers: 'a' },
    other: { blockers: 'b' },
    count: accepted('hand_off'),
  },
  'hand-off of a queued task': {
    by: olga,
    from: 'queued',
    path: at('/hand-off'),
    body: { blockers: 'a' },
    other: { blockers: 'b' },
    count: accepted('hand_off'),
  },
  resume: {
    by: olga,
    from: 'handoff',
    path: at('/resume'),
    body: {},
    other: { comment: 'b' },
    count: accepted('resume'),
  },
  cancel: {
    by: olga,
    from: 'queued',
    path: at('/cancel'),
    body: {},
    other: { comment: 'b' },
    count: accepted('cancel'),
  },
  approve: {
    by: rita,
    from: 'review',
    path: at('/review'),
    body: { decision: 'approve' },
    other: { decision: 'approve', comment: 'b' },
    count: accepted('approve'),
  },
  'request changes': {
    by: rita,
    from: 'review',
    path: at('/review'),
    body: { decision: 'request_changes', comment: 'a' },
    other: { decision: 'request_changes', comment: 'b' },
    count: accepted('request_changes'),
  },
};

describe.concurrent.each(Object.entries(MUTATIONS))(
  '%s',
  (_name, { by, from, path, body, other, method = 'POST', count }) => {
    const send = (task: TaskInState, key: string, content: object) =>
      by.send(method, path(task), content, {
        'idempotency-key': key,
        ...(method === 'PATCH' && { 'if-match': '*' }),
      });

    test('is done once for one key, and its repeats get the same answer', async () => {
      const task = await taskThatIs(api, from);
      const [first, ...repeats] = await Promise.all([1, 2, 3].map(() => send(task, 'k', body)));
      repeats.push(await send(task, '"k"', body));
      expect(first!.status, first!.text).toBeLessThan(300);
      for (const { status, body: answer } of repeats) {
        expect(status).toBe(first!.status);
        expect(resultOf(answer)).toEqual(resultOf(first!.body));
      }
      const { items } = (await olga.get(`/v1/tasks/${task.id}/events?limit=100`)).body;
      expect(count(items)).toBe(1);
    });

    test('is refused when its key comes with another body, and changes nothing', async () => {
      const task = await taskThatIs(api, from);
      await send(task, 'k', body);
      const before = await olga.read(task.id);
      const refused = await send(task, 'k', other);
      expect(refused).toMatchObject({ status: 422, body: { type: '/problems/idempotency_key_reused' } });
      expect(await olga.read(task.id)).toEqual(before);
    });
  },
);
