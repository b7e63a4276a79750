import { readdirSync } from 'node:fs';
import { Worker } from '@temporalio/worker';
import { expect, test } from 'vitest';
import { replayOptions } from '../../worker/create-worker.ts';
import { HISTORIES, readHistory } from '../support/record-history.ts';
import { temporalUnderTest } from '../support/temporal.ts';

const files = readdirSync(HISTORIES).filter((file) => file.endsWith('.json'));

test('there are saved histories', () => {
  expect(files).not.toEqual([]);
});

test.each(files)('workflows that look like %s go on under the code of today', async (file) => {
  const workflowBundle = { codePath: temporalUnderTest().workflowBundlePath };
  const replay = Worker.runReplayHistory({ ...replayOptions, workflowBundle }, readHistory(file));
  await expect(replay).resolves.toBeUndefined();
});
