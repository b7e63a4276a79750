/**
 * Agents as they come: they take work by every door there is, report and hand in, but also crash, hang up and change
 * their mind. None of them believes what it was not told, and none keeps a record: that is the histories' part.
 */
import { request } from './caller.ts';
import type { Answer } from './caller.ts';

const PAUSE_MS = 50;
const pause = (ms = PAUSE_MS) => new Promise((resolve) => setTimeout(resolve, ms));
const chance = (share: number): boolean => Math.random() < share;
const anyOf = <T>(items: readonly T[]): T => items[Math.floor(Math.random() * items.length)]!;

export interface Habits {
  /** The queues it knows; it dequeues from them, and steals for them. */
  queues: readonly string[];
  /** Tasks that it may claim by id. */
  taskIds: readonly string[];
  /** How often, of all runs, it vanishes in the middle. */
  crashes: number;
  /** How often, of all requests for work, it hangs up before the answer. */
  hangUps: number;
  /** How often, of all runs, it gives the task back. */
  releases: number;
}

export class CrowdAgent {
  readonly #url: string;
  readonly #token: string;
  readonly #habits: Habits;

  constructor(url: string, token: string, habits: Habits) {
    this.#url = url;
    this.#token = token;
    this.#habits = habits;
  }

  /** Takes one task after the other until told that all is done. */
  async workUntil(isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      const taken = await this.#take().catch(() => undefined);
      if (taken?.status === 200) await this.#workOn(taken.body.task.id, taken.body.run.id);
      else await pause();
    }
  }

  async #take(): Promise<Answer> {
    const { queues, taskIds, hangUps } = this.#habits;
    const doors = [
      `/v1/queues/${anyOf(queues)}/dequeue?wait=1`,
      `/v1/queues/${anyOf(queues)}/steal`,
      `/v1/agents/me/next?wait=1`,
      `/v1/tasks/${anyOf(taskIds)}/claim`,
    ];
    const signal = chance(hangUps) ? AbortSignal.timeout(Math.random() * 300) : undefined;
    return await this.#post(anyOf(doors), {}, signal && { signal });
  }

  async #workOn(taskId: string, runId: string): Promise<void> {
    const at = `/v1/tasks/${taskId}/runs/${runId}`;
    if (chance(this.#habits.crashes)) return;
    if (chance(0.5)) await this.#insist(`${at}/progress`, { note: 'at it' });
    if (chance(this.#habits.crashes)) return;
    if (chance(this.#habits.releases)) await this.#insist(`${at}/release`, {});
    else await this.#insist(`${at}/complete`, { output: { by: runId }, reasoning: 'It is done.' });
  }

  /** The same request with the same key, until it is told what became of it. */
  async #insist(path: string, body: object): Promise<void> {
    const headers = { 'idempotency-key': crypto.randomUUID() };
    for (;;) {
      const answer = await this.#post(path, body, { headers }).catch(() => undefined);
      if (answer && answer.status !== 202 && answer.status !== 503) return;
      await pause();
    }
  }

  #post(path: string, body: object, also: { signal?: AbortSignal; headers?: Record<string, string> } = {}) {
    const { headers, ...rest } = also;
    return request(this.#url + path, {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { authorization: `Bearer ${this.#token}`, 'content-type': 'application/json', ...headers },
      ...rest,
    });
  }
}
