/**
 * A whole agent over plain `fetch`: claims a task, keeps its lease alive, reports checkpoints, hands in a report. Its
 * work is to survey the folders that the task names; where another run left off, it goes on.
 *
 *   BATON_URL=http://127.0.0.1:3000 BATON_TOKEN=... npx tsx examples/agent.ts [task id]
 */
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const { BATON_URL = 'http://127.0.0.1:3000', BATON_TOKEN = '', PACE_MS = '0' } = process.env;

/** One call. A refusal says in words what to do, so it is what this agent throws. */
async function call(method: string, path: string, body?: object): Promise<any> {
  const headers = {
    authorization: `Bearer ${BATON_TOKEN}`,
    'content-type': 'application/json',
    // Makes a request safe to send again when its answer was lost.
    'idempotency-key': crypto.randomUUID(),
  };
  const response = await fetch(BATON_URL + path, {
    method,
    headers,
    ...(body && { body: JSON.stringify(body) }),
  });
  const answer: any = await response.json();
  if (!response.ok) throw new Error(`${answer.title}: ${answer.detail} ${answer.hint ?? ''}`);
  return answer;
}

async function work(taskId: string): Promise<void> {
  const { task, run } = await call('POST', `/v1/tasks/${taskId}/claim`, {});
  const at = `/v1/tasks/${taskId}/runs/${run.id}`;
  console.log(`claimed "${task.title}", attempt ${task.run.attempt}`);
  const heart = setInterval(
    () => void call('POST', `${at}/heartbeat`).then(({ stop }) => stop && process.exit(1), console.error),
    (run.leaseSeconds * 1000) / 3,
  );

  // What the run before had found stands in its last checkpoint, one folder a line.
  const found = new Map<string, { files: number; lines: number }>();
  for (const [, folder, files, lines] of (task.lastProgress?.note ?? '').matchAll(
    /^(\S+): (\d+) files, (\d+) lines$/gm,
  )) {
    found.set(folder, { files: Number(files), lines: Number(lines) });
  }
  const folders: string[] = task.payload.folders;
  const left = folders.filter((folder) => !found.has(folder));
  const note = () =>
    [...found].map(([name, { files, lines }]) => `${name}: ${files} files, ${lines} lines`).join('\n');
  const percent = () => Math.round((100 * found.size) / folders.length);
  const understanding = `Count files and lines of ${folders.length} folders; ${found.size} are done already.`;
  await call('POST', `${at}/progress`, {
    understanding,
    note: note(),
    plan: left.join(', '),
    percent: percent(),
  });

  for (const folder of left) {
    const files = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((file) =>
      file.isFile(),
    );
    const texts = await Promise.all(files.map((file) => readFile(join(file.parentPath, file.name), 'utf8')));
    found.set(folder, {
      files: files.length,
      lines: texts.reduce((sum, text) => sum + text.split('\n').length, 0),
    });
    console.log(`surveyed ${folder}`);
    await sleep(Number(PACE_MS));
    await call('POST', `${at}/progress`, { note: note(), percent: percent() });
  }

  clearInterval(heart);
  const output = {
    folders: Object.fromEntries(found),
    files: [...found.values()].reduce((sum, { files }) => sum + files, 0),
  };
  const reasoning = `Read every file below ${folders.join(', ')}; ${folders.length - left.length} folders were known from the run before.`;
  await call('POST', `${at}/complete`, { output, reasoning });
  console.log(`handed in: ${output.files} files in ${found.size} folders`);
}

const taskId = process.argv[2] ?? (await call('GET', '/v1/tasks?status=queued')).items.at(-1)?.id;
if (taskId) await work(taskId);
else console.log('Nothing is queued.');
