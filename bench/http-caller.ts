/** A caller of the API with its own token and its own connection, which it keeps. */
import { Agent, request } from 'node:http';

type Method = 'GET' | 'POST' | 'PATCH' | 'PUT';
type Headers_ = Record<string, string>;

interface Answered {
  status: number;
  body: unknown;
}

export interface Caller {
  /** Calls the API and answers the status and the parsed body. */
  send(method: Method, path: string, body?: object, headers?: Headers_): Promise<Answered>;
  /** The same, but throws on any status of 400 and above. */
  call<T>(method: Method, path: string, body?: object, headers?: Headers_): Promise<T>;
  close(): void;
}

export function createCaller(apiUrl: string, token: string): Caller {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const { hostname, port } = new URL(apiUrl);
  const authorization = `Bearer ${token}`;

  const send: Caller['send'] = (method, path, body, also) =>
    new Promise((resolve, reject) => {
      const text = body === undefined ? undefined : JSON.stringify(body);
      const headers = {
        authorization,
        ...also,
        ...(text !== undefined && {
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(text),
        }),
      };
      const sent = request({ agent, hostname, port, method, path, headers }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const answer = Buffer.concat(chunks).toString();
          resolve({
            status: response.statusCode ?? 0,
            body: answer && (JSON.parse(answer) as unknown),
          });
        });
      });
      sent.on('error', reject);
      sent.end(text);
    });

  return {
    send,
    call: async <T>(method: Method, path: string, body?: object, also?: Headers_) => {
      const answer = await send(method, path, body, also);
      // 202 says that no worker has confirmed: not what is measured here.
      if (answer.status >= 400 || answer.status === 202) {
        throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
      }
      return answer.body as T;
    },
    close: () => agent.destroy(),
  };
}
