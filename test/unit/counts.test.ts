/** Counting tasks with few questions, and not too many of them at a time. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createCounts } from '../../api/services/counts.ts';
import { createPace } from '../../api/services/pace.ts';
import { Shared } from '../../api/services/shared.ts';
import { STATUSES } from '../../workflows/task-state.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A Temporal that has these tasks, closed ones by how they ended, running ones by status and priority. */
function temporalWith(closed: Record<string, number>, running: [status: string, priority: number][]) {
  const questions: string[] = [];
  const count = async (query: string) => {
    questions.push(query);
    const groups = new Map(
      Object.entries({ ...closed, ...(running.length > 0 && { Running: running.length }) }),
    );
    const status = /TaskStatus = '(\w+)'/.exec(query)?.[1];
    const priority = /TaskPriority = (\d)/.exec(query)?.[1];
    const found = running.filter(
      (task) => (!status || task[0] === status) && (!priority || task[1] === Number(priority)),
    );
    return { total: found.length, groups };
  };
  return { questions, counts: createCounts({ count }) };
}

const ZERO = Object.fromEntries(STATUSES.map((status) => [status, 0]));

describe('the tasks of a queue by status', () => {
  test('are one question when none is open', async () => {
    const { counts, questions } = temporalWith(
      { Completed: 3, Failed: 2, Canceled: 1, Terminated: 1, TimedOut: 1 },
      [],
    );
    expect(await counts.byStatus('acme', 'q')).toEqual({ ...ZERO, done: 3, failed: 2, cancelled: 3 });
    expect(questions).toHaveLength(1);
  });

  test('are counted until all are found, those that settle last', async () => {
    const waiting = temporalWith({}, [
      ['queued', 3],
      ['queued', 1],
    ]);
    expect(await waiting.counts.byStatus('acme', 'q')).toEqual({ ...ZERO, queued: 2 });
    expect(waiting.questions).toHaveLength(2);
    const settling = temporalWith({ Completed: 1 }, [
      ['running', 3],
      ['done', 3],
      ['cancelled', 3],
    ]);
    expect(await settling.counts.byStatus('acme', 'q')).toEqual({
      ...ZERO,
      running: 1,
      done: 2,
      cancelled: 1,
    });
  });

  test('are counted once for all who ask within a moment', async () => {
    const { counts, questions } = temporalWith({ Completed: 1 }, []);
    await Promise.all([1, 2, 3].map(() => counts.byStatus('acme', 'q')));
    expect(questions).toHaveLength(1);
    await counts.byStatusNow('acme', 'q');
    expect(questions).toHaveLength(2);
    vi.advanceTimersByTime(10_000);
    await counts.byStatus('acme', 'q');
    expect(questions).toHaveLength(3);
  });
});

test('what waits is told by priority', async () => {
  const { counts } = temporalWith({}, [
    ['queued', 2],
    ['queued', 2],
    ['running', 1],
    ['queued', 5],
  ]);
  expect(await counts.byPriority('acme', 'q', 3)).toEqual({ 2: 2, 5: 1 });
});

test('a list of many queues keeps nobody waiting who looks at one', async () => {
  const { counts } = temporalWith({}, [['handoff', 3]]);
  const many = Array.from({ length: 100 }, (_, i) => counts.byStatusInList('acme', `q${i}`));
  const one = counts.byStatus('acme', 'one').then(() => 'answered');
  await vi.advanceTimersByTimeAsync(0);
  expect(await Promise.race([one, Promise.resolve('still waits')])).toBe('answered');
  await vi.runAllTimersAsync();
  await Promise.all(many);
});

test('questions beyond the rate wait for their turn, in their order', async () => {
  const turn = createPace(10);
  const order: number[] = [];
  const ask = (i: number) => turn().then(() => order.push(i));
  const all = Promise.all(Array.from({ length: 25 }, (_, i) => ask(i)));
  await vi.advanceTimersByTimeAsync(0);
  expect(order).toHaveLength(10);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(order).toHaveLength(20);
  await vi.advanceTimersByTimeAsync(1_000);
  await all;
  expect(order).toEqual(Array.from({ length: 25 }, (_, i) => i));
});

test('what is being found out is shared however long it takes, and a failure is not kept', async () => {
  const shared = new Shared<number>(100);
  let asked = 0;
  const slowly = () => new Promise<number>((resolve) => setTimeout(() => resolve((asked += 1)), 1_000));
  const first = shared.get('a', slowly);
  await vi.advanceTimersByTimeAsync(500);
  const second = shared.get('a', slowly);
  await vi.advanceTimersByTimeAsync(500);
  expect([await first, await second]).toEqual([1, 1]);
  shared.forget('a');
  await expect(shared.get('a', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await shared.get('a', async () => 7)).toBe(7);
});
