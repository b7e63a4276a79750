/** The API process: reads the configuration, wires everything, listens, and shuts down in order. */
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createAuthenticate } from './auth.ts';
import { ConfigError, localSecret, runConfigured } from './config.ts';
import type { Config } from './config.ts';
import { createApp } from './create-app.ts';
import { createLogger } from './logger.ts';
import { createServices } from './services/index.ts';
import { connect, nobodyAt } from './temporal-connection.ts';

/**
 * What requests in flight are given to finish; one that waits longer for Temporal is cut off, as by a crash. Shorter
 * than what `npm start` waits before it kills.
 */
const FINISH_WITHIN_MS = 15_000;

/** Longer than clients and proxies keep an idle connection, so that none sends a request into one just closed. */
const KEEP_ALIVE_MS = 75_000;

const version = (): string => {
  const manifest = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
};

async function serve(config: Config): Promise<void> {
  const logger = createLogger('api', config.logLevel);
  const secret = config.jwt.secret ?? localSecret(config.dataDir);
  if (!secret && !config.jwt.jwksUrl) {
    throw new ConfigError('There is no key to check tokens with: run `npm start`, or set BATON_JWT_SECRET.');
  }
  const { address, namespace } = config.temporal;
  const connection = await connect(address).catch(nobodyAt(address));
  const closing = new AbortController();
  const services = createServices({
    connection,
    namespace,
    taskQueue: config.taskQueue,
    timeoutMs: config.engineTimeoutMs,
    closing: closing.signal,
  });
  const app = createApp({
    services,
    authenticate: createAuthenticate({ ...config.jwt, secret }, services.isLaunched),
    logger,
    temporalUiUrl: config.temporalUiUrl,
    namespace,
    publicUrl: config.publicUrl,
    rateLimitPerMinute: config.rateLimitPerMinute,
    version: version(),
    isShuttingDown: () => closing.signal.aborted,
  });

  const server = app.listen(config.port, config.host, (error?: Error) => {
    if (error) return stop(new ConfigError(portMessage(error, config)));
    const { port } = server.address() as AddressInfo;
    const host = config.host.includes(':') ? `[${config.host}]` : config.host;
    const url = config.publicUrl ?? `http://${host}:${port}`;
    logger.info({ url, temporal: address, namespace }, 'listening');
    process.send?.({ ready: true, url });
  });

  server.keepAliveTimeout = KEEP_ALIVE_MS;

  /** Not ready, no new connections, finish what is in flight, then let go of Temporal. */
  function stop(error?: Error): void {
    if (closing.signal.aborted) return;
    closing.abort();
    if (error) logger.fatal(error.message);
    else logger.info('shutting down');
    const force = setTimeout(() => server.closeAllConnections(), FINISH_WITHIN_MS);
    server.close(() => {
      clearTimeout(force);
      void connection.close().finally(() => process.exit(error ? 1 : 0));
    });
    server.closeIdleConnections();
  }
  process.once('SIGTERM', () => stop());
  process.once('SIGINT', () => stop());
}

const portMessage = (error: Error, { port }: Config): string =>
  'code' in error && error.code === 'EADDRINUSE'
    ? `Port ${port} is in use. Set BATON_PORT to another one.`
    : `The API can't listen: ${error.message}`;

await runConfigured(serve);
