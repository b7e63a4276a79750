/** Gets a run ready: what is to be launched, with which environment, in which workspace. Nothing runs yet. */
import type { Task } from '../../workflows/task-record.ts';
import type { NoteKeeper } from './collect-memory.ts';
import { gatherContext } from './context-files.ts';
import type { FetchLimits } from './context-files.ts';
import type { RunAgentInput } from '../../workflows/launch.ts';
import { environmentOf } from './environment.ts';
import { launchFailure, needed } from './failures.ts';
import type { Command } from './launch.ts';
import type { FindLauncher } from './launchers.ts';
import { recall } from './recall.ts';
import type { OpenRun, OpenRuns } from './open-runs.ts';
import { pastRuns } from './past-runs.ts';
import type { ReadHistory } from './past-runs.ts';
import { isSafeName } from './safe-path.ts';
import { workspaceFiles } from './workspace-files.ts';
import { makeWorkspace } from './workspace.ts';

export interface PrepareDeps {
  findLauncher: FindLauncher;
  openRuns: OpenRuns;
  /** The task as its workflow has it; undefined when it is gone. */
  readTask: (taskId: string) => Promise<Task | undefined>;
  readHistory: ReadHistory;
  memories: NoteKeeper;
  contextLimits: FetchLimits;
  /** How agents reach the API. */
  apiUrl: string;
  /** What every program needs of the runner's own environment. */
  baseEnvironment: NodeJS.ProcessEnv;
}

export interface Prepared {
  command: Command;
  run: OpenRun;
}

/**
 * Throws a launch failure, and leaves nothing behind then. `holdsTask`: what the agent writes about the task stands
 * in place of what was there.
 */
export async function prepare(
  deps: PrepareDeps,
  input: RunAgentInput,
  { token, holdsTask, signal }: { token: string; holdsTask: boolean; signal: AbortSignal },
): Promise<Prepared> {
  const { runId, agentId, company, taskId, wake } = input;
  if (!isSafeName(runId))
    throw launchFailure('not_prepared', `A run can't be called ${JSON.stringify(runId)}.`);
  const launcher = await deps.findLauncher(input.launcher, company);
  const task = taskId === undefined ? undefined : await readKnown(deps, taskId);
  const { definition, parent, follows } = task ?? {};
  const context = await gatherContext(definition?.context ?? [], deps.contextLimits, signal);
  const [past, parentTask, previous, memory] = await needed(
    'What the agent is to know could not be read',
    Promise.all([
      task && task.endedRuns.length > 0 ? pastRuns(deps.readHistory, task.id) : undefined,
      parent && deps.readTask(parent.id),
      follows && deps.readTask(follows.task),
      recall(deps.memories, input, task),
    ]),
  );
  signal.throwIfAborted();

  const workspace = deps.openRuns.workspaceOf(runId);
  const files = workspaceFiles({
    task,
    past,
    parent: parentTask,
    previous,
    context,
    memory,
    wake,
    holdsTask,
  });
  const about =
    taskId !== undefined && memory.task ? { taskId, isHeld: holdsTask, memory: memory.task } : undefined;
  const run = { runId, agentId, company, ...(about && { about }) };
  const written = makeWorkspace(workspace, files).then(() => deps.openRuns.open(run));
  await needed('The workspace could not be made', written);
  const env = environmentOf(
    input,
    { base: deps.baseEnvironment, apiUrl: deps.apiUrl, token, workspace },
    launcher.env,
  );
  return {
    run,
    command: { command: launcher.command, args: launcher.args, env, cwd: launcher.cwd ?? workspace },
  };
}

async function readKnown({ readTask }: PrepareDeps, taskId: string): Promise<Task> {
  const task = await needed('The task could not be read', readTask(taskId));
  if (task) return task;
  throw launchFailure('not_prepared', `There is no task ${taskId} any more.`);
}
