/** A work queue of an agent team, and its tasks, as its own protocol has them. */
import type { Answer, Caller, Json } from './caller.ts';

type Headers_ = Record<string, string>;

export class TeamQueue {
  readonly id: string;
  readonly path: string;
  readonly #owner: Caller;

  private constructor(owner: Caller, id: string) {
    this.#owner = owner;
    this.id = id;
    this.path = `/work-queues/${id}`;
  }

  /** A new queue, opened by `owner`, who also adds the tasks. */
  static async open(owner: Caller, also: object = {}): Promise<TeamQueue> {
    const { id } = await owner.must(owner.post('/work-queues', { name: 'bug-triage', ...also }));
    return new TeamQueue(owner, id);
  }

  /** The same as it was opened natively. */
  static of(owner: Caller, id: string): TeamQueue {
    return new TeamQueue(owner, id);
  }

  add(body: object = {}, headers?: Headers_): Promise<Answer> {
    return this.#owner.post(`${this.path}/tasks`, { name: 'Look into it', ...body }, headers);
  }

  /** A new task, which has been offered by then, so that order is by age from here on. */
  async put(body: object = {}): Promise<Json> {
    const task = await this.#owner.must(this.add(body));
    await this.#owner.must(this.#owner.get(`/work-queue-tasks/${task.id}`));
    return task;
  }

  dequeue = (caller: Caller, body?: object, headers?: Headers_, wait = 0): Promise<Answer> =>
    caller.post(`${this.path}/dequeue?wait=${wait}`, body, headers);

  steal = (caller: Caller, body?: object, headers?: Headers_, wait = 0): Promise<Answer> =>
    caller.post(`${this.path}/steal?wait=${wait}`, body, headers);

  /** The next task, which must be there, for this agent. */
  async take(caller: Caller): Promise<Json> {
    return await caller.must(this.dequeue(caller, {}, {}, 20));
  }

  tasks = (query = ''): Promise<Answer> => this.#owner.get(`${this.path}/tasks${query}`);
}

export const complete = (caller: Caller, id: string, body?: object, headers?: Headers_): Promise<Answer> =>
  caller.post(`/work-queue-tasks/${id}/complete`, body, headers);

export const fail = (caller: Caller, id: string, body?: object, headers?: Headers_): Promise<Answer> =>
  caller.post(`/work-queue-tasks/${id}/fail`, body, headers);
