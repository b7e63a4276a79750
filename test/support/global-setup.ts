/**
 * What the tests against Temporal share: one server with its UI, another one on which tasks soon continue as new, a
 * prepared namespace on each, and the workflow code bundled once. Tests keep apart by task queues and ids of their own.
 * Both servers keep their data in memory, which is half the waiting; those that tests kill have files.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Connection } from '@temporalio/client';
import { DefaultLogger } from '@temporalio/worker';
import type { TestProject } from 'vitest/node';
import { installedBrowser } from '../../scripts/find-browser.ts';
import { prepareNamespace } from '../../scripts/prepare-namespace.ts';
import { freePort } from '../../scripts/ports.ts';
import { readSettings } from '../../scripts/settings.ts';
import { findTemporalBinary } from '../../scripts/temporal-binary.ts';
import { startTemporalServer, type TemporalServer } from '../../scripts/temporal-server.ts';
import { bundleWorkflows } from '../../worker/workflow-bundle.ts';

const NAMESPACE = 'baton';
const START_ATTEMPTS = 3;
/** A worker without a cache, or one that was killed, may lose a workflow task; by default it is missed after 10 s. */
const SETTINGS = { 'history.defaultWorkflowTaskTimeout': '3s' };
const HASTY = { ...SETTINGS, 'limit.historySize.suggestContinueAsNew': 160 * 1024 };

/** Starts it all and hands it to the tests; returns how to take it down. */
export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  const settings = readSettings();
  const folder = mkdtempSync(join(tmpdir(), 'baton-test-'));
  const workflowBundlePath = join(folder, 'workflows.js');
  const binary = await findTemporalBinary(settings, (line) => project.vitest.logger.log(line));
  const [server, hasty] = await Promise.all([
    startSomewhere(binary, join(folder, 'temporal.log')),
    startSomewhere(binary, join(folder, 'hasty.log'), HASTY),
  ]);
  const tearDown = async () => {
    await Promise.all([server.stop(), hasty.stop()]);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await Promise.all([prepare(server), prepare(hasty)]);
    writeFileSync(workflowBundlePath, (await bundleWorkflows(new DefaultLogger('WARN'))).code);
  } catch (error) {
    await tearDown();
    throw error;
  }
  project.provide('temporal', {
    address: server.address,
    hastyAddress: hasty.address,
    uiUrl: server.uiUrl ?? '',
    namespace: NAMESPACE,
    workflowBundlePath,
    binary,
    chromiumPath: installedBrowser(settings),
  });
  return tearDown;
}

async function prepare({ address }: TemporalServer): Promise<void> {
  const connection = await Connection.connect({ address });
  await prepareNamespace(connection, { namespace: NAMESPACE, retentionDays: 365 });
  await connection.close();
}

/** A port that was free a moment ago may have been taken since: then try others. */
async function startSomewhere(
  binary: string,
  logFile: string,
  settings: Record<string, unknown> = SETTINGS,
): Promise<TemporalServer> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await startTemporalServer({
        binary,
        port: await freePort(),
        uiPort: await freePort(),
        synchronous: 'NORMAL',
        logFile,
        settings,
      });
    } catch (error) {
      if (attempt === START_ATTEMPTS) throw error;
    }
  }
}
