/**
 * Tests of the workflow on a real Temporal server. Every test runs on two workers, one that keeps workflows in memory
 * and one that replays them for each task; afterwards every history that the tests made is replayed.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hurriedBundle, ruthlessBundle } from './altered-bundles.ts';
import './runtime.ts';
import { temporalUnderTest } from './temporal.ts';
import { TestWorker } from './test-worker.ts';

const WORKERS = [
  ['an ordinary worker', undefined],
  ['a worker that keeps no workflow in memory', 0],
] as const;

/**
 * A group of tests, once for each kind of worker; side by side unless they stop and start it. `hasty` ones are on the
 * server where tasks soon continue as new; in `hurried` ones a parent looks after its sub-tasks every two seconds;
 * in `ruthless` ones tasks do not wait for the end of a program before they continue as new.
 */
export function describeOnWorkers(
  name: string,
  define: (baton: TestWorker) => void,
  { sideBySide = true, hurried = false, hasty = false, ruthless = false } = {},
): void {
  describe.each(WORKERS)(`${name}, on %s`, (_kind, maxCachedWorkflows) => {
    const { address, hastyAddress, namespace, workflowBundlePath } = temporalUnderTest();
    const altered = hurried ? hurriedBundle : ruthless ? ruthlessBundle : (path: string) => path;
    const server = {
      address: hasty ? hastyAddress : address,
      namespace,
      workflowBundlePath: altered(workflowBundlePath),
    };
    const baton = new TestWorker(server, maxCachedWorkflows);
    beforeAll(() => baton.connect());
    afterAll(() => baton.close());
    describe('one by one', { concurrent: sideBySide }, () => {
      define(baton);
    });
    test('and every history made here replays, without a failed workflow task in it', async () => {
      expect(await baton.replay()).toEqual([]);
    });
  });
}
