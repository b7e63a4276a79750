/** Calls of a foreign protocol beside the native calls that come to the same, and what each costs of Temporal's calls. */
import { beforeAll, expect, test } from 'vitest';
import { useApi } from './api-under-test.ts';
import { CallCounter } from './call-counter.ts';
import type { Answer, Caller } from './caller.ts';
import { aCompany } from './queues.ts';

type Ask = () => Promise<unknown>;

/** A call of a protocol, and one native call or several. Each is made of what was got ready for it alone. */
export type Twins = [foreign: Ask, ...native: Ask[]];

/** Calls of a run within a second share a heartbeat, and queues are known for two; neither side is to profit from that. */
const FORGOTTEN_MS = 2_100;
/** Like those that come by other protocols. */
const LIKE_THEIRS = { review: { policy: 'none' }, settleSeconds: 600 };

/** An API whose calls are counted, with a company of its own, and what its people do natively. */
export function useTwins() {
  const counter = new CallCounter();
  const api = useApi({ connected: counter.watch });
  const company = `company-${crypto.randomUUID()}`;
  const { alice, bob, olga, rita } = aCompany(api, company);
  const must = (answer: Promise<Answer>) => alice.must(answer);

  const make = async (also: object = {}): Promise<string> =>
    (await olga.create({ ...LIKE_THEIRS, ...also })).id;

  /** A task that alice has, and what she does with her run. */
  async function held(also: object = {}) {
    const id = await make(also);
    const run = await alice.claim(id, { lease: { seconds: 3_600 } });
    const say =
      (call: string, body: object = {}): Ask =>
      () =>
        must(run.call(call, body));
    return { id, runId: run.id, say };
  }

  let anyTask: string;
  beforeAll(async () => {
    anyTask = await make();
  });
  /** A worker has just been heard of, so that nobody has to make sure. */
  const worker = () => olga.read(anyTask);

  async function count(calls: readonly Ask[]): Promise<string[]> {
    const made: string[] = [];
    for (const call of calls) {
      await worker();
      made.push(...(await counter.during(call)));
    }
    return made;
  }

  /** Declares a test for each: the first call costs no more than the others together. */
  function compare(all: Record<string, () => Promise<Twins>>): void {
    const ready = new Map<string, Twins>();
    beforeAll(async () => {
      await Promise.all(Object.entries(all).map(async ([name, twins]) => ready.set(name, await twins())));
      await new Promise((resolve) => setTimeout(resolve, FORGOTTEN_MS));
    });
    test.each(Object.keys(all))('%s', async (name) => {
      const [foreign, ...native] = ready.get(name)!;
      const [made, enough] = [await count([foreign]), await count(native)];
      expect(enough).not.toEqual([]);
      expect(made.length, `${made.join(', ')} ÷ ${enough.join(', ')}`).toBeLessThanOrEqual(enough.length);
    });
  }

  const post =
    (who: Caller, path: string, body: object = {}): Ask =>
    () =>
      must(who.post(path, body));
  const get =
    (who: Caller, path: string): Ask =>
    () =>
      must(who.get(path));
  const read = (id: string): Ask => get(alice, `/v1/tasks/${id}`);
  const edit =
    (id: string, body: object): Ask =>
    () =>
      must(olga.patch(`/v1/tasks/${id}`, body, { 'if-match': '*' }));

  return { api, company, alice, bob, olga, rita, must, make, held, compare, post, get, read, edit };
}
