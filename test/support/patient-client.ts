/** A good client of the API: it sends a request again, with the same key, until it is told what became of it. */
import { request } from './caller.ts';
import type { Answer, Json } from './caller.ts';

const PAUSE_MS = 50;
const PATIENCE_MS = 60_000;

const pause = () => new Promise((resolve) => setTimeout(resolve, PAUSE_MS));

export class PatientClient {
  readonly #url: string;
  readonly #token: string;

  constructor(url: string, token: string) {
    this.#url = url;
    this.#token = token;
  }

  /** One request. Throws when the connection breaks before the answer. */
  get(path: string): Promise<Answer> {
    return this.#send('GET', path);
  }

  /** One request. Throws when the connection breaks before the answer. */
  post(path: string, body: object = {}, key: string = crypto.randomUUID()): Promise<Answer> {
    return this.#send('POST', path, body, key);
  }

  /** One request. Throws when the connection breaks before the answer. */
  put(path: string, body: object): Promise<Answer> {
    return this.#send('PUT', path, body);
  }

  /** The same request with the same key, until there is a final answer. */
  async insist(path: string, body: object = {}, key: string = crypto.randomUUID()): Promise<Answer> {
    return await untilFinal(() => this.post(path, body, key));
  }

  /** The body of the final answer to a request that must succeed. */
  async must(path: string, body: object = {}): Promise<Json> {
    const answer = await this.insist(path, body);
    if (answer.status >= 300) throw new Error(`It was answered ${answer.status}: ${answer.text}`);
    return answer.body;
  }

  /** Reads until the API is there and can answer. */
  async read(path: string): Promise<Json> {
    const answer = await untilFinal(() => this.get(path));
    if (answer.status >= 300) throw new Error(`It was answered ${answer.status}: ${answer.text}`);
    return answer.body;
  }

  /** Reads a task until it looks like this. */
  async until(taskId: string, looksLikeThis: (task: Json) => boolean): Promise<Json> {
    for (const patience = Date.now() + PATIENCE_MS; ; await pause()) {
      const task = await this.read(`/v1/tasks/${taskId}`);
      if (looksLikeThis(task)) return task;
      if (Date.now() > patience) throw new Error(`Still not: ${JSON.stringify(task)}`);
    }
  }

  #send(method: string, path: string, body?: object, key?: string): Promise<Answer> {
    return request(this.#url + path, {
      method,
      headers: {
        authorization: `Bearer ${this.#token}`,
        'content-type': 'application/json',
        ...(key !== undefined && { 'idempotency-key': key }),
      },
      ...(body && { body: JSON.stringify(body) }),
    });
  }
}

async function untilFinal(send: () => Promise<Answer>): Promise<Answer> {
  for (const patience = Date.now() + PATIENCE_MS; ; await pause()) {
    const answer = await send().catch((error: unknown) => String(error));
    const isFinal = typeof answer !== 'string' && answer.status !== 202 && answer.status !== 503;
    if (isFinal) return answer;
    if (Date.now() > patience) throw new Error(`No answer: ${JSON.stringify(answer)}`);
  }
}
