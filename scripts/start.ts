/**
 * `npm start`: a Temporal server with its data in `.baton/`, then the worker and the API, each a process of its own.
 * Those two come back when they die; the end of the server, whose data all of it is about, ends all.
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

Starts a Temporal server, the worker and the API on this machine, and stops them on Ctrl-C.

  --verbose   show the worker's and the API's logs here, too
  --help      this text

Variables: BATON_PORT (3000), BATON_TEMPORAL_PORT (7233), BATON_TEMPORAL_UI_PORT (8233), BATON_DATA_DIR (.baton),
BATON_SQLITE_SYNCHRONOUS (FULL or NORMAL), TEMPORAL_CLI_PATH, and TEMPORAL_ADDRESS to use a running Temporal cluster.
api/config.ts and scripts/settings.ts list them all.`;

/** What runs by now. */
class Running {
  plan?: StartPlan;
  api?: KeptProcess;
  worker?: KeptProcess;
  temporal?: TemporalServer;
  #leaving = false;

  /** Stops everything and ends this process. Only the first call counts. */
  async leave(code: number, message: string): Promise<void> {
    if (this.#leaving) return;
    this.#leaving = true;
    console.error(message);
    // First no new work, then the work at hand, then what both of them need.
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
  const worker = (running.worker = launch(running, plan, 'worker', 'create-worker.ts', verbose));
  const api = (running.api = launch(running, plan, 'api', 'create-app.ts', verbose));
  if (plan.server && binary) {
    const temporal = (running.temporal = await startTemporalServer({ ...plan.server, binary }));
    const why = `The Temporal server ended. Its output is in ${plan.server.logFile}.`;
    temporal.process.once('exit', () => void running.leave(1, why));
  }
  const connection = await reach(plan);
  await prepareNamespace(connection, config.temporal);
  await connection.close();
  await Promise.all([api.begin(), worker.begin()]);
  announce(running, plan);
  const { apiUrl, temporalUiUrl, dataDir, jwt } = plan;
  const { namespace } = config.temporal;
  // The clock of this process began with it, so this includes everything the user waited for.
  const seconds = performance.now() / 1000;
  const ownTokens = jwt.secret !== undefined;
  console.log(welcome({ apiUrl, temporalUiUrl, namespace, dataDir, seconds, ownTokens }));
}

/** Tells the commands of other terminals where everything is now. */
function announce({ api, worker, temporal }: Running, plan: StartPlan): void {
  const { dataDir, apiUrl, temporalAddress, temporalUiUrl, jwt } = plan;
  const pids = { start: process.pid, worker: worker?.pid, api: api?.pid, temporal: temporal?.process.pid };
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

function launch(
  running: Running,
  plan: StartPlan,
  name: 'worker' | 'api',
  factory: string,
  verbose: boolean,
) {
  const logFile = join(plan.logsDir, `${name}.log`);
  const preload = new URL(`../${name}/${factory}`, import.meta.url).href;
  const main = new URL(`../${name}/main.ts`, import.meta.url).href;
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
