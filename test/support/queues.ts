/** Work queues over HTTP, and what tests do with them all the time. */
import type { Answer, Caller, Json } from './caller.ts';
import { Run } from './caller.ts';

export class QueueUnderTest {
  readonly id: string;
  readonly #owner: Caller;

  private constructor(owner: Caller, id: string) {
    this.#owner = owner;
    this.id = id;
  }

  /** A new queue, opened by `owner`, who also puts the tasks in. */
  static async open(owner: Caller, also: object = {}): Promise<QueueUnderTest> {
    const { id } = await owner.must(owner.post('/v1/queues', { name: 'kitchen', ...also }));
    return new QueueUnderTest(owner, id);
  }

  /** A new task that waits here. */
  async put(definition: object = {}): Promise<string> {
    return (await this.#owner.create({ queue: this.id, ...definition })).id;
  }

  /** One request for the next task, as it is answered. */
  dequeue(agent: Caller, waitSeconds = 0, also: { body?: object; key?: string } = {}): Promise<Answer> {
    return agent.post(`/v1/queues/${this.id}/dequeue?wait=${waitSeconds}`, also.body, keyOf(also.key));
  }

  /** One request to help out elsewhere, as it is answered. */
  steal(agent: Caller, also: { body?: object; key?: string } = {}): Promise<Answer> {
    return agent.post(`/v1/queues/${this.id}/steal`, also.body, keyOf(also.key));
  }

  /** The next task, which must be there; answers how its run is driven on. */
  async take(agent: Caller, waitSeconds = 20): Promise<Run> {
    return runOf(agent, await agent.must(this.dequeue(agent, waitSeconds)));
  }

  look(caller: Caller = this.#owner): Promise<Answer> {
    return caller.get(`/v1/queues/${this.id}`);
  }

  remove(caller: Caller = this.#owner, query = '', key?: string): Promise<Answer> {
    return caller.send('DELETE', `/v1/queues/${this.id}${query}`, undefined, keyOf(key));
  }
}

/** The run that an agent was given with a task. */
export function runOf(agent: Caller, { task, run }: Json): Run {
  return new Run(agent, task.id, run.id);
}

export const keyOf = (key: string | undefined): Record<string, string> =>
  key === undefined ? {} : { 'idempotency-key': key };
