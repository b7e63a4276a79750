/**
 * What the agents of the team share: they are launched by Baton, so everything they need stands in their environment
 * and in the files of their workspace.
 */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const { BATON_API_URL, BATON_API_KEY, BATON_TASK_ID, BATON_RUN_ID, BATON_WORKSPACE = '.' } = process.env;
const NOT_NOW = [429, 502, 503, 504];

/** The path of a file that Baton put here, or keeps for the next run. */
export const file = (name) => `${BATON_WORKSPACE}/.company-agents/${name}`;
/** The task that this run is about, as it was when the run began. */
export const task = JSON.parse(readFileSync(file('task.json'), 'utf8'));

/** One call, made again under the same key until its answer is final. Throws, in Baton's words, why it is refused. */
export async function call(method, path, body) {
  const headers = {
    authorization: `Bearer ${BATON_API_KEY}`,
    'content-type': 'application/json',
    'idempotency-key': crypto.randomUUID(),
  };
  for (;;) {
    const request = { method, headers, ...(body && { body: JSON.stringify(body) }) };
    const response = await fetch(`${BATON_API_URL}${path}`, request).catch(() => undefined);
    if (response && !NOT_NOW.includes(response.status)) {
      const answer = await response.json();
      if (response.ok) return answer;
      throw new Error(`${answer.title}: ${answer.detail} ${answer.hint ?? ''}`);
    }
    await sleep(Number(response?.headers.get('retry-after') ?? 1) * 1000);
  }
}

const say = (what, body) => call('POST', `/v1/tasks/${BATON_TASK_ID}/runs/${BATON_RUN_ID}/${what}`, body);

/** A checkpoint: also how an agent says that it goes on at its next wake, if it exits then. */
export const report = (note) => say('progress', { note });
/** Hands in the work, which ends the run. */
export const handIn = (output, reasoning, memoryPromotions = []) =>
  say('complete', { output, reasoning, memoryPromotions });
/** A sub-task of this task, with sub-tasks of its own if it has any. */
export const delegate = (subtask) => call('POST', `/v1/tasks/${BATON_TASK_ID}/subtasks`, subtask);
/** The sub-tasks of a task with what they handed in, in their order. */
export async function resultsOf(taskId) {
  const { items } = await call('GET', `/v1/tasks/${taskId}/subtasks`);
  return await Promise.all(items.map(({ id }) => call('GET', `/v1/tasks/${id}`)));
}
