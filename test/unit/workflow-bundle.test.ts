/** The workflow code is bundled once, and found again by whoever wants it next. */
import { DefaultLogger } from '@temporalio/worker';
import { expect, test } from 'vitest';
import { bundleWorkflows } from '../../worker/workflow-bundle.ts';

test('what was bundled before is found, and not bundled again', async () => {
  const said: string[] = [];
  const logger = new DefaultLogger('INFO', ({ message }) => void said.push(message));
  const [first, second] = [await bundleWorkflows(logger), await bundleWorkflows(logger)];
  expect(second.code).toBe(first.code);
  expect(first.code).toContain('launch_run');
  expect(said.filter((message) => message.includes('bundle created')).length).toBeLessThanOrEqual(1);
});
