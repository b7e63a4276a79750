/** "Agent Teams: Work Queues", performed line by line: its own commands, as they stand, in a shell, by one token. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { tokenOf, useApi } from '../support/api-under-test.ts';
import type { Json } from '../support/caller.ts';
import { eventually } from '../support/caller.ts';

const api = useApi();
const COMPANY = `company-${crypto.randomUUID()}`;
const SLOW = 120_000;

const WITH_STATUS = `curl() { command curl -sS -w '\\n%{http_code}' "$@"; }`;

/** Runs a command of the document. Of it only the address is another, and the ids are those that were answered. */
async function run(
  command: string,
  ids: Record<string, string> = {},
): Promise<{ status: number; body: Json }> {
  let script = command.replace('http://localhost:3000', api.url);
  for (const [written, id] of Object.entries(ids)) script = script.replace(written, id);
  const JWT_TOKEN = await tokenOf({ sub: 'operations', role: 'operator', company: COMPANY });
  const env = { PATH: process.env['PATH'], JWT_TOKEN };
  const { stdout } = await promisify(execFile)('sh', ['-c', `${WITH_STATUS}\n${script}`], { env });
  const [, text = '', status] = /^([\s\S]*)\n(\d{3})$/.exec(stdout) ?? [];
  return { status: Number(status), body: text ? JSON.parse(text) : undefined };
}

const CREATE_QUEUE = String.raw`
# Create a work queue
curl -X POST http://localhost:3000/work-queues \
  -H "Authorization: Bearer ${'${JWT_TOKEN}'}" \
  -H "Content-Type: application/json" \
  -d '{ "name": "bug-triage", "teamId": "engineering" }'`;

const ADD_TASK = String.raw`
# Add a task to the queue
curl -X POST http://localhost:3000/work-queues/wq_abc123/tasks \
  -H "Authorization: Bearer ${'${JWT_TOKEN}'}" \
  -H "Content-Type: application/json" \
  -d '{
    "name": "Investigate login timeout on mobile",
    "priority": 4,
    "payload": { "ticketId": "T-4821" },
    "deadline": "2026-03-08T17:00:00.000Z"
  }'`;

const DEQUEUE = String.raw`
# Dequeue the next task (assigns to agent)
curl -X POST http://localhost:3000/work-queues/wq_abc123/dequeue \
  -H "Authorization: Bearer ${'${JWT_TOKEN}'}" \
  -H "Content-Type: application/json" \
  -d '{ "agentId": "triage-agent" }'`;

const STEAL = String.raw`
# Work stealing (take task from another queue)
curl -X POST http://localhost:3000/work-queues/wq_abc123/steal \
  -H "Authorization: Bearer ${'${JWT_TOKEN}'}" \
  -H "Content-Type: application/json" \
  -d '{ "agentId": "idle-agent" }'`;

const COMPLETE = String.raw`
# Complete a task
curl -X POST http://localhost:3000/work-queue-tasks/wt_abc123/complete \
  -H "Authorization: Bearer ${'${JWT_TOKEN}'}" \
  -H "Content-Type: application/json" \
  -d '{ "result": { "rootCause": "Session cookie SameSite attribute", "fix": "PR #312" } }'`;

const FAIL = String.raw`
# Fail a task
curl -X POST http://localhost:3000/work-queue-tasks/wt_abc123/fail \
  -H "Authorization: Bearer ${'${JWT_TOKEN}'}" \
  -H "Content-Type: application/json" \
  -d '{ "error": "Unable to reproduce on staging" }'`;

/** A row of the endpoint reference for which the document has no example. */
const call = (method: string, path: string): string => String.raw`
curl -X ${method} 'http://localhost:3000${path}' \
  -H "Authorization: Bearer ${'${JWT_TOKEN}'}"`;

test('the document, from its first command to the last row of its table', { timeout: SLOW }, async () => {
  // Creating queues and tasks
  const queue = await run(CREATE_QUEUE);
  expect(queue).toEqual({
    status: 201,
    body: {
      id: expect.stringMatching(/^wq_[0-9a-f-]{36}$/),
      name: 'bug-triage',
      teamId: 'engineering',
      counts: { pending: 0, assigned: 0, completed: 0, failed: 0, cancelled: 0 },
      createdAt: expect.any(String),
    },
  });
  const wq_abc123: string = queue.body.id;

  const added = await run(ADD_TASK, { wq_abc123 });
  expect(added).toEqual({
    status: 201,
    body: {
      id: expect.stringMatching(/^wt_[0-9a-f-]{36}$/),
      queueId: wq_abc123,
      name: 'Investigate login timeout on mobile',
      priority: 4,
      payload: { ticketId: 'T-4821' },
      deadline: '2026-03-08T17:00:00.000Z',
      // The document was written before that day; it is past by now, which is shown and fails nothing.
      overdue: true,
      status: 'pending',
      assignedTo: null,
      result: null,
      error: null,
      attempts: 0,
      createdAt: expect.any(String),
      updatedAt: expect.any(String),
    },
  });

  const listOf = async (query: string) =>
    (await run(call('GET', `/work-queues/${wq_abc123}/tasks${query}`))).body;

  // Dequeuing: "assigns the highest-priority pending task to the requesting agent"
  const least = await run(ADD_TASK.replace('"priority": 4', '"priority": 1'), { wq_abc123 });
  const most = await run(ADD_TASK.replace('"priority": 4', '"priority": 5'), { wq_abc123 });
  // A task counts for the order a moment after it was added; once it is listed, it does.
  await eventually(
    () => listOf('?status=pending'),
    (tasks) => tasks.length === 3,
  );
  const taken = [];
  for (let i = 0; i < 3; i += 1) taken.push(await run(DEQUEUE, { wq_abc123 }));
  expect(taken.map(({ status, body }) => [status, body.id, body.status, body.assignedTo])).toEqual(
    [most, added, least].map(({ body }) => [200, body.id, 'assigned', 'triage-agent']),
  );
  // "Both return 204 if no tasks are available."
  expect(await run(DEQUEUE, { wq_abc123 })).toEqual({ status: 204, body: undefined });
  expect(await run(STEAL, { wq_abc123 })).toEqual({ status: 204, body: undefined });

  // Work stealing: "lets idle agents take tasks from other queues"
  const other = await run(CREATE_QUEUE.replace('bug-triage', 'releases'));
  const elsewhere = await run(ADD_TASK, { wq_abc123: other.body.id });
  const stolen = await eventually(
    () => run(STEAL, { wq_abc123 }),
    ({ status }) => status === 200,
  );
  expect(stolen.body).toMatchObject({
    id: elsewhere.body.id,
    queueId: other.body.id,
    status: 'assigned',
    assignedTo: 'idle-agent',
  });

  // Completing and failing tasks
  const done = {
    status: 200,
    body: {
      ...added.body,
      status: 'completed',
      assignedTo: 'triage-agent',
      result: { rootCause: 'Session cookie SameSite attribute', fix: 'PR #312' },
      updatedAt: expect.any(String),
    },
  };
  expect(await run(COMPLETE, { wt_abc123: added.body.id })).toEqual(done);
  expect(await run(COMPLETE, { wt_abc123: added.body.id })).toEqual(done);
  const failed = {
    status: 200,
    body: {
      ...elsewhere.body,
      status: 'failed',
      assignedTo: 'idle-agent',
      error: 'Unable to reproduce on staging',
      failureReason: 'other',
      updatedAt: expect.any(String),
    },
  };
  expect(await run(FAIL, { wt_abc123: elsewhere.body.id })).toEqual(failed);
  expect(await run(FAIL, { wt_abc123: elsewhere.body.id })).toEqual(failed);

  // Endpoint reference: list queues, get queue, list tasks (filter by status), delete queue
  const listed = await eventually(
    () => run(call('GET', '/work-queues')),
    ({ body }) => body.length === 2,
  );
  expect(listed.body.map(({ name }: Json) => name)).toEqual(['releases', 'bug-triage']);
  const counted = await eventually(
    () => run(call('GET', `/work-queues/${wq_abc123}`)),
    ({ body }) => body.counts.completed === 1,
  );
  expect(counted.body).toMatchObject({
    name: 'bug-triage',
    counts: { pending: 0, assigned: 2, completed: 1 },
  });
  await eventually(
    () => listOf('?status=completed'),
    (tasks) => tasks.length === 1 && tasks[0].result.fix === 'PR #312',
  );
  const assigned = new Set((await listOf('?status=assigned')).map(({ id }: Json) => id));
  expect(assigned).toEqual(new Set([least.body.id, most.body.id]));
  expect(await listOf('?status=pending')).toEqual([]);
  expect(await listOf('')).toHaveLength(3);
  expect(await run(call('DELETE', `/work-queues/${wq_abc123}`))).toMatchObject({
    status: 409,
    body: { error: { code: 'queue_not_empty', counts: { assigned: 2 } } },
  });
  for (const { body } of [most, least]) await run(COMPLETE, { wt_abc123: body.id });
  await eventually(
    () => run(call('DELETE', `/work-queues/${wq_abc123}`)),
    ({ status }) => status === 204,
  );
  expect((await run(call('GET', `/work-queues/${wq_abc123}`))).status).toBe(404);
});
