/**
 * Checks against JSON Schemas, in a thread of their own: schemas come from callers, and one can be made that takes
 * hours, which would stop the whole process. The thread is replaced when a check takes too long. Callers take turns in
 * it, so that whoever sends slow ones waits for their own.
 */
import { Worker } from 'node:worker_threads';
import { Problem, RETRY_SOON } from '../problems.ts';
import type { Job, Verdict } from './json-schema.ts';

/** A check took longer than it may, or more memory. */
export class Overran extends Error {}

/** Long for a check, even on a busy machine, and short for those who wait behind it. */
const LIMIT_MS = 2_000;
const WAITING_PER_CALLER = 20;
const MEMORY_MB = 256;

// Run from source these files end in .ts, which a thread has to learn to read first; built they end in .js.
const extension = import.meta.url.slice(import.meta.url.lastIndexOf('.'));
const PROGRAM = new URL(`./check-in-thread${extension}`, import.meta.url);
const fromSource = () =>
  `import('${import.meta.resolve('tsx/esm/api')}').then(({ register }) => (register(), import('${PROGRAM.href}')))`;

export function createCheckingThread({ limitMs = LIMIT_MS } = {}) {
  let thread: Promise<Worker> | undefined;
  const turns = new Map<string, { last: Promise<unknown>; waiting: number }>();

  /** Acts once all who came before under this name are done. */
  async function inTurn<T>(name: string, act: () => Promise<T>): Promise<T> {
    const turn = turns.get(name) ?? { last: Promise.resolve(), waiting: 0 };
    turns.set(name, turn);
    turn.waiting += 1;
    const mine = turn.last.then(act, act).finally(() => {
      turn.waiting -= 1;
      if (turn.waiting === 0) turns.delete(name);
    });
    turn.last = mine.catch(() => {});
    return await mine;
  }

  async function work(job: Job): Promise<Verdict> {
    thread ??= start();
    const worker = await thread.catch((error: unknown) => {
      thread = undefined;
      throw error;
    });
    try {
      return await answerOf(worker, job, limitMs);
    } catch (error) {
      thread = undefined;
      void worker.terminate();
      throw error;
    }
  }

  /**
   * Does the job, as the next of this caller's. Throws `Overran` when it takes too long, and `rate_limited` when the
   * caller has too many under way.
   */
  return async function checkFor(caller: string, job: Job): Promise<Verdict> {
    if ((turns.get(`by ${caller}`)?.waiting ?? 0) >= WAITING_PER_CALLER) {
      const detail = 'You have too many checks against a JSON Schema under way.';
      throw new Problem('rate_limited', { detail, ...RETRY_SOON });
    }
    return await inTurn(`by ${caller}`, () => inTurn('all', () => work(job)));
  };
}

/** A thread that is ready for work, whose loading counts for nobody's check. */
async function start(): Promise<Worker> {
  const resourceLimits = { maxOldGenerationSizeMb: MEMORY_MB };
  const worker =
    extension === '.ts'
      ? new Worker(fromSource(), { eval: true, resourceLimits })
      : new Worker(PROGRAM, { resourceLimits });
  worker.unref();
  // Whoever waits for an answer hears of it; without a listener it would end the process.
  worker.on('error', () => {});
  await nextMessage(worker);
  return worker;
}

async function answerOf(worker: Worker, job: Job, limitMs: number): Promise<Verdict> {
  let late: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_resolve, reject) => {
    late = setTimeout(() => reject(new Overran(`It took longer than ${limitMs} ms.`)), limitMs);
  });
  const answer = nextMessage(worker);
  worker.postMessage(job);
  try {
    return (await Promise.race([answer, tooLate])) as Verdict;
  } finally {
    clearTimeout(late);
  }
}

const OUT_OF_MEMORY = 'ERR_WORKER_OUT_OF_MEMORY';

function nextMessage(worker: Worker): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const settle = () => {
      worker.off('message', arrived);
      worker.off('error', failed);
      worker.off('exit', ended);
    };
    const arrived = (message: unknown) => {
      settle();
      resolve(message);
    };
    const failed = (error: Error) => {
      settle();
      const isFull = 'code' in error && error.code === OUT_OF_MEMORY;
      reject(isFull ? new Overran('It took too much memory.', { cause: error }) : error);
    };
    const ended = () => {
      settle();
      reject(new Overran('Its thread ended.'));
    };
    worker.on('message', arrived);
    worker.on('error', failed);
    worker.on('exit', ended);
  });
}
