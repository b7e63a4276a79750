/**
 * The second part of `npm run demo`: a team of agents that Baton launches. A manager splits a job up among workers, one
 * of which dies in the middle; a reviewer sends part of it back; at last all of it is approved.
 */
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { SetupError } from './setup-error.ts';

type Fetch = (method: string, path: string, body?: object) => Promise<any>;

interface Team {
  /** As an operator, who is also the reviewer here. */
  call: Fetch;
  say: (line: string) => void;
  /** The file from which the runner reads what it may launch. */
  launchersFile: string;
}

const REPOSITORY = fileURLToPath(new URL('..', import.meta.url));
const WRITERS = ['will', 'wanda'];
const AGENTS = [
  { id: 'mara', role: 'manager', launcher: 'demo-manager' },
  { id: 'will', role: 'writer', launcher: 'demo-worker', reportsTo: 'mara' },
  { id: 'wanda', role: 'writer', launcher: 'demo-worker', reportsTo: 'mara' },
  { id: 'carl', role: 'checker', launcher: 'demo-worker', reportsTo: 'mara' },
];
const WISH = 'Say in the first line how many files there are.';
const GIVE_UP_MS = 240_000;

/** Plays it on the running Baton, and shows what came of it. Throws when that takes more than four minutes. */
export async function playTeam({ call, say, launchersFile }: Team): Promise<void> {
  allow(launchersFile);
  say(
    `The runner may launch two more programs now, by ${launchersFile}: a manager and a worker. Mara manages, Will and Wanda write, Carl checks.`,
  );
  for (const { id, launcher, ...profile } of AGENTS) {
    const name = id.charAt(0).toUpperCase() + id.slice(1);
    await call('PUT', `/v1/agents/${id}`, { name, ...profile, adapter: { type: 'process', launcher } });
  }
  const files = readdirSync(REPOSITORY).filter((name) => name.endsWith('.md'));
  const job = await call('POST', '/v1/tasks', {
    title: 'An overview of the Markdown files of this repository',
    mode: 'sequence',
    assignee: 'mara',
    project: 'demo',
    payload: { folder: REPOSITORY, files, writers: WRITERS, checker: 'carl', crashesOn: files[1] },
  });
  say(`A job for mara, the manager: "${job.title}". Watch it: ${job.links.temporalUi}`);
  const seen = new Map<string, string>();
  for (const end = Date.now() + GIVE_UP_MS; Date.now() < end; await sleep(300)) {
    const tree = await treeOf(call, job.id);
    tellNews(seen, tree);
    for (const task of tree) await decide(call, say, task);
    if (tree[0]?.status === 'done') return showResult(tree[0]);
  }
  const { standing } = await call('GET', `/v1/tasks/${job.id}`);
  throw new SetupError(`It did not come to its end: ${standing} See .baton/logs.`);
}

/** Lets the runner launch the programs of the team. What the file has otherwise stays. */
function allow(launchersFile: string): void {
  const { launchers = {} } = existsSync(launchersFile) ? JSON.parse(readFileSync(launchersFile, 'utf8')) : {};
  const launcher = (program: string) => ({
    command: process.execPath,
    args: [join(REPOSITORY, 'examples', 'team', program)],
  });
  const added = { 'demo-manager': launcher('manager.mjs'), 'demo-worker': launcher('worker.mjs') };
  writeFileSync(launchersFile, `${JSON.stringify({ launchers: { ...launchers, ...added } }, null, 2)}\n`);
}

/** The task and all below it, as they are now. */
async function treeOf(call: Fetch, id: string): Promise<any[]> {
  const task = await call('GET', `/v1/tasks/${id}`);
  const below = await Promise.all(task.children.map((child: { id: string }) => treeOf(call, child.id)));
  return [task, ...below.flat()];
}

/** A line for each task of which there is something new. */
function tellNews(seen: Map<string, string>, tree: readonly any[]): void {
  for (const { id, title, status, standing, lastFailure } of tree) {
    const failed = lastFailure && status === 'queued' ? ` ${lastFailure.message.split(/(?<=\.) /)[0]}` : '';
    const news = `${standing}${failed}`;
    if (seen.get(id) === news) continue;
    seen.set(id, news);
    console.log(`  ${title.padEnd(52)} ${news}`);
  }
}

/** What the reviewer does: sends the first overview back, and approves what comes then. */
async function decide(call: Fetch, say: (line: string) => void, { id, title, status, links, children }: any) {
  if (status !== 'review') return;
  const isFirst = children.length === 0 && !links.follows;
  if (isFirst) say(`The reviewer sends "${title}" back: ${WISH}`);
  else say(`The reviewer approves "${title}".`);
  const verdict = isFirst
    ? { decision: 'request_changes', comment: WISH }
    : { decision: 'approve', comment: 'Good.' };
  await call('POST', `/v1/tasks/${id}/review`, verdict);
}

function showResult({ submission: { output, memoryPromotions } }: any): void {
  console.log(`\nThe overview that was accepted:\n\n${output.overview.replace(/^/gm, '  ')}`);
  console.log(`\nChecked: ${output.check.complete ? 'it is complete' : `it lacks ${output.check.missing}`}.`);
  console.log(`Remembered for the project "demo", at /v1/memory/project/demo: ${memoryPromotions[0].text}`);
}
