/**
 * Records one history per path a task can take, for `test/workflow/replay-histories.test.ts`, into this folder or into
 * the one that is named. Those recorded before are left as they are. Needs a Temporal server with Baton's namespace and
 * search attributes that suggests to continue as new early, so that the files stay small:
 *
 *   temporal server start-dev --port 7333 --headless \
 *     --dynamic-config-value limit.historySize.suggestContinueAsNew=60000
 *   TEMPORAL_ADDRESS=127.0.0.1:7333 npx tsx test/histories/record.ts
 *
 * All of them take ten minutes, half of it for a parent that looks after its sub-tasks every five.
 */
import { Connection } from '@temporalio/client';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { prepareNamespace } from '../../scripts/prepare-namespace.ts';
import { readSettings } from '../../scripts/settings.ts';
import { SetupError } from '../../scripts/setup-error.ts';
import { HISTORIES, isRecorded, recordHistory } from '../support/record-history.ts';
import { TestWorker } from '../support/test-worker.ts';
import { APPROVAL_PATHS } from './approval-paths.ts';
import { ENTITY_PATHS } from './entity-paths.ts';
import { OFFER_PATHS } from './offer-paths.ts';
import { TASK_PATHS } from './task-paths.ts';
import { STEP_PATHS } from './step-paths.ts';
import { TREE_PATHS } from './tree-paths.ts';
import { WAKE_PATHS } from './wake-paths.ts';

Runtime.install({ logger: new DefaultLogger('ERROR') });

const NAMESPACE = 'baton';
const PATHS = { ...TASK_PATHS, ...OFFER_PATHS, ...TREE_PATHS, ...STEP_PATHS, ...ENTITY_PATHS, ...WAKE_PATHS, ...APPROVAL_PATHS };

async function main(folder = HISTORIES): Promise<void> {
  const address = readSettings().temporalAddress;
  if (!address) throw new SetupError('Set TEMPORAL_ADDRESS to a server made for this; see record.ts.');
  const missing = Object.entries(PATHS).filter(([name]) => !isRecorded(name, folder));
  const connection = await Connection.connect({ address });
  await prepareNamespace(connection, { namespace: NAMESPACE, retentionDays: 1 });
  await connection.close();
  const baton = new TestWorker({ address, namespace: NAMESPACE });
  await baton.connect();
  try {
    for (const [name, take] of missing) {
      const task = await take(baton);
      await task.final();
      await recordHistory(task, name, folder);
      process.stdout.write(`recorded ${name}\n`);
    }
  } finally {
    await baton.close();
  }
}

await main(process.argv[2]);
