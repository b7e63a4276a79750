/** The workflow code as a worker or a replay wants it: bundled once, and kept until something that goes into it changes. */
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode } from '@temporalio/worker';
import type { Logger } from '@temporalio/worker';

const require = createRequire(import.meta.url);
export const payloadConverterPath = require.resolve('./payload-converter.cjs');
// Run from source these files end in .ts, built they end in .js.
const extension = import.meta.url.slice(import.meta.url.lastIndexOf('.'));
const FOLDER = fileURLToPath(new URL('../workflows/', import.meta.url));
const pathOf = (module: string) => join(FOLDER, `${module}${extension}`);

const SDK = require.resolve('@temporalio/worker/package.json');
/** Beside the packages, as they go into it too. */
const KEPT_IN = join(dirname(SDK), '..', '..', '.cache', 'baton');

/** Bundles the workflow code, which takes seconds, unless there is a bundle of these very files. */
export async function bundleWorkflows(logger?: Logger): Promise<{ code: string }> {
  const name = `workflows-${await fingerprint()}.js`;
  const kept = await readFile(join(KEPT_IN, name), 'utf8').catch(() => undefined);
  if (kept !== undefined) return { code: kept };
  const { code } = await bundleWorkflowCode({
    workflowsPath: pathOf('index'),
    workflowInterceptorModules: [pathOf('interceptors')],
    payloadConverterPath,
    ...(logger && { logger }),
  });
  // Where nothing may be written, as in a container, it is made anew each time.
  await keep(name, code).catch(() => {});
  return { code };
}

/** Of all that goes into a bundle: workflows import nothing but each other and the SDK. */
async function fingerprint(): Promise<string> {
  const entries = await readdir(FOLDER, { recursive: true, withFileTypes: true });
  const sources = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  const hash = createHash('sha256');
  for (const file of [...sources.toSorted(), payloadConverterPath, SDK]) {
    hash
      .update(`${file}\0`)
      .update(await readFile(file))
      .update('\0');
  }
  return hash.digest('hex').slice(0, 32);
}

/** Keeps this one and no other. It is there as a whole or not at all, whoever else writes it. */
async function keep(name: string, code: string): Promise<void> {
  await mkdir(KEPT_IN, { recursive: true });
  const unfinished = join(KEPT_IN, `${randomUUID()}.part`);
  await writeFile(unfinished, code);
  for (const old of await readdir(KEPT_IN)) {
    if (old.startsWith('workflows-') && old !== name) await rm(join(KEPT_IN, old), { force: true });
  }
  await rename(unfinished, join(KEPT_IN, name));
}
