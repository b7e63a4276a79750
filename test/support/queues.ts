/** Work queues over HTTP, and what tests do with them all the time. */
import type { ApiUnderTest } from './api-under-test.ts';
import type { Answer, Caller, Json } from './caller.ts';
import { Run } from './caller.ts';

/** People and agents of a company that nobody else knows: tests that run side by side must not take each other's work. */
export function aCompany(api: ApiUnderTest, name = `company-${crypto.randomUUID()}`) {
  const as = (sub: string, role: string) => api.as(sub, role, name);
  const [alice, bob, carol] = ['alice', 'bob', 'carol'].map((sub) => as(sub, 'agent'));
  return {
    alice: alice!,
    bob: bob!,
    carol: carol!,
    rita: as('rita', 'reviewer'),
    olga: as('olga', 'operator'),
  };
}

export interface Asking {
  body?: object | undefined;
  key?: string | undefined;
  signal?: AbortSignal;
}

/** One request for the caller's next task, as it is answered. */
export const askNext = (agent: Caller, waitSeconds = 0, also: Asking = {}): Promise<Answer> =>
  ask(agent, `/v1/agents/me/next?wait=${waitSeconds}`, also);

const ask = (agent: Caller, path: string, { body, key, signal }: Asking): Promise<Answer> =>
  agent.send('POST', path, body, keyOf(key), signal);

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

  /** A new task that waits here, behind those that were put before. */
  async put(definition: object = {}): Promise<string> {
    const { id } = await this.#owner.create({ queue: this.id, ...definition });
    // Read, it has been offered; of two that were only created, either may be so first.
    await this.#owner.read(id);
    return id;
  }

  /** One request for the next task, as it is answered. */
  dequeue(agent: Caller, waitSeconds = 0, also: Asking = {}): Promise<Answer> {
    return ask(agent, `/v1/queues/${this.id}/dequeue?wait=${waitSeconds}`, also);
  }

  /** One request to help out elsewhere, as it is answered. */
  steal(agent: Caller, also: Asking = {}): Promise<Answer> {
    return ask(agent, `/v1/queues/${this.id}/steal`, also);
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

const keyOf = (key: string | undefined): Record<string, string> =>
  key === undefined ? {} : { 'idempotency-key': key };
