/** The workflow code as it is, but for what tests can't wait for, or need as it once was. */
import { readFileSync, writeFileSync } from 'node:fs';

/** Writes the bundle with something else in the place of what must be there, so often; answers where. */
function altered(bundlePath: string, name: string, from: RegExp, to: string, times: number): string {
  const bundle = readFileSync(bundlePath, 'utf8');
  const found = bundle.match(from)?.length ?? 0;
  if (found !== times) throw new Error(`The bundle has ${from} ${found} times, not ${times}.`);
  const path = bundlePath.replace(/\.js$/, `-${name}.js`);
  writeFileSync(path, bundle.replace(from, to));
  return path;
}

/** A bundle in which a parent looks after its sub-tasks every two seconds, not every five minutes. */
export const hurriedBundle = (bundlePath: string): string =>
  altered(bundlePath, 'hurried', /const LOOK_SECONDS = 300;/g, 'const LOOK_SECONDS = 2;', 1);

/** A bundle in which a task continues as new though the program of its run lives. */
export const ruthlessBundle = (bundlePath: string): string =>
  altered(
    bundlePath,
    'ruthless',
    /const LONGEST_WITH_A_PROGRAM = 30_?000;/g,
    'const LONGEST_WITH_A_PROGRAM = 0;',
    1,
  );

/** A bundle from before approvals held anything back. */
export const bundleWithMereLinks = (bundlePath: string): string =>
  altered(bundlePath, 'with-mere-links', /\(0,[\w$.]+\.patched\)\('approvals'\)/g, 'false', 1);

/** A bundle from before anybody was woken. */
export const bundleWithoutWakes = (bundlePath: string): string =>
  altered(bundlePath, 'without-wakes', /\(0,[\w$.]+\.patched\)\('wakes'\)/g, 'false', 3);
