/**
 * The one place that reads `process.env`. Every setting has a name, a default and a meaning here; whatever is
 * wrong is reported all at once, by name, before anything starts.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';

const port = z.coerce.number().int().min(0).max(65535);
const seconds = z.coerce.number().int().positive();

const Environment = z.object({
  /** Temporal's own variables; TLS and API keys come from its profile files (see `temporalConnection`). */
  TEMPORAL_ADDRESS: z.string().default('127.0.0.1:7233'),
  TEMPORAL_NAMESPACE: z.string().default('baton'),
  /** The task queue of Baton's own worker (workflows and leases). */
  BATON_TASK_QUEUE: z.string().default('baton'),
  /** Where the API listens. Anything but loopback needs a configured key. */
  BATON_HOST: z.string().default('127.0.0.1'),
  BATON_PORT: port.default(3000),
  /** How the API is reached from outside. With https, browsers are told to use nothing else. */
  BATON_PUBLIC_URL: z.url().optional(),
  /** Where people open the Temporal UI; links in answers start with it. */
  BATON_TEMPORAL_UI_URL: z.url().default('http://127.0.0.1:8233'),
  /** Local state of the embedded set-up: database, generated secret. */
  BATON_DATA_DIR: z.string().default('.baton'),
  /**
   * Tokens: an HS256 secret of at least 32 bytes, or the URL of a JSON Web Key Set; issuer and audience are pinned. With a
   * key set, the secret is good for the tokens that runners make, and for no others.
   */
  BATON_JWT_SECRET: z.string().min(32, 'needs at least 32 characters').optional(),
  BATON_JWKS_URL: z.url().optional(),
  BATON_JWT_ISSUER: z.string().default('baton'),
  BATON_JWT_AUDIENCE: z.string().default('baton'),
  /** Requests that one token's subject may make in a minute, per API process. */
  BATON_RATE_LIMIT: z.coerce.number().int().positive().default(12_000),
  /** How long one call to Temporal may take; a request that makes several may take longer until it is 202 or 503. */
  BATON_ENGINE_TIMEOUT_SECONDS: seconds.max(60).default(10),
  /** How long closed tasks stay readable. */
  BATON_RETENTION_DAYS: seconds.default(365),
  /** Workflows that a worker keeps in memory, so that it stays small however many tasks wait; 0 replays every one (for tests). */
  BATON_MAX_CACHED_WORKFLOWS: z.coerce.number().int().min(0).default(500),
  /** The runner of this machine: agents whose adapter names it are launched here, so many at once. */
  BATON_RUNNER_NAME: z
    .string()
    .regex(/^[\w.-]{1,60}$/, 'may have letters, digits, ".", "-" and "_"')
    .default('local'),
  BATON_RUNNER_RUNS: z.coerce.number().int().positive().default(50),
  /** What the runner may launch, as JSON; `launchers.json` of the data folder when absent. */
  BATON_LAUNCHERS_FILE: z.string().optional(),
  /** Where each run has its workspace, and how long that is kept once it is over. */
  BATON_WORKSPACES_DIR: z.string().optional(),
  BATON_WORKSPACE_HOURS: z.coerce.number().min(0).default(24),
  /** Hosts, separated by commas, from which the runner fetches context files. */
  BATON_CONTEXT_HOSTS: z.string().default(''),
  /** When the runner ends a run that still lasts, and its token expires. */
  BATON_LONGEST_RUN_HOURS: z.coerce.number().positive().max(500).default(24),
  /** How launched agents reach the API. */
  BATON_API_URL: z.url().optional(),
  BATON_LOG_LEVEL: z.enum(['silent', 'error', 'warn', 'info', 'debug']).default('info'),
});

export type Config = Readonly<ReturnType<typeof readConfig>>;

/** A setting is missing or wrong; the message names it and the remedy. */
export class ConfigError extends Error {}

/** Runs a program of Baton's by its settings: what is wrong with those is told in words, and ends it with exit code 1. */
export async function runConfigured(program: (config: Config) => Promise<void>): Promise<void> {
  try {
    await program(readConfig());
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
}

const LOOPBACK = new Set(['127.0.0.1', '::1', 'localhost']);

/** Reads and checks all settings. Throws `ConfigError` with one line per problem. */
export function readConfig(env: NodeJS.ProcessEnv = process.env) {
  // An empty variable is what a compose file makes of one that is not set.
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const parsed = Environment.safeParse(given);
  if (!parsed.success) {
    throw new ConfigError(
      parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('\n'),
    );
  }
  const e = parsed.data;
  const keyConfigured = Boolean(e.BATON_JWT_SECRET || e.BATON_JWKS_URL);
  if (!LOOPBACK.has(e.BATON_HOST) && !keyConfigured) {
    throw new ConfigError(
      `BATON_HOST=${e.BATON_HOST} is reachable from other machines, so set BATON_JWT_SECRET or BATON_JWKS_URL first.`,
    );
  }
  return {
    temporal: {
      address: e.TEMPORAL_ADDRESS,
      namespace: e.TEMPORAL_NAMESPACE,
      retentionDays: e.BATON_RETENTION_DAYS,
    },
    taskQueue: e.BATON_TASK_QUEUE,
    host: e.BATON_HOST,
    port: e.BATON_PORT,
    publicUrl: e.BATON_PUBLIC_URL?.replace(/\/$/, ''),
    temporalUiUrl: e.BATON_TEMPORAL_UI_URL.replace(/\/$/, ''),
    dataDir: e.BATON_DATA_DIR,
    jwt: {
      secret: e.BATON_JWT_SECRET,
      jwksUrl: e.BATON_JWKS_URL,
      issuer: e.BATON_JWT_ISSUER,
      audience: e.BATON_JWT_AUDIENCE,
    },
    rateLimitPerMinute: e.BATON_RATE_LIMIT,
    engineTimeoutMs: e.BATON_ENGINE_TIMEOUT_SECONDS * 1000,
    maxCachedWorkflows: e.BATON_MAX_CACHED_WORKFLOWS,
    logLevel: e.BATON_LOG_LEVEL,
    runner: runnerSettings(e, given),
  };
}

const HOUR_MS = 3_600_000;

/** What launched agents get of the runner's environment; everything else may be a secret. */
const FOR_ANY_PROGRAM =
  /^(PATH|HOME|USER|LOGNAME|SHELL|LANG|LANGUAGE|LC_\w+|TZ|TMPDIR|SSL_CERT_FILE|SSL_CERT_DIR)$/;

function runnerSettings(e: z.infer<typeof Environment>, given: Record<string, string | undefined>) {
  const apiUrl = e.BATON_API_URL ?? e.BATON_PUBLIC_URL ?? `http://${reachable(e.BATON_HOST)}:${e.BATON_PORT}`;
  return {
    name: e.BATON_RUNNER_NAME,
    runsAtOnce: e.BATON_RUNNER_RUNS,
    launchersFile: e.BATON_LAUNCHERS_FILE ?? join(e.BATON_DATA_DIR, 'launchers.json'),
    /** Unless somebody chose a file, it need not be there: then nothing can be launched. */
    launchersRequired: e.BATON_LAUNCHERS_FILE !== undefined,
    workspacesDir: resolve(e.BATON_WORKSPACES_DIR ?? join(e.BATON_DATA_DIR, 'workspaces')),
    workspaceKeptMs: e.BATON_WORKSPACE_HOURS * HOUR_MS,
    contextHosts: e.BATON_CONTEXT_HOSTS.toLowerCase()
      .split(/[\s,]+/)
      .filter(Boolean),
    longestRunMs: e.BATON_LONGEST_RUN_HOURS * HOUR_MS,
    apiUrl: apiUrl.replace(/\/$/, ''),
    agentEnvironment: Object.fromEntries(
      Object.entries(given).filter(([name]) => FOR_ANY_PROGRAM.test(name)),
    ),
  };
}

/** Addresses to listen at that are none to go to. */
const EVERY_ADDRESS: Record<string, string> = { '0.0.0.0': '127.0.0.1', '::': '::1' };

/** How this machine itself reaches what listens at this host, as part of a URL. */
export function reachable(host: string): string {
  const address = EVERY_ADDRESS[host] ?? host;
  return address.includes(':') ? `[${address}]` : address;
}

/** The secret that `npm start` made for this machine, or undefined before the first start. */
export function localSecret(dataDir: string): string | undefined {
  const file = join(dataDir, 'jwt-secret');
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined;
}
