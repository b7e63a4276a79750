/**
 * From which task queue an agent's next task comes: of the queue it names; of another one that it helps out; or of its
 * own inbox first, and of any queue of its company then. Temporal decides on the order within each.
 */
import { inbox, workQueue } from '../../workflows/offer.ts';
import { abreast } from './abreast.ts';
import type { Take } from './dequeue.ts';
import { mustNotBeLaunched } from './launched-runs.ts';
import type { Request } from './messages.ts';
import { SHORTEST_POLL_MS } from './offers.ts';
import type { Depth, Offers } from './offers.ts';
import type { Queue, Queues } from './queues.ts';
import type { Repeats } from './repeats.ts';
import { Shared } from './shared.ts';
import type { Claimed } from './take-up.ts';
import type { Wish } from './wish.ts';

interface Deps {
  queues: Queues;
  offers: Offers;
  take: Take;
  once: Repeats['once'];
  closing: AbortSignal;
}

interface Asked {
  lease?: { seconds: number } | undefined;
  patient?: boolean | undefined;
  waitSeconds: number;
  hungUp: AbortSignal;
}

/** How long what a company's queues looked like is good enough to choose by, for all who wait. */
const LOOK_MS = 250;
/** How many queues are looked at side by side. */
const ABREAST = 8;
/** How often a queue may turn out to be empty after all: its depth counts offers that were withdrawn, until one polls. */
const TRIES = 5;

interface Seen {
  queue: Queue;
  depth: Depth;
}

export function createNext({ queues, offers, take, once, closing }: Deps) {
  const looks = new Shared<Seen[]>(LOOK_MS);

  /** Those queues of the company in which something seems to wait, the most urgent first, then the oldest. */
  async function waiting(company: string): Promise<Seen[]> {
    const seen = await looks.get(company, async () => {
      const all = await queues.ofCompany(company);
      const look = async (queue: Queue) => ({ queue, depth: await offers.depth(workQueue(queue.id)) });
      return await abreast(ABREAST, all, look);
    });
    return seen.filter(({ depth }) => depth.waiting > 0).sort((a, b) => byUrgency(a.depth, b.depth));
  }

  /** Throws `forbidden` to a launched run. */
  function wishOf(operation: string, request: Request, { lease, patient, hungUp }: Asked): Wish {
    mustNotBeLaunched(request.principal);
    return { operation, request, leaseSeconds: lease?.seconds, patient, hungUp };
  }

  /** The next task of this queue. Throws `not_found` for one that is none, `no_worker`, and what `once` throws. */
  async function dequeue(queueId: string, request: Request, asked: Asked): Promise<Claimed | undefined> {
    const until = Date.now() + asked.waitSeconds * 1000;
    return await once(wishOf(`dequeue ${queueId}`, request, asked), async (wish) => {
      await queues.open(request.principal, queueId);
      return await take(wish, workQueue(queueId), until);
    });
  }

  /** A task that waits in another queue of the company; of the same team, if one has any. Throws as `dequeue` does. */
  async function steal(queueId: string, request: Request, asked: Asked): Promise<Claimed | undefined> {
    return await once(wishOf(`steal ${queueId}`, request, asked), async (wish) => {
      return await takeElsewhere(await queues.open(request.principal, queueId), wish);
    });
  }

  async function takeElsewhere({ id, team, company }: Queue, wish: Wish): Promise<Claimed | undefined> {
    const isOwn = ({ queue }: Seen) => team !== undefined && queue.team === team;
    for (let tries = 0; tries < TRIES && !wish.hungUp.aborted; tries += 1) {
      const others = (await waiting(company)).filter(({ queue }) => queue.id !== id);
      const best = others.find(isOwn) ?? others[0];
      const claimed = best && (await take(wish, workQueue(best.queue.id), Date.now()));
      if (claimed || !best) return claimed;
    }
    return undefined;
  }

  /** As `steal`, and the next task of this queue itself where nothing waits elsewhere. Throws as `dequeue` does. */
  async function stealOrDequeue(
    queueId: string,
    request: Request,
    asked: Asked,
  ): Promise<Claimed | undefined> {
    const until = Date.now() + asked.waitSeconds * 1000;
    return await once(wishOf(`steal or dequeue ${queueId}`, request, asked), async (wish) => {
      const queue = await queues.open(request.principal, queueId);
      for (;;) {
        // It waits at its own queue, and looks around between two short polls of it.
        const soon = Math.min(until, Date.now() + SHORTEST_POLL_MS);
        const claimed = (await takeElsewhere(queue, wish)) ?? (await take(wish, workQueue(queueId), soon));
        if (claimed || wish.hungUp.aborted || closing.aborted || Date.now() >= until) return claimed;
      }
    });
  }

  /** The next task of the caller's inbox, or else of any queue of its company. Throws as `dequeue` does. */
  async function next(request: Request, asked: Asked): Promise<Claimed | undefined> {
    const { company, id } = request.principal;
    const until = Date.now() + asked.waitSeconds * 1000;
    const own = inbox(company, id);
    return await once(wishOf('next', request, asked), async (wish) => {
      let seemedFull = false;
      for (let tries = 0; ; tries += 1) {
        // While nothing waits, it waits at its inbox, and looks around between two short polls of it. An inbox that
        // seemed full and was not keeps nobody from looking around.
        const isForMe: boolean = !seemedFull && (await offers.depth(own)).waiting > 0;
        const [best] = isForMe ? [] : await waiting(company);
        const soon = Math.min(until, Date.now() + SHORTEST_POLL_MS);
        const claimed = await take(wish, best ? workQueue(best.queue.id) : own, soon);
        if (claimed || wish.hungUp.aborted || closing.aborted) return claimed;
        if (Date.now() >= until && ((!best && !isForMe) || tries >= TRIES)) return undefined;
        seemedFull = isForMe;
      }
    });
  }

  return { dequeue, steal, stealOrDequeue, next };
}

const byUrgency = (a: Depth, b: Depth): number =>
  (a.mostUrgent ?? Infinity) - (b.mostUrgent ?? Infinity) || b.oldestSeconds - a.oldestSeconds;
