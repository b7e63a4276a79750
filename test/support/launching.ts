/** The activity of a runner in this process: real commands in real workspaces, without Temporal. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DefaultLogger } from '@temporalio/worker';
import { MockActivityEnvironment } from '@temporalio/testing';
import { createRunAgent } from '../../activities/run-agent.ts';
import type { RunAgentDeps } from '../../activities/run-agent.ts';
import type { RunPulse } from '../../activities/run-agent/pulse.ts';
import type { Exit, RunAgentInput } from '../../workflows/launch.ts';
import { createGuard } from '../../activities/run-agent/guard.ts';
import type { Guard } from '../../activities/run-agent/guard.ts';
import { createFindLauncher } from '../../activities/run-agent/launchers.ts';
import type { NoteKeeper } from '../../activities/run-agent/collect-memory.ts';
import { createOpenRuns } from '../../activities/run-agent/open-runs.ts';
import { processFinder } from '../../activities/run-agent/processes.ts';
import { createMintToken } from '../../activities/run-agent/run-token.ts';
import type { Definition } from '../../workflows/definition.ts';
import { emptyMemory } from '../../workflows/memory-record.ts';
import type { MemoryRecord, MemoryScope } from '../../workflows/memory-record.ts';
import { newTask } from '../../workflows/task-record.ts';
import type { Task } from '../../workflows/task-record.ts';
import { ada, at, olga } from './task-fixture.ts';

export const RUN_TOKENS = {
  secret: 'a secret of more than thirty-two characters',
  issuer: 'baton',
  audience: 'baton',
};

/** What is remembered, for as long as a test lasts. */
class RememberedHere implements NoteKeeper {
  readonly #texts = new Map<string, string[]>();

  /** Every text that stood there, the oldest first. */
  past = (scope: MemoryScope, id: string, company = 'acme'): string[] =>
    this.#texts.get(`${company}/${scope}/${id}`) ?? [];

  of = (scope: MemoryScope, id: string): string | undefined => this.past(scope, id).at(-1);

  put(scope: MemoryScope, id: string, text: string, company = 'acme'): void {
    this.#texts.set(`${company}/${scope}/${id}`, [...this.past(scope, id, company), text]);
  }

  find = async (company: string, scope: MemoryScope, id: string): Promise<MemoryRecord | undefined> => {
    const past = this.past(scope, id, company);
    const text = past.at(-1);
    if (text === undefined) return undefined;
    const version = past.length;
    const entry = { id: 'entry', text, by: ada, at: at(0), whole: true, version };
    return { ...emptyMemory({ scope, id, company }, at(0)), entries: [entry], version };
  };

  writeTask = async (company: string, taskId: string, text: string): Promise<void> => {
    this.put('task', taskId, text, company);
  };

  addToTask = async (company: string, taskId: string, text: string, { agent = '' } = {}): Promise<void> => {
    this.put(
      'task',
      taskId,
      `${this.past('task', taskId, company).at(-1) ?? ''}- ${agent}: ${text}\n`,
      company,
    );
  };
}

/** Programs for agents, as arguments of `sh -c` or `node -e`. */
export const sh = (script: string) => ({ command: 'sh', args: ['-c', script] });
export const node = (script: string) => ({ command: process.execPath, args: ['-e', script] });

type RunAgent = ReturnType<typeof createRunAgent>;

export class LaunchPad {
  readonly folder = mkdtempSync(join(tmpdir(), 'baton-launch-'));
  readonly launchersFile = join(this.folder, 'launchers.json');
  readonly workspaces = join(this.folder, 'workspaces');
  readonly openRuns = createOpenRuns(this.workspaces);
  readonly memory = new RememberedHere();
  readonly tasks = new Map<string, Task>();
  readonly #guard: Guard;

  private constructor(guard: Guard) {
    this.#guard = guard;
  }

  static async make(): Promise<LaunchPad> {
    return new LaunchPad(await createGuard());
  }

  remove(): void {
    this.#guard.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  get deps(): RunAgentDeps {
    return {
      findLauncher: createFindLauncher(this.launchersFile, () => {}),
      openRuns: this.openRuns,
      readTask: async (taskId) => this.tasks.get(taskId),
      readHistory: async () => ({ events: [] }),
      memories: this.memory,
      contextLimits: { hosts: new Set(), bytes: 100_000, milliseconds: 5_000 },
      apiUrl: 'http://127.0.0.1:3000',
      baseEnvironment: { PATH: process.env['PATH'], HOME: process.env['HOME'] },
      mintToken: createMintToken({ ...RUN_TOKENS, seconds: 600 }),
      guard: this.#guard,
      longestRunMs: 600_000,
    };
  }

  /** Lets the runner launch this, under any name. */
  offer(launcher: object, name = 'test'): void {
    writeFileSync(
      this.launchersFile,
      JSON.stringify({ launchers: { [name]: { companies: ['acme'], ...launcher } } }),
    );
  }

  /** A task of this definition, held by nobody yet. */
  task(definition: Partial<Definition> = {}, id: string = crypto.randomUUID()): Task {
    const input = {
      definition: { title: 'Count the beans', ...definition },
      company: 'acme',
      createdBy: olga,
    };
    const task = newTask(id, input, at(0));
    this.tasks.set(id, task);
    return task;
  }

  /** The activity of one runner. */
  activity(deps: Partial<RunAgentDeps> = {}): RunAgent {
    return createRunAgent({ ...this.deps, ...deps });
  }

  /** A run of this launcher, under way. */
  start(launcher: object, input: Partial<RunAgentInput> = {}, deps: Partial<RunAgentDeps> = {}): RunHere {
    this.offer(launcher);
    return this.startOffered(input, this.activity(deps));
  }

  /** A run of what was offered last; its task asks for it, or, without one, its agent, or whoever is named. */
  startOffered(input: Partial<RunAgentInput>, activity: RunAgent, askedBy?: string): RunHere {
    return new RunHere(this, activity, askedBy ?? input.taskId ?? 'agent/ada', {
      runId: crypto.randomUUID(),
      agentId: 'ada',
      company: 'acme',
      launcher: 'test',
      wake: { reason: 'assignment' },
      graceSeconds: 30,
      leaseSeconds: 60,
      ...input,
    });
  }
}

export class RunHere {
  readonly input: RunAgentInput;
  /** Also rejects as the activity does. */
  readonly result: Promise<Exit>;
  readonly pulses: RunPulse[] = [];
  readonly workspace: string;
  readonly #environment: MockActivityEnvironment;

  constructor(pad: LaunchPad, activity: RunAgent, workflowId: string, input: RunAgentInput) {
    this.input = input;
    this.workspace = pad.openRuns.workspaceOf(input.runId);
    const workflowExecution = { workflowId, runId: 'execution' };
    this.#environment = new MockActivityEnvironment(
      { workflowExecution },
      { logger: new DefaultLogger('ERROR') },
    );
    this.#environment.on('heartbeat', (pulse: RunPulse) => this.pulses.push(pulse));
    this.result = this.#environment.run(activity, input);
    this.result.catch(() => {});
  }

  cancel(reason?: 'CANCELLED' | 'WORKER_SHUTDOWN'): void {
    this.#environment.cancel(reason);
  }

  /** Resolves once the agent has made a file of this name in its workspace. */
  async reached(name: string): Promise<void> {
    while (!existsSync(join(this.workspace, name))) await new Promise((resolve) => setTimeout(resolve, 10));
  }

  read(path: string): string {
    return readFileSync(join(this.workspace, path), 'utf8');
  }

  /** Its processes that live now. */
  processes(): Promise<number[]> {
    return processFinder({ runId: this.input.runId })();
  }

  /** The failure with which it ends. */
  async failure(): Promise<Error & { type?: string; details?: unknown[] }> {
    return await this.result.then(
      (result) => {
        throw new Error(`It ended with ${JSON.stringify(result)}.`);
      },
      (error: Error) => error,
    );
  }
}
