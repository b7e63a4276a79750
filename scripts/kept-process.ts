/**
 * A process of the app that comes back: when it dies it is started again, as another machine's supervisor would, until
 * it dies too often to believe in. What is on its way through Temporal meanwhile waits there.
 */
import { existsSync, renameSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { startAppProcess, type AppProcess, type AppProcessOptions } from './app-process.ts';

const PAUSE_MS = 1_000;
const DEATHS_TO_GIVE_UP = 3;
const WITHIN_MS = 60_000;

export type KeptProcessOptions = AppProcessOptions & {
  /** It has died and will be started again; `why` is one line. */
  readonly onDeath: (why: string) => void;
  /** It serves again, as another process. */
  readonly onReturn: () => void;
  /** It has died so often that it is not started any more; `why` includes its last words. */
  readonly onGivingUp: (why: string) => void;
};

export class KeptProcess {
  readonly #options: KeptProcessOptions;
  readonly #stopping = new AbortController();
  #current: AppProcess;
  #deaths: number[] = [];

  /** Starts it; it loads, and waits for `begin`. The log of the last time is kept as `*.previous.log`. */
  constructor(options: KeptProcessOptions) {
    const { logFile } = options;
    if (existsSync(logFile)) renameSync(logFile, logFile.replace(/\.log$/, '.previous.log'));
    this.#options = options;
    this.#current = startAppProcess(options);
  }

  get pid(): number | undefined {
    return this.#current.pid;
  }

  /** Lets it serve, and keeps it serving from then on. Throws a `SetupError` when it does not get that far once. */
  async begin(): Promise<void> {
    await this.#current.begin();
    void this.#keep();
  }

  /** Ends it for good. Never throws. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#current.stop();
  }

  async #keep(): Promise<void> {
    const { signal } = this.#stopping;
    for (;;) {
      const why = await this.#current.ended;
      if (signal.aborted) return;
      if (this.#diesTooOften()) {
        const often = `That was the ${DEATHS_TO_GIVE_UP}rd time within a minute, so everything stops.`;
        return this.#options.onGivingUp(`${why} ${often}\n${this.#current.lastWords()}`);
      }
      this.#options.onDeath(why);
      await sleep(PAUSE_MS, undefined, { signal }).catch(() => {});
      if (signal.aborted) return;
      this.#current = startAppProcess(this.#options);
      await this.#current.begin().then(this.#options.onReturn, () => this.#current.stop());
    }
  }

  #diesTooOften(): boolean {
    const now = Date.now();
    this.#deaths = [...this.#deaths.filter((at) => now - at < WITHIN_MS), now];
    return this.#deaths.length >= DEATHS_TO_GIVE_UP;
  }
}
