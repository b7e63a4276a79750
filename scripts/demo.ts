/**
 * `npm run demo`: real jobs on the running Baton by real processes. One agent starts a job and is killed midway, a second
 * takes over from its last checkpoint, a reviewer approves; then what happened is told from the task's own record. After
 * that a team that Baton launches does another one (see demo-team.ts).
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { readConfig } from '../api/config.ts';
import { tellStory } from './demo-story.ts';
import { playTeam } from './demo-team.ts';
import { findRun, withKeysOfRun } from './run-file.ts';
import { runScript } from './run-script.ts';
import { SetupError } from './setup-error.ts';
import { signToken } from './token.ts';

const HELP = `npm run demo

  Shows two jobs on the Baton that \`npm start\` runs: a task from its creation to its approval, with a crash in the middle;
  and one that a manager splits up among agents that Baton launches. About a minute and a half.
  --help   this text`;

const FOLDERS = ['workflows', 'activities', 'worker', 'api', 'scripts', 'examples'];
const LEASE_SECONDS = 5;
const KILL_AT_PERCENT = 40;
const GIVE_UP_MS = 120_000;

const JOB = {
  title: "Survey this repository's own files",
  description: 'Count the files and lines of each folder in the payload, and hand in a report.',
  payload: { folders: FOLDERS },
  lease: { seconds: LEASE_SECONDS },
  outputSchema: {
    type: 'object',
    required: ['folders', 'files'],
    properties: {
      files: { type: 'integer', minimum: 1 },
      folders: { type: 'object', required: FOLDERS, additionalProperties: { $ref: '#/$defs/count' } },
    },
    $defs: { count: { type: 'object', required: ['files', 'lines'] } },
  },
};

type Fetch = (method: string, path: string, body?: object) => Promise<any>;

async function main(): Promise<void> {
  if (process.argv.includes('--help')) return console.log(HELP);
  const config = await withKeysOfRun(readConfig());
  const run = await findRun(config.dataDir);
  if (!run) throw new SetupError('Baton does not run here yet. Start it in another terminal with: npm start');
  const tokenOf = (role: string, sub: string) => signToken(config, { role, sub, expires: '1h' });
  const call = caller(run.apiUrl, await tokenOf('operator', 'demo'));
  const start = async (role: string, sub: string, program: string, taskId: string) =>
    startProgram(sub, program, taskId, {
      BATON_URL: run.apiUrl,
      BATON_TOKEN: await tokenOf(role, sub),
      PACE_MS: '700',
    });

  say(`A task is created: "${JOB.title}". Its lease is ${LEASE_SECONDS} s.`);
  const { id, links } = await call('POST', '/v1/tasks', JOB);
  say(`Watch it in the Temporal UI: ${links.temporalUi}`);

  const ada = await start('agent', 'ada', 'agent.ts', id);
  await until(call, id, (task) => (task.lastProgress?.percent ?? 0) >= KILL_AT_PERCENT, ada);
  ada.kill('SIGKILL');
  say(
    `ada is killed with SIGKILL at more than ${KILL_AT_PERCENT} %. Nobody tells Baton; it notices by itself ...`,
  );
  const requeued = await until(call, id, (task) => task.status === 'queued');
  say(`Her lease lapsed and the task is queued again: ${requeued.standing}`);

  const ben = await start('agent', 'ben', 'agent.ts', id);
  await finished('ben', ben);
  const cleo = await start('reviewer', 'cleo', 'reviewer.ts', id);
  await finished('cleo', cleo);

  await tellStory(run.apiUrl, call, id);
  await playTeam({ call, say, launchersFile: config.runner.launchersFile });
}

const say = (line: string) => console.log(`\n${line}`);

function caller(apiUrl: string, token: string): Fetch {
  return async (method, path, body) => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const response = await fetch(apiUrl + path, {
      method,
      headers,
      ...(body && { body: JSON.stringify(body) }),
    });
    const answer: any = await response.json();
    if (!response.ok) throw new SetupError(`${answer.title}: ${answer.detail}`);
    return answer;
  };
}

/** Starts one of the examples as a process of its own, with its name before each line that it prints. */
function startProgram(
  name: string,
  program: string,
  taskId: string,
  env: Record<string, string>,
): ChildProcess {
  const file = fileURLToPath(new URL(`../examples/${program}`, import.meta.url));
  const child = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), file, taskId], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  say(`${name} starts as process ${child.pid}.`);
  for (const stream of [child.stdout, child.stderr]) {
    stream
      ?.setEncoding('utf8')
      .on('data', (text: string) => console.log(text.trimEnd().replace(/^/gm, `  ${name} | `)));
  }
  process.once('exit', () => child.kill('SIGKILL'));
  return child;
}

async function finished(name: string, child: ChildProcess): Promise<void> {
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new SetupError(`${name} ended with exit code ${code}; its last lines are above.`);
}

/** Reads the task until it is as wanted. Throws when that takes two minutes, or the process it waits for is gone. */
async function until(
  call: Fetch,
  id: string,
  wanted: (task: any) => boolean,
  child?: ChildProcess,
): Promise<any> {
  for (const end = Date.now() + GIVE_UP_MS; Date.now() < end; await sleep(200)) {
    const task = await call('GET', `/v1/tasks/${id}`);
    if (wanted(task)) return task;
    if (child && child.exitCode !== null) throw new SetupError('The agent ended before it could be killed.');
  }
  throw new SetupError('Nothing happened for two minutes; see the logs in .baton/logs.');
}

await runScript(import.meta.url, main);
