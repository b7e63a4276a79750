/** How a process reaches Temporal: the address from our settings, TLS and API keys from Temporal's own profiles. */
import { Connection } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';

export const connectionOptions = (address: string) => ({
  ...loadClientConnectConfig().connectionOptions,
  address,
});

/** A connection for calls. Rejects when the server can't be reached. */
export const connect = (address: string): Promise<Connection> =>
  Connection.connect(connectionOptions(address));
