/**
 * Saved histories, for the replay test: as protobufjs writes messages as JSON. A saved one is never replaced: it is
 * what workflows in flight look like.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import proto from '@temporalio/proto';
import type { RealTask } from './real-task.ts';

const { History } = proto.temporal.api.history.v1;

/** The folder of the saved histories. */
export const HISTORIES = fileURLToPath(new URL('../histories/', import.meta.url));

const fileOf = (folder: string, name: string, execution: number) =>
  join(folder, `${name}${execution > 0 ? `.${execution + 1}` : ''}.json`);

export const isRecorded = (name: string, folder: string): boolean => existsSync(fileOf(folder, name, 0));

/**
 * Saves the history of every execution of `task` into `folder`: `name.json`, `name.2.json` and so on. Throws rather than
 * overwrite.
 */
export async function recordHistory(task: RealTask, name: string, folder: string): Promise<void> {
  for (const [execution, history] of (await task.histories()).entries()) {
    const json = JSON.stringify(History.fromObject(history), withoutTraces, 1);
    writeFileSync(fileOf(folder, name, execution), `${json}\n`, { flag: 'wx' });
  }
}

/** Where and on which machine it was recorded is nobody's business, and no replay looks at it. */
function withoutTraces(key: string, value: unknown): unknown {
  if (key === 'stackTrace' || key === 'identity') return undefined;
  return typeof value === 'string' && PROCESS.test(value) ? 'a worker' : value;
}
const PROCESS = /^\d+@/;

/** A saved history as the replay of a worker takes it. */
export const readHistory = (file: string) =>
  History.fromObject(JSON.parse(readFileSync(HISTORIES + file, 'utf8')) as object);
