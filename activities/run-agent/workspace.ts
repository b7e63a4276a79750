/** The folder that a run works in: made for it alone, and read once more when it is over. */
import { constants } from 'node:fs';
import { mkdir, open, realpath, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { launchFailure } from './failures.ts';
import type { WorkspaceFiles } from './workspace-files.ts';

const OWNER_ONLY = 0o700;

/**
 * Makes the folder with these files in it; it is left as a whole or not at all. Throws `already_launched` when it is
 * there: the run whose it is has been launched before.
 */
export async function makeWorkspace(folder: string, { folders, files }: WorkspaceFiles): Promise<void> {
  await mkdir(dirname(folder), { recursive: true, mode: OWNER_ONLY });
  await mkdir(folder, { mode: OWNER_ONLY }).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'EEXIST'
      ? launchFailure('already_launched', 'This run was launched before.')
      : error;
  });
  try {
    for (const each of folders) await mkdir(join(folder, each), { recursive: true });
    for (const [path, content] of files) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      // Nothing is overwritten or followed: all of it is new.
      await writeFile(join(folder, path), content, { flag: 'wx' });
    }
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

/**
 * The text of a file that an agent was to write, cut to its last `mostBytes`; undefined when there is none. What the
 * agent may have put in its place, such as a link to a file that is nobody's business, is not read.
 */
export async function readLeft(folder: string, path: string, mostBytes: number): Promise<string | undefined> {
  const file = join(folder, path);
  const parent = await realpath(dirname(file)).catch(() => undefined);
  if (parent !== join(await realpath(folder).catch(() => ''), dirname(path))) return undefined;
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  const handle = await open(file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK).catch(() => undefined);
  if (!handle) return undefined;
  try {
    const found = await handle.stat();
    if (!found.isFile() || found.nlink > 1) return undefined;
    const { size } = found;
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(Math.min(size, mostBytes)), {
      position: Math.max(0, size - mostBytes),
    });
    return buffer
      .subarray(0, bytesRead)
      .toString()
      .replace(/^\uFFFD+/, '');
  } finally {
    await handle.close();
  }
}
