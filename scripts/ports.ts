/** TCP ports of this machine: is one taken, is someone listening, which is free. */
import { connect, createServer } from 'node:net';
import { SetupError } from './setup-error.ts';

function canListen(port: number, host = '127.0.0.1'): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, host, () => server.close(() => resolve(true)));
  });
}

/** Throws a `SetupError` that names the port, and the variable that changes it, when it can't be listened on. */
export async function requirePort(port: number, variable: string, host?: string): Promise<void> {
  if (await canListen(port, host)) return;
  throw new SetupError(
    `Port ${port} is in use. Stop what listens there, or set ${variable} to another port.`,
  );
}

/** Whether someone accepts connections on `port`. */
export function answers(port: number, host = '127.0.0.1'): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, host);
    const settle = (listening: boolean) => {
      socket.destroy();
      resolve(listening);
    };
    socket.once('connect', () => settle(true));
    socket.once('error', () => settle(false));
  });
}

/** A port that is free now; someone else may take it before it is used, so be ready to try again. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => {
        if (address && typeof address === 'object') resolve(address.port);
        else reject(new Error('the system named no port'));
      });
    });
  });
}
