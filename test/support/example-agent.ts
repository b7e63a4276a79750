/** The agent of `examples/`, as a process of its own that knows nothing but HTTP. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Baton } from './processes.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const AGENT = fileURLToPath(new URL('../../examples/agent.ts', import.meta.url));

/** What it surveys. */
export const FOLDERS = ['workflows/rules', 'activities', 'worker', 'docker'];

/** Starts it on a task. It pauses after every folder, so that there is time for something to happen to it. */
export async function startAgent(
  baton: Baton,
  name: string,
  taskId: string,
  paceMs: number,
): Promise<ChildProcess> {
  return spawn(process.execPath, ['--import', import.meta.resolve('tsx'), AGENT, taskId], {
    cwd: ROOT,
    env: {
      ...process.env,
      BATON_URL: baton.url,
      BATON_TOKEN: await baton.token('agent', name),
      PACE_MS: `${paceMs}`,
    },
    stdio: 'ignore',
  });
}
