/**
 * How an agent takes the next task of a task queue: polls an offer on its behalf, claims by it, and finds out whether
 * the claim got the task. The workflow alone decides that: a claim by id may have come first, and then the next offer
 * is polled. No task is handed out while no worker could take the claim in.
 */
import type { Arguments } from '../../workflows/messages.ts';
import { Problem } from '../problems.ts';
import type { Engine } from './engine.ts';
import { NoAnswer, NotOpen } from './engine.ts';
import type { KnownTasks } from './known-tasks.ts';
import { SHORTEST_POLL_MS } from './offers.ts';
import type { HeldOffer, Offers } from './offers.ts';
import { noWorker } from './reading.ts';
import type { Reader } from './reading.ts';
import type { Claimed, TakeUp } from './take-up.ts';
import { claimOf } from './wish.ts';
import type { Wish } from './wish.ts';

interface Deps {
  engine: Engine;
  offers: Offers;
  known: KnownTasks;
  reader: Reader;
  takeUp: TakeUp;
  /** Told of each claim before it is made. */
  tried: (runId: string, taskId: string) => void;
  /** How long Temporal and a worker may take to answer, in milliseconds. */
  timeoutMs: number;
  /** Aborted when this process is on its way out: nobody waits any longer. */
  closing: AbortSignal;
}

/** Polls last no longer, so that a hang-up or the end of this process is noticed between two. */
const LONGEST_POLL_MS = 5_000;
/** Who lost this many races for a task in a row is told that there is none. */
const RACES = 10;
/** A worker that answered so short a time ago is taken to be there. */
const WORKER_SEEN_MS = 2_000;
/** Well below the 10 s for which an offer is held. */
const WORKER_ANSWERS_MS = 5_000;

export type Take = ReturnType<typeof createTake>;

export function createTake(deps: Deps) {
  const { engine, offers, known, reader, takeUp, tried, timeoutMs, closing } = deps;

  /**
   * The next task of this task queue, for which it waits until `until`, and looks at least once. Undefined when there
   * was none, or the caller hung up. Throws `no_worker` when a task could be had but no claim taken in.
   */
  async function take(wish: Wish, taskQueue: string, until: number): Promise<Claimed | undefined> {
    const passedOver = new PassedOver();
    try {
      return await takeBut(passedOver, wish, taskQueue, until);
    } finally {
      for (const offer of passedOver.offers) void giveBack(offer, wish).catch(() => {});
    }
  }

  async function takeBut(passedOver: PassedOver, wish: Wish, taskQueue: string, until: number) {
    const agent = wish.request.principal.id;
    for (let races = 0; races < RACES;) {
      const left = passedOver.problem ? 0 : Math.min(until - Date.now(), LONGEST_POLL_MS);
      const offer = await offers.poll(agent, taskQueue, Math.max(left, SHORTEST_POLL_MS));
      if (offer) {
        if (!passedOver.has(offer) && (await isAnsweredFor(offer, passedOver, wish))) {
          const claimed = await claimBy(offer, wish);
          if (claimed) return claimed;
        }
        races += 1;
      } else if (passedOver.problem) throw passedOver.problem;
      else if (Date.now() >= until) return undefined;
      if (wish.hungUp.aborted || closing.aborted) return undefined;
    }
    if (passedOver.problem) throw passedOver.problem;
    return undefined;
  }

  /**
   * Whether a worker could take in a claim of this task. One that answers no query, though a worker is there, is passed
   * over: its offer is kept, or it would be the next one again. Throws `no_worker` when it is the second such task.
   */
  async function isAnsweredFor(offer: HeldOffer, passedOver: PassedOver, wish: Wish): Promise<boolean> {
    try {
      await expectWorker(offer);
      return true;
    } catch (error) {
      const isSilence = error instanceof Problem && error.type === 'no_worker';
      if (isSilence && !passedOver.problem && (await engine.health(timeoutMs)).worker) {
        passedOver.add(offer, error);
        return false;
      }
      await giveBack(offer, wish);
      throw error;
    }
  }

  const giveBack = (offer: HeldOffer, { request }: Wish) => offers.giveBack(request.principal.id, offer);

  async function claimBy(offer: HeldOffer, wish: Wish): Promise<Claimed | undefined> {
    const agent = wish.request.principal.id;
    if (wish.hungUp.aborted) {
      await giveBack(offer, wish);
      return undefined;
    }
    const claim = claimOf(offer.taskId, wish, timeoutMs);
    tried(claim.runId, offer.taskId);
    try {
      await offers.claim(agent, offer, claim);
    } catch (error) {
      // It may have been Temporal's answer alone that was lost.
      const claimed = await outcomeOf(offer, claim, wish);
      if (claimed) return claimed;
      throw error;
    }
    return await outcomeOf(offer, claim, wish);
  }

  /** A claim into nothing would cost an attempt. So if none was heard of of late, a worker has to answer first. */
  async function expectWorker({ taskId }: HeldOffer): Promise<void> {
    if (Date.now() - engine.workerAnsweredAt() < WORKER_SEEN_MS) return;
    await engine.view(taskId, [], Math.min(WORKER_ANSWERS_MS, timeoutMs)).catch((error: unknown) => {
      // The offer of a task that is there no longer is withdrawn.
      if (!(error instanceof NotOpen)) throw error instanceof NoAnswer ? noWorker(error) : error;
    });
  }

  /** The run, if the claim got the task. */
  async function outcomeOf(
    { taskId }: HeldOffer,
    claim: Arguments<'claim'>,
    { request, hungUp }: Wish,
  ): Promise<Claimed | undefined> {
    const task = await reader.live(taskId, claim.messageId).catch((error: unknown) => {
      if (error instanceof NotOpen) return undefined;
      // Nobody will know of this run, so nobody would work with it if it came alive yet.
      if (request.key === undefined) void takeUp.giveBack(taskId, claim.runId, request);
      throw error;
    });
    if (task?.run?.id !== claim.runId) return undefined;
    known.remember(taskId, task.company);
    return await takeUp.takeUp(task, task.run, request, hungUp);
  }

  return take;
}

/** The offers of tasks that answer nobody. They are held meanwhile, so that the next poll gets what is behind them. */
class PassedOver {
  readonly offers: HeldOffer[] = [];
  /** Why the first of them was. */
  problem: Problem | undefined;

  /** Also takes it in when it is offered anew, for an offer lapses after 10 s. */
  has(offer: HeldOffer): boolean {
    const isKnown = this.offers.some(({ taskId }) => taskId === offer.taskId);
    if (isKnown) this.offers.push(offer);
    return isKnown;
  }

  add(offer: HeldOffer, problem: Problem): void {
    this.offers.push(offer);
    this.problem = problem;
  }
}
