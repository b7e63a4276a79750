/**
 * A reviewer over plain `fetch`: reads what was handed in, looks whether it is what was asked, and decides.
 *
 *   BATON_URL=http://127.0.0.1:3000 BATON_TOKEN=... npx tsx examples/reviewer.ts <task id>
 */
const { BATON_URL = 'http://127.0.0.1:3000', BATON_TOKEN = '' } = process.env;
const [, , taskId] = process.argv;
const headers = { authorization: `Bearer ${BATON_TOKEN}`, 'content-type': 'application/json' };

const task: any = await (await fetch(`${BATON_URL}/v1/tasks/${taskId}`, { headers })).json();
if (task.status !== 'review') throw new Error(`Nothing to review: the task is ${task.status}.`);
const { output, reasoning, agent } = task.submission;
console.log(`${agent} handed in ${output.files} files, and says: ${reasoning}`);

const missing = task.payload.folders.filter((folder: string) => !(folder in output.folders));
const decision =
  missing.length > 0
    ? { decision: 'request_changes', comment: `These folders are missing: ${missing.join(', ')}` }
    : { decision: 'approve', comment: 'Every folder is there. Thank you.' };
const answer = await fetch(`${BATON_URL}/v1/tasks/${taskId}/review`, {
  method: 'POST',
  headers: {
    ...headers,
    'idempotency-key': `review-of-${taskId}-${task.version}`,
    'if-match': `"${task.version}"`,
  },
  body: JSON.stringify(decision),
});
if (!answer.ok) throw new Error(((await answer.json()) as { detail: string }).detail);
// 202: received for good, but not confirmed yet; send the same again, under the same key, to know.
console.log(`${answer.status === 202 ? 'handed in' : 'decided'}: ${decision.decision}`);
