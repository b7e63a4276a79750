/**
 * A whole agent over plain `fetch`: claims a task, keeps its lease alive, reports checkpoints, hands in a report, and
 * lets go when it is told to. Its work is to survey the folders that the task names, from where another run left off.
 *
 *   BATON_URL=http://127.0.0.1:3000 BATON_TOKEN=... npx tsx examples/agent.ts [task id]
 */
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const { BATON_URL = 'http://127.0.0.1:3000', BATON_TOKEN = '', PACE_MS = '0' } = process.env;

/** One call, made again under the same key until its answer is final. Throws, in Baton's words, why it is refused. */
async function call(method: string, path: string, body?: object): Promise<any> {
  const identity = { authorization: `Bearer ${BATON_TOKEN}`, 'idempotency-key': crypto.randomUUID() };
  const headers = { ...identity, 'content-type': 'application/json' };
  for (;;) {
    const request = { method, headers, ...(body && { body: JSON.stringify(body) }) };
    const response = await fetch(BATON_URL + path, request).catch(() => undefined);
    if (response && ![429, 502, 503, 504].includes(response.status)) {
      const answer: any = await response.json();
      // Received for good, but nobody has looked at it yet: what becomes of it is told there.
      if (response.status === 202) return await call('GET', answer.links.self);
      const refusal = response.ok ? answer.problem : answer;
      if (!refusal) return answer;
      throw new Error(`${refusal.title}: ${refusal.detail} ${refusal.hint ?? ''}`);
    }
    await sleep(Number(response?.headers.get('retry-after') ?? 2) * 1000);
  }
}

const taskId = process.argv[2] ?? (await call('GET', '/v1/tasks?status=queued')).items.at(-1)?.id;
if (!taskId) throw new Error('Nothing is queued.');
const { task, run } = await call('POST', `/v1/tasks/${taskId}/claim`);
console.log(`claimed "${task.title}", attempt ${task.run.attempt}`);

/** Speaks for the run. That it is refused means that the run is over, and ends this process. */
async function tell(what: string, body?: object): Promise<void> {
  const at = `/v1/tasks/${taskId}/runs/${run.id}`;
  const { stop } = await call('POST', `${at}/${what}`, body);
  if (!stop) return;
  console.log(`told to stop: ${stop.reason}`);
  await call('POST', `${at}/release`, { comment: `I was told to stop: ${stop.reason}.` });
  process.exit(1);
}

let isHandingIn = false;
async function keepAlive(): Promise<never> {
  for (;;) {
    await sleep((run.leaseSeconds * 1000) / 3, undefined, { ref: false });
    // What is handed in ends the run, too, and may have done so before that was answered.
    await tell('heartbeat').catch((error: unknown) => {
      if (!isHandingIn) throw error;
    });
  }
}
void keepAlive();

// What the run before had found stands in its last checkpoint, one folder a line.
const found = new Map<string, { files: number; lines: number }>();
const known = (task.lastProgress?.note ?? '').matchAll(/^(\S+): (\d+) files, (\d+) lines$/gm);
for (const [, folder, files, lines] of known)
  found.set(folder, { files: Number(files), lines: Number(lines) });
const folders: string[] = task.payload.folders;
const left = folders.filter((folder) => !found.has(folder));
const checkpoint = () => ({
  note: [...found].map(([name, { files, lines }]) => `${name}: ${files} files, ${lines} lines`).join('\n'),
  percent: Math.round((100 * found.size) / folders.length),
});
const understanding = `Count files and lines of ${folders.length} folders; ${found.size} are done already.`;
await tell('progress', { understanding, plan: left.join(', '), ...checkpoint() });

for (const folder of left) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((file) => join(file.parentPath, file.name));
  const texts = await Promise.all(files.map((file) => readFile(file, 'utf8')));
  found.set(folder, { files: files.length, lines: texts.flatMap((text) => text.split('\n')).length });
  console.log(`surveyed ${folder}`);
  await sleep(Number(PACE_MS));
  await tell('progress', checkpoint());
}

isHandingIn = true;
const total = [...found.values()].reduce((sum, { files }) => sum + files, 0);
const reasoning = `Read every file below ${folders.join(', ')}; ${folders.length - left.length} folders were known from the run before.`;
await tell('complete', { output: { folders: Object.fromEntries(found), files: total }, reasoning });
console.log(`handed in: ${total} files in ${found.size} folders`);
