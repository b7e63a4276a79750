/**
 * The door of every npm script: plain Node without dependencies, so that it works on a fresh checkout. Checks
 * Node's version, installs what package-lock.json asks for, then runs the script in this same process under tsx.
 *
 *   node scripts/bootstrap.mjs scripts/start.ts [arguments]
 */
import { spawnSync } from 'node:child_process';
import { existsSync, lstatSync, realpathSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** What is wrong with this version of Node, with the remedy; undefined when it will do. */
export function nodeProblem(version) {
  const [major, minor] = version.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return undefined;
  return (
    `Baton needs Node 20.19 or newer; this is ${version}.\n` +
    'Install a current one from https://nodejs.org, or run `nvm install` here, and try again.'
  );
}

/** Whether the installed packages are missing or older than the lock file under `folder`. */
export function needsInstall(folder) {
  // npm writes this file at the end of every install.
  const installed = join(folder, 'node_modules', '.package-lock.json');
  if (!existsSync(installed)) return true;
  return statSync(installed).mtimeMs < statSync(join(folder, 'package-lock.json')).mtimeMs;
}

/** Why packages may not be installed under `folder`, with the remedy; undefined when they may. */
export function installProblem(folder) {
  const packages = join(folder, 'node_modules');
  if (!lstatSync(packages, { throwIfNoEntry: false })?.isSymbolicLink()) return undefined;
  return (
    `${packages} is a symbolic link, and its packages do not fit package-lock.json. To install here would first empty\n` +
    'what it points to. Install there, or remove the link and try again.'
  );
}

function install() {
  const problem = installProblem(root);
  if (problem) fail(problem);
  console.error('Installing dependencies (about half a minute) ...');
  const args = ['ci', '--include=dev', '--no-audit', '--no-fund'];
  const { status, error } = spawnSync('npm', args, { cwd: root, stdio: ['ignore', 2, 2] });
  if (status === 0) return;
  const why = error ? `: ${error.message}` : '';
  fail(`npm could not install the dependencies${why}. See its output above, then run \`npm ci\` in ${root}.`);
}

function fail(message) {
  console.error(message);
  process.exit(1);
}

async function main() {
  const problem = nodeProblem(process.versions.node);
  if (problem) fail(problem);
  if (needsInstall(root)) install();
  const script = resolve(root, process.argv[2]);
  process.argv.splice(1, 2, script);
  // The same thing as `node --import tsx`, but without a second process between npm's signals and the script.
  await import('tsx');
  await import(pathToFileURL(script).href);
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) await main();
