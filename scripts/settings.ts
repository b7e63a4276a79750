/**
 * The one place where the scripts read `process.env`. What the app itself reads is in `api/config.ts`; here is
 * only what concerns getting and running a Temporal server and a browser on this machine.
 */
import { homedir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { SetupError } from './setup-error.ts';

const port = z.coerce.number().int().min(0).max(65535);

const Environment = z.object({
  /** When set, `npm start` uses that cluster and starts no server of its own. */
  TEMPORAL_ADDRESS: z.string().optional(),
  /** A Temporal CLI to use instead of looking for one. */
  TEMPORAL_CLI_PATH: z.string().optional(),
  /** A Chromium or Chrome for the browser tests instead of looking for one. */
  CHROMIUM_PATH: z.string().optional(),
  /** Where the embedded Temporal server and its UI listen; 0 picks a free port. */
  BATON_TEMPORAL_PORT: port.default(7233),
  BATON_TEMPORAL_UI_PORT: port.default(8233),
  /** FULL: an answered request survives a power cut. NORMAL: it survives a crash only, and is about 1.5 x faster. */
  BATON_SQLITE_SYNCHRONOUS: z.enum(['FULL', 'NORMAL']).default('FULL'),
  /** Where Temporal's UI is, when it is not the embedded one. */
  BATON_TEMPORAL_UI_URL: z.string().optional(),
  /** The server that was built or downloaded is kept in its folder `baton`. */
  XDG_CACHE_HOME: z.string().default(join(homedir(), '.cache')),
  PATH: z.string().default(''),
});

export type Settings = Readonly<ReturnType<typeof readSettings>>;

/** Reads and checks the scripts' settings. Throws `SetupError` with one line per problem. */
export function readSettings(env: NodeJS.ProcessEnv = process.env) {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const parsed = Environment.safeParse(given);
  if (!parsed.success) {
    throw new SetupError(
      parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('\n'),
    );
  }
  const e = parsed.data;
  return {
    temporalAddress: e.TEMPORAL_ADDRESS,
    temporalCliPath: e.TEMPORAL_CLI_PATH,
    chromiumPath: e.CHROMIUM_PATH,
    temporalPort: e.BATON_TEMPORAL_PORT,
    temporalUiPort: e.BATON_TEMPORAL_UI_PORT,
    sqliteSynchronous: e.BATON_SQLITE_SYNCHRONOUS,
    temporalUiUrl: e.BATON_TEMPORAL_UI_URL,
    cacheDir: join(e.XDG_CACHE_HOME, 'baton'),
    path: e.PATH,
  };
}

/** This process's environment with some variables replaced, for a process that a script starts. */
export function environmentWith(variables: Record<string, string | undefined>): NodeJS.ProcessEnv {
  return { ...process.env, ...variables };
}

/**
 * The variables with which Temporal's clients ignore the profile that a developer may have for another cluster: its TLS
 * and API key would keep them from the embedded server.
 */
export function withoutTemporalProfile(dataDir: string): Record<string, string | undefined> {
  const ofProfile = /^TEMPORAL_(API_KEY|PROFILE|TLS|GRPC_META)/;
  const names = Object.keys(process.env).filter((name) => ofProfile.test(name));
  // They take a file that does not exist for one without profiles.
  const noFile = join(dataDir, 'no-temporal-profiles.toml');
  return { ...Object.fromEntries(names.map((name) => [name, undefined])), TEMPORAL_CONFIG_FILE: noFile };
}
