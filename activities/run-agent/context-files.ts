/** The context files of a task, inline or fetched from hosts that the runner's operator allows. */
import type { Definition } from '../../workflows/definition.ts';
import { launchFailure } from './failures.ts';
import { isSafePath } from './safe-path.ts';

type ContextItem = NonNullable<Definition['context']>[number];

export interface ContextFile {
  /** Below `context/`. */
  path: string;
  content: string | Uint8Array;
}

export interface FetchLimits {
  /** Hosts as URLs name them, with the port unless it is the usual one. */
  hosts: ReadonlySet<string>;
  bytes: number;
  /** For each file. */
  milliseconds: number;
}

/** The file that is always there; a task may bring its own. */
export const BRIEF = 'brief.md';

const MOST_REDIRECTS = 5;

/** Throws `context_refused` before anything is fetched, or `context_unavailable`. */
export async function gatherContext(
  items: readonly ContextItem[],
  limits: FetchLimits,
  signal: AbortSignal,
): Promise<ContextFile[]> {
  refuseUnsafe(items.map(({ path }) => path));
  for (const { url, text } of items) if (text === undefined && url !== undefined) allowed(url, limits);
  return await Promise.all(
    items.map(async ({ path, text, url }) => ({
      path,
      content: text ?? (url === undefined ? '' : await fetchFile(url, limits, signal)),
    })),
  );
}

function refuseUnsafe(paths: readonly string[]): void {
  const files = new Set<string>();
  for (const path of paths) {
    if (!isSafePath(path)) {
      throw refused(
        `The context file ${JSON.stringify(path)} would not lie in the workspace: give it a relative path without "." and "..".`,
      );
    }
    if (files.has(path)) throw refused(`Two context files are called ${path}: give each a path of its own.`);
    files.add(path);
  }
  for (const path of files) {
    const folder = foldersOf(path).find((each) => files.has(each) || each === BRIEF);
    if (folder !== undefined)
      throw refused(`The context file ${folder} can't be the folder of ${path}, too.`);
  }
}

function foldersOf(path: string): string[] {
  const names = path.split('/');
  return names.slice(1).map((_, at) => names.slice(0, at + 1).join('/'));
}

function allowed(address: string, { hosts }: FetchLimits): URL {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (!url || !['http:', 'https:'].includes(url.protocol) || url.username || url.password) {
    throw refused(
      `The context file at ${address} can't be fetched: its URL is to begin with https://, without a password.`,
    );
  }
  if (hosts.has(url.host)) return url;
  throw refused(
    `The context file at ${address} is not fetched: add ${url.host} to BATON_CONTEXT_HOSTS of the runner if it may be.`,
  );
}

async function fetchFile(address: string, limits: FetchLimits, stop: AbortSignal): Promise<Uint8Array> {
  const signal = AbortSignal.any([stop, AbortSignal.timeout(limits.milliseconds)]);
  try {
    const response = await follow(address, limits, signal);
    if (!response.ok) throw unavailable(address, `it answers ${response.status}`);
    return await readBody(address, response, limits.bytes);
  } catch (error) {
    stop.throwIfAborted();
    if (signal.aborted) throw unavailable(address, `it took more than ${limits.milliseconds / 1000} s`);
    if (error instanceof TypeError) throw unavailable(address, causeOf(error), error);
    throw error;
  }
}

/** Follows redirects, but only to where it could have been sent at once. */
async function follow(address: string, limits: FetchLimits, signal: AbortSignal): Promise<Response> {
  let url = allowed(address, limits);
  for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects += 1) {
    const response = await fetch(url, { redirect: 'manual', signal });
    const to = response.headers.get('location');
    if (response.status < 300 || response.status >= 400 || to === null) return response;
    await response.body?.cancel();
    url = allowed(new URL(to, url).href, limits);
  }
  throw unavailable(address, 'it redirects again and again');
}

async function readBody(address: string, response: Response, mostBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > mostBytes) throw refused(`The context file at ${address} is larger than ${mostBytes} bytes.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

const causeOf = (error: Error): string =>
  error.cause instanceof Error ? error.cause.message : error.message;

const refused = (message: string) => launchFailure('context_refused', message);
const unavailable = (address: string, why: string, cause?: unknown) =>
  launchFailure('context_unavailable', `The context file at ${address} can't be fetched: ${why}.`, cause);
