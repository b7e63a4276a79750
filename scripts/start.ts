/**
 * `npm start`: a Temporal server with its data in `.baton/`, then the worker, the API and a runner, each a process of its own.
 * Those come back when they die; the end of the server, whose data all of it is about, ends all.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Connection } from '@temporalio/client';
import { readConfig } from '../api/config.ts';
import { connect } from '../api/temporal-connection.ts';
import { KeptProcess } from './kept-process.ts';
import { prepareNamespace } from './prepare-namespace.ts';
import { removeRunInfo, writeRunInfo } from './run-file.ts';
import { runScript } from './run-script.ts';
import { readSettings } from './settings.ts';
import { explain, SetupError } from './setup-error.ts';
import { planStart, type StartPlan } from './start-plan.ts';
import { findTemporalBinary } from './temporal-binary.ts';
import { startTemporalServer, type TemporalServer } from './temporal-server.ts';
import { welcome } from './welcome.ts';

const HELP = `npm start [-- --verbose]     (npm run dev is the same with --verbose)

Starts a Temporal server, the worker, the API and a runner on this machine, and stops them on Ctrl-C.

  --verbose   show their logs here, too
  --help      this text

Variables: BATON_PORT (3000), BATON_TEMPORAL_PORT (7233), BATON_TEMPORAL_UI_PORT (8233), BATON_DATA_DIR (.baton),
BATON_SQLITE_SYNCHRONOUS (FULL or NORMAL), TEMPORAL_CLI_PATH, and TEMPORAL_ADDRESS to use a running Temporal cluster.
api/config.ts and scripts/settings.ts list them all.`;

/** What runs by now. */
class Running {
  plan?: StartPlan;
  api?: KeptProcess;
  worker?: KeptProcess;
  runner?: KeptProcess;
  temporal?: TemporalServer;
  #leaving = false;

  /** Stops everything and ends this process. Only the first call counts. */
  async leave(code: number, message: string): Promise<void> {
    if (this.#leaving) return;
    this.#leaving = true;
    console.error(message);
    // First the agents, who may have something to tell, then no new work, then the work at hand, then what all need.
    await this.runner?.stop();
    await this.api?.stop();
    await this.worker?.stop();
    await this.temporal?.stop();
    if (this.plan && this.api) removeRunInfo(this.plan.dataDir);
    process.exit(code);
  }
}

async function main(): Promise<void> {
  const options = { verbose: { type: 'boolean' }, help: { type: 'boolean' } } as const;
  const { verbose = false, help } = parseArgs({ options }).values;
  if (help) {
    console.log(HELP);
    return;
  }
  const running = new Running();
  // Pressed once, Ctrl-C may arrive twice: from the terminal and again from npm. Stopping is bounded anyway.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => void running.leave(0, 'Stopping ...'));
  }
  try {
    await start(running, verbose);
  } catch (error) {
    await running.leave(1, explain(error));
  }
}

async function start(running: Running, verbose: boolean): Promise<void> {
  const config = readConfig();
  const settings = readSettings();
  const plan = (running.plan = await planStart(config, settings));
  const binary = plan.server && (await findTemporalBinary(settings, console.log));
  // They load while Temporal starts, and begin when it is ready.
  const worker = (running.worker = launch(running, plan, 'worker', verbose));
  const api = (running.api = launch(running, plan, 'api', verbose));
  if (plan.server && binary) {
    const temporal = (running.temporal = await startTemporalServer({ ...plan.server, binary }));
    const why = `The Temporal server ended. Its output is in ${plan.server.logFile}.`;
    temporal.process.once('exit', () => void running.leave(1, why));
  }
  const connection = await reach(plan);
  await prepareNamespace(connection, config.temporal);
  await connection.close();
  await Promise.all([api.begin(), worker.begin()]);
  // Nobody has to wait for it.
  const runner = (running.runner = launch(running, plan, 'runner', verbose));
  announce(running, plan);
  const { apiUrl, temporalUiUrl, dataDir, jwt } = plan;
  const { namespace } = config.temporal;
  // The clock of this process began with it, so this includes everything the user waited for.
  const seconds = performance.now() / 1000;
  const ownTokens = jwt.jwksUrl === undefined;
  console.log(welcome({ apiUrl, temporalUiUrl, namespace, dataDir, seconds, ownTokens }));
  await runner.begin();
}

/** Tells the commands of other terminals where everything is now. */
function announce({ api, worker, runner, temporal }: Running, plan: StartPlan): void {
  const { dataDir, apiUrl, temporalAddress, temporalUiUrl, jwt } = plan;
  const parts = { worker: worker?.pid, api: api?.pid, runner: runner?.pid, temporal: temporal?.process.pid };
  const pids = { start: process.pid, ...parts };
  writeRunInfo(dataDir, { apiUrl, temporalAddress, temporalUiUrl, jwt, pids });
}

async function reach({ server, temporalAddress: address }: StartPlan): Promise<Connection> {
  if (server) return Connection.connect({ address });
  return connect(address).catch((cause: Error) => {
    throw new SetupError(`TEMPORAL_ADDRESS: no Temporal server answers at ${address} (${cause.message})`, {
      cause,
    });
  });
}

/** The program of each part, and the module that pulls in all that is heavy about it. */
const PROGRAMS = {
  worker: ['worker/main.ts', 'worker/create-worker.ts'],
  api: ['api/main.ts', 'api/create-app.ts'],
  runner: ['worker/runner.ts', 'worker/create-runner.ts'],
} as const;

function launch(running: Running, plan: StartPlan, name: keyof typeof PROGRAMS, verbose: boolean) {
  const logFile = join(plan.logsDir, `${name}.log`);
  const [main, preload] = PROGRAMS[name].map((path) => new URL(`../${path}`, import.meta.url).href) as [
    string,
    string,
  ];
  return new KeptProcess({
    name,
    main,
    preload,
    env: plan.env,
    logFile,
    verbose,
    onDeath: (why) => console.error(`${why} It is started again; its log is ${logFile}.`),
    onReturn: () => announce(running, plan),
    onGivingUp: (why) => void running.leave(1, why),
  });
}

await runScript(import.meta.url, main);
