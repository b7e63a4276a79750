/** What Temporal hears of an activity that waits for others. */
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { beating } from '../../activities/beating.ts';
import { BEATS_WITHIN } from '../../workflows/limits.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const MS = Number.parseInt(BEATS_WITHIN, 10) * 1000;

/** Runs it, and counts the heartbeats. */
function run<R>(activity: () => Promise<R>): { result: Promise<R>; beats: () => number } {
  const environment = new MockActivityEnvironment({}, { logger: new DefaultLogger('ERROR') });
  let count = 0;
  environment.on('heartbeat', () => (count += 1));
  return { result: environment.run(beating(activity)), beats: () => count };
}

test('it lives for as long as it takes, and no longer', async () => {
  let answer = (_text: string) => {};
  const { result, beats } = run(() => new Promise<string>((resolve) => (answer = resolve)));
  let before = 0;
  for (let i = 0; i < 3; i += 1) {
    await vi.advanceTimersByTimeAsync(MS);
    expect(beats()).toBeGreaterThan(before);
    before = beats();
  }
  answer('done');
  expect(await result).toBe('done');
  await vi.advanceTimersByTimeAsync(MS);
  expect(beats()).toBe(before);
});

test('one that is over at once sends none, and fails as it failed', async () => {
  const { result, beats } = run(() => Promise.reject(new Error('Nobody there.')));
  await expect(result).rejects.toThrow('Nobody there.');
  await vi.advanceTimersByTimeAsync(MS);
  expect(beats()).toBe(0);
});
