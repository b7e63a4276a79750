/** Somebody who calls the API with plain fetch, and the things that such callers do all the time. */
import { patiently } from './patience.ts';

// oxlint-disable-next-line typescript/no-explicit-any -- what an answer holds is what its test finds out
export type Json = any;

export interface Answer {
  status: number;
  headers: Headers;
  /** Parsed when it was JSON. */
  body: Json;
  text: string;
}

type Headers_ = Record<string, string>;

/** Sends one request and reads the whole answer. */
export async function request(url: string, init: RequestInit): Promise<Answer> {
  const response = await fetch(url, { redirect: 'manual', ...init });
  const text = await response.text();
  const isJson = /[/+]json$/.test(response.headers.get('content-type')?.split(';')[0] ?? '');
  return {
    status: response.status,
    headers: response.headers,
    text,
    body: isJson && text ? JSON.parse(text) : text,
  };
}

export class Caller {
  readonly #url: () => string;
  readonly id: string;
  readonly #token: Promise<string>;

  constructor(url: () => string, id: string, token: Promise<string>) {
    this.#url = url;
    this.id = id;
    this.#token = token;
  }

  /** Any request; a body that is no string is sent as JSON. */
  async send(
    method: string,
    path: string,
    body?: unknown,
    headers: Headers_ = {},
    signal: AbortSignal | null = null,
  ): Promise<Answer> {
    const json = body !== undefined && { 'content-type': 'application/json' };
    return await request(`${this.#url()}${path}`, {
      method,
      signal,
      headers: { authorization: `Bearer ${await this.#token}`, ...json, ...headers },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
  }

  get = (path: string, headers?: Headers_) => this.send('GET', path, undefined, headers);
  post = (path: string, body?: unknown, headers?: Headers_) => this.send('POST', path, body, headers);
  patch = (path: string, body: unknown, headers?: Headers_) => this.send('PATCH', path, body, headers);

  /** The body of a request that must succeed. */
  async must(answer: Promise<Answer>): Promise<Json> {
    const { status, body, text } = await answer;
    if (status >= 300) throw new Error(`It was answered ${status}: ${text}`);
    return body;
  }

  /** A new task. */
  async create(definition: object = {}): Promise<Json> {
    return await this.must(this.post('/v1/tasks', { title: 'Count the beans', ...definition }));
  }

  /** The task as this caller sees it now. */
  async read(taskId: string): Promise<Json> {
    return await this.must(this.get(`/v1/tasks/${taskId}`));
  }

  /** Claims the task; answers how the run is driven on. */
  async claim(taskId: string, body: object = {}): Promise<Run> {
    const { run } = await this.must(this.post(`/v1/tasks/${taskId}/claim`, body));
    return new Run(this, taskId, run.id);
  }

  review = (taskId: string, decision: string, also: object = {}, headers?: Headers_) =>
    this.post(`/v1/tasks/${taskId}/review`, { decision, ...also }, headers);
}

/** A run, driven by its agent or by whoever a test wants to try it. */
export class Run {
  readonly agent: Caller;
  readonly taskId: string;
  readonly id: string;

  constructor(agent: Caller, taskId: string, id: string) {
    this.agent = agent;
    this.taskId = taskId;
    this.id = id;
  }

  call(name: string, body?: object, headers?: Headers_): Promise<Answer> {
    return this.agent.post(`/v1/tasks/${this.taskId}/runs/${this.id}/${name}`, body, headers);
  }

  heartbeat = () => this.call('heartbeat');
  progress = (also: object = {}, headers?: Headers_) =>
    this.call('progress', { note: 'still counting', ...also }, headers);
  complete = (also: object = {}, headers?: Headers_) =>
    this.call('complete', { output: { beans: 7 }, reasoning: 'I counted.', ...also }, headers);
  fail = (also: object = {}, headers?: Headers_) =>
    this.call('fail', { reasonCode: 'other', ...also }, headers);
  release = (also: object = {}, headers?: Headers_) => this.call('release', also, headers);
  handOff = (also: object = {}, headers?: Headers_) =>
    this.call('hand-off', { blockers: 'no access', ...also }, headers);
}

/** Asks again and again until it looks right, however long a slow machine takes. */
export async function eventually<T>(look: () => Promise<T>, isRight: (seen: T) => boolean): Promise<T> {
  let seen: T;
  const isSo = async () => isRight((seen = await look()));
  await patiently(isSo, () => `Still not: ${JSON.stringify(seen)}`);
  return seen!;
}
