/** The last line of every script: runs it when it is what Node was asked to run, not when it is imported. */
import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { explain } from './setup-error.ts';

/** Runs `main` if the module at `url` is the entry; whatever it throws is shown and becomes exit code 1. */
export async function runScript(url: string, main: () => Promise<void>): Promise<void> {
  const [, entry] = process.argv;
  if (!entry || realpathSync(entry) !== fileURLToPath(url)) return;
  try {
    await main();
  } catch (error) {
    console.error(explain(error));
    process.exitCode = 1;
  }
}
