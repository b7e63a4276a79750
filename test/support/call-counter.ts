/** Counts the calls that the API makes to Temporal while something is asked of it. */
import type { Connection } from '@temporalio/client';

type Call = (request: object, ...rest: unknown[]) => Promise<unknown>;

const NOT_FOUND = 5;
const QUIET_MS = 20;

export class CallCounter {
  #made: string[] = [];
  #underWay = 0;
  /** Calls that came too early, as to a lease that is only starting: the same again is still the same wait. */
  readonly #tooEarly = new Set<string>();

  /** Watches the calls over this connection from now on. */
  watch = ({ workflowService }: Pick<Connection, 'workflowService'>): void => {
    const service = workflowService as unknown as Record<string, Call>;
    for (const [name, call] of Object.entries(service)) {
      if (typeof call === 'function') service[name] = (...given) => this.#count(name, call, given);
    }
  };

  async #count(name: string, call: Call, given: Parameters<Call>): Promise<unknown> {
    const same = `${name} ${JSON.stringify(given[0])}`;
    if (!this.#tooEarly.has(same)) this.#made.push(name);
    this.#underWay += 1;
    try {
      const answer = await call(...given);
      this.#tooEarly.delete(same);
      return answer;
    } catch (error) {
      if ((error as { code?: number }).code === NOT_FOUND) this.#tooEarly.add(same);
      throw error;
    } finally {
      this.#underWay -= 1;
    }
  }

  /** The names of the calls that this caused, those that went on after its answer included. */
  async during(ask: () => Promise<unknown>): Promise<string[]> {
    await this.#quiet();
    this.#made = [];
    this.#tooEarly.clear();
    await ask();
    await this.#quiet();
    return [...this.#made];
  }

  async #quiet(): Promise<void> {
    do await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
    while (this.#underWay > 0);
  }
}
