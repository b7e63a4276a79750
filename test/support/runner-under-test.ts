/** A runner in this process, which launches what the test offers, for tasks on a real server. */
import { writeFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NativeConnection } from '@temporalio/worker';
import { processFinder } from '../../activities/run-agent/processes.ts';
import type { RunPulse } from '../../activities/run-agent/pulse.ts';
import { createMintToken } from '../../activities/run-agent/run-token.ts';
import { readConfig } from '../../api/config.ts';
import { createLogger } from '../../api/logger.ts';
import { createRunner } from '../../worker/create-runner.ts';
import type { Runner } from '../../worker/create-runner.ts';
import { RUN_TOKENS } from './launching.ts';
import { patiently } from './patience.ts';
import type { RealTask } from './real-task.ts';
import { ada } from './task-fixture.ts';
import type { TestWorker } from './test-worker.ts';
import { temporalUnderTest } from './temporal.ts';

export class RunnerUnderTest {
  readonly name = crypto.randomUUID();
  readonly #folder = mkdtempSync(join(tmpdir(), 'baton-runner-'));
  #running: { runner: Runner; end: Promise<void>; connection: NativeConnection } | undefined;

  /** Starts it, as often as it was stopped; its tasks are those of this worker. */
  async start({ taskQueue }: TestWorker): Promise<void> {
    const { address, namespace } = temporalUnderTest();
    const connection = await NativeConnection.connect({ address });
    const { runner: settings } = readConfig({
      BATON_RUNNER_NAME: this.name,
      BATON_LAUNCHERS_FILE: this.#launchersFile,
      BATON_WORKSPACES_DIR: join(this.#folder, 'workspaces'),
      PATH: process.env['PATH'],
    });
    const mintToken = createMintToken({ ...RUN_TOKENS, seconds: 600 });
    const logger = createLogger('runner', 'silent');
    const runner = await createRunner({ connection, namespace, taskQueue, settings, mintToken, logger });
    this.#running = { runner, end: runner.run(), connection };
  }

  /** Tells it to stop, and waits until it has. */
  async stop(): Promise<void> {
    this.#running?.runner.shutdown();
    await this.#running?.end;
    await this.#running?.connection.close();
    this.#running = undefined;
  }

  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** What it launches from now on. */
  offer(launcher: object): void {
    writeFileSync(
      this.#launchersFile,
      JSON.stringify({ launchers: { test: { companies: ['acme'], ...launcher } } }),
    );
  }

  get #launchersFile(): string {
    return join(this.#folder, 'launchers.json');
  }

  /** A run of this task by ada, who is launched here. */
  async launch(task: RealTask, launcher = 'test'): Promise<LaunchedRun> {
    const runId = crypto.randomUUID();
    const wake = { reason: 'assignment' };
    await task.do('claim', ada, { runId, launch: { runner: this.name, launcher, wake } });
    return new LaunchedRun(task, runId);
  }
}

export class LaunchedRun {
  readonly task: RealTask;
  readonly id: string;

  constructor(task: RealTask, id: string) {
    this.task = task;
    this.id = id;
  }

  /** Its processes that live now. */
  processes = (): Promise<number[]> => processFinder({ runId: this.id })();

  /** What its heartbeats say by now; undefined once it is over. */
  async pulse(): Promise<RunPulse | undefined> {
    const { pendingActivities } = (await this.task.handle.describe()).raw;
    const own = pendingActivities?.find(({ activityId }) => activityId === this.id);
    const data = own?.heartbeatDetails?.payloads?.[0]?.data;
    return data ? (JSON.parse(Buffer.from(data).toString()) as RunPulse) : undefined;
  }

  /** Waits until a heartbeat tells that this was printed. */
  async untilPrinted(text: string): Promise<RunPulse> {
    const printed = async () => {
      const pulse = await this.pulse();
      return pulse?.tail.includes(text) && pulse;
    };
    return await patiently(printed, `It never printed ${text}.`);
  }
}
