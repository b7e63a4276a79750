/**
 * A Baton of real processes, to be killed: the worker, the API and a runner as `npm start` runs them, on the Temporal server
 * that all tests share or on one of its own with a SQLite file. Each comes back on the same port with the same data;
 * none of them outlives the test run.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { readConfig } from '../../api/config.ts';
import { startAppProcess, type AppProcess } from '../../scripts/app-process.ts';
import { freePort } from '../../scripts/ports.ts';
import { prepareNamespace } from '../../scripts/prepare-namespace.ts';
import { environmentWith, withoutTemporalProfile } from '../../scripts/settings.ts';
import { startTemporalServer, type TemporalServer } from '../../scripts/temporal-server.ts';
import { signToken } from '../../scripts/token.ts';
import { PatientClient } from './patient-client.ts';
import { temporalUnderTest } from './temporal.ts';

type Variables = Record<string, string | undefined>;

/** A process that can be killed and started again. */
export type Part = {
  /** Nothing happens when it runs. */
  start(): Promise<void>;
  /** SIGKILL; resolves once it is gone. */
  kill(): Promise<void>;
  /** SIGTERM; resolves, once it is gone, with how it ended. */
  terminate(): Promise<string>;
  /** Any other signal, such as SIGSTOP and SIGCONT. */
  signal(name: NodeJS.Signals): void;
};

export type BatonOptions = {
  /** A Temporal server of its own, which may be killed. */
  readonly ownServer?: boolean;
  /** Where the API finds Temporal, if not at the server itself. */
  readonly apiReachesTemporalAt?: string;
  readonly variables?: Variables;
};

export class Baton {
  readonly temporal: Part;
  readonly worker: Part;
  readonly api: Part;
  /** Not started yet. */
  readonly runner: Part;
  readonly runnerName = crypto.randomUUID();
  readonly taskQueue = `test-${crypto.randomUUID()}`;
  readonly temporalAddress: string;
  /** Where others use the same server, its people and agents see their own tasks alone. */
  readonly #company = `company-${crypto.randomUUID()}`;
  readonly #folder: string;
  readonly #variables: Variables;
  readonly #parts: App[] = [];
  #url = '';
  #connection: Connection | undefined;

  private constructor(folder: string, temporalAddress: string, temporal: Part, options: BatonOptions) {
    this.#folder = folder;
    this.temporal = temporal;
    this.temporalAddress = temporalAddress;
    this.#variables = {
      ...withoutTemporalProfile(folder),
      TEMPORAL_ADDRESS: temporalAddress,
      TEMPORAL_NAMESPACE: temporalUnderTest().namespace,
      BATON_TASK_QUEUE: this.taskQueue,
      BATON_DATA_DIR: folder,
      BATON_TEMPORAL_UI_URL: temporalUnderTest().uiUrl,
      BATON_JWT_SECRET: crypto.randomUUID(),
      BATON_JWKS_URL: '',
      BATON_HOST: '127.0.0.1',
      BATON_PORT: '0',
      BATON_PUBLIC_URL: '',
      BATON_ENGINE_TIMEOUT_SECONDS: '2',
      BATON_RUNNER_NAME: this.runnerName,
      BATON_LAUNCHERS_FILE: '',
      BATON_WORKSPACES_DIR: '',
      BATON_API_URL: '',
      ...options.variables,
    };
    this.worker = this.anotherWorker();
    const { apiReachesTemporalAt } = options;
    this.api = this.#app('api', 'api/main.ts', 'api/create-app.ts', {
      ...(apiReachesTemporalAt && { TEMPORAL_ADDRESS: apiReachesTemporalAt }),
    });
    this.runner = this.#app('runner', 'worker/runner.ts', 'worker/create-runner.ts');
  }

  /** Starts all of it; ready once the API serves and the worker works. */
  static async start(options: BatonOptions = {}): Promise<Baton> {
    const folder = mkdtempSync(join(tmpdir(), 'baton-processes-'));
    const own = options.ownServer ? await ownServer(folder) : sharedServer();
    const baton = new Baton(folder, own.address, own.part, options);
    try {
      await Promise.all([baton.worker.start(), baton.api.start()]);
    } catch (error) {
      await baton.stop();
      throw error;
    }
    return baton;
  }

  /** Where the API is; the same after every restart. */
  get url(): string {
    return this.#url;
  }

  /** The environment of its processes. */
  get environment(): NodeJS.ProcessEnv {
    return environmentWith(this.#variables);
  }

  /** A second worker on the same task queue, not started yet. */
  anotherWorker(): Part {
    return this.#app('worker', 'worker/main.ts', 'worker/create-worker.ts');
  }

  /** Lets its runner launch these from now on, by their names. */
  offer(launchers: Record<string, object>): void {
    const ours = Object.entries(launchers).map(([name, each]) => [
      name,
      { companies: [this.#company], ...each },
    ]);
    const text = JSON.stringify({ launchers: Object.fromEntries(ours) as object });
    writeFileSync(join(this.#folder, 'launchers.json'), text);
  }

  token(role: 'agent' | 'reviewer' | 'operator', sub: string): Promise<string> {
    return signToken(readConfig(this.environment), { role, sub, company: this.#company, expires: '1h' });
  }

  /** Somebody who calls the API. */
  async client(role: 'agent' | 'reviewer' | 'operator', sub: string): Promise<PatientClient> {
    return new PatientClient(this.#url, await this.token(role, sub));
  }

  /** A client that looks past the API. */
  async temporalClient(): Promise<Client> {
    this.#connection ??= await Connection.connect({ address: this.temporalAddress });
    return new Client({ connection: this.#connection, namespace: temporalUnderTest().namespace });
  }

  /** Ends every process and forgets the data. */
  async stop(): Promise<void> {
    await this.#connection?.close();
    await Promise.all(this.#parts.map((part) => part.kill()));
    await this.temporal.kill();
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 50, retryDelay: 100 });
  }

  #app(name: string, main: string, preload: string, variables: Variables = {}): Part {
    const logFile = join(this.#folder, `${name}-${this.#parts.length}.log`);
    const part = new App(() =>
      startAppProcess({
        name,
        main: new URL(`../../${main}`, import.meta.url).href,
        preload: new URL(`../../${preload}`, import.meta.url).href,
        env: environmentWith({ ...this.#variables, ...variables }),
        logFile,
        verbose: false,
      }),
    );
    part.onReady = (url) => {
      if (!url) return;
      this.#url = url;
      this.#variables['BATON_PORT'] = new URL(url).port;
    };
    this.#parts.push(part);
    return part;
  }
}

class App implements Part {
  readonly #launch: () => AppProcess;
  #running: AppProcess | undefined;
  onReady: (url: string | undefined) => void = () => {};

  constructor(launch: () => AppProcess) {
    this.#launch = launch;
  }

  async start(): Promise<void> {
    if (this.#running) return;
    this.#running = this.#launch();
    const { url } = await this.#running.begin();
    this.onReady(url);
  }

  async kill(): Promise<void> {
    this.signal('SIGKILL');
    await this.#running?.ended;
    this.#running = undefined;
  }

  async terminate(): Promise<string> {
    this.signal('SIGTERM');
    const end = (await this.#running?.ended) ?? '';
    this.#running = undefined;
    return end;
  }

  signal(name: NodeJS.Signals): void {
    try {
      if (this.#running?.pid !== undefined) process.kill(this.#running.pid, name);
    } catch {
      // It has ended by itself.
    }
  }
}

/** The shared server stays up, whatever a test wants. */
function sharedServer(): { address: string; part: Part } {
  const refuse = () => {
    throw new Error('The Temporal server is shared; ask for one of your own.');
  };
  const part: Part = { start: refuse, kill: async () => {}, terminate: refuse, signal: refuse };
  return { address: temporalUnderTest().address, part };
}

async function ownServer(folder: string): Promise<{ address: string; part: Part }> {
  const { binary, namespace } = temporalUnderTest();
  const port = await freePort();
  let server: TemporalServer | undefined;
  const start = async () => {
    if (server) return;
    server = await startTemporalServer({
      binary,
      port,
      databaseFile: join(folder, 'temporal.db'),
      synchronous: 'NORMAL',
      logFile: join(folder, 'temporal.log'),
    });
  };
  await start();
  const address = `127.0.0.1:${port}`;
  const connection = await Connection.connect({ address });
  await prepareNamespace(connection, { namespace, retentionDays: 365 });
  await connection.close();
  const part: Part = {
    start,
    kill: async () => {
      await server?.kill();
      server = undefined;
    },
    terminate: async () => {
      await server?.stop();
      server = undefined;
      return 'stopped';
    },
    signal: (name) => void server?.process.kill(name),
  };
  return { address, part };
}
