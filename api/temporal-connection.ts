/** How a process reaches Temporal: the address from our settings, TLS and API keys from Temporal's own profiles. */
import { Connection } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { ConfigError } from './config.ts';

export const connectionOptions = (address: string) => ({
  ...loadClientConnectConfig().connectionOptions,
  address,
});

/** One page of a task's history may hold many large messages; 4 MB is what a client takes unless told otherwise. */
export const channelArgs = { 'grpc.max_receive_message_length': 64 * 1024 * 1024 };

/** A connection for calls. Rejects when the server can't be reached. */
export const connect = (address: string): Promise<Connection> =>
  Connection.connect({ ...connectionOptions(address), channelArgs });

/** For `catch`: throws in words, for whoever starts the process, that there is no server at this address. */
export const nobodyAt =
  (address: string) =>
  (cause: Error): never => {
    const message = `TEMPORAL_ADDRESS: no Temporal server answers at ${address} (${cause.message}).`;
    throw new ConfigError(message, { cause });
  };
