/** The last of a command's output, in memory of a fixed size however much there is, without what must not be shown. */
import { stripVTControlCharacters } from 'node:util';

/** Kept as it came. More than is shown, so that a secret which is cut in two at the start is not shown either. */
const KEPT_BYTES = 64 * 1024;
const SHOWN_BYTES = 32 * 1024;
/** Pieces of a secret that are shorter tell nothing. */
const SHORTEST_PIECE = 8;
const MASK = '[token]';

export interface Tail {
  add(chunk: Buffer): void;
  /** The last lines as text of at most 32 KB. */
  text(): string;
}

/** Keeps what is added; `secret` shows as a mask, whole or in pieces at either end. */
export function createTail(secret: string): Tail {
  const ring = Buffer.alloc(KEPT_BYTES);
  let end = 0;
  let total = 0;
  let shown: string | undefined;

  const kept = () =>
    total <= KEPT_BYTES
      ? ring.subarray(0, total)
      : Buffer.concat([ring.subarray(end), ring.subarray(0, end)]);

  return {
    add(chunk) {
      const last = chunk.subarray(-KEPT_BYTES);
      const fitting = last.copy(ring, end);
      last.copy(ring, 0, fitting);
      end = (end + last.length) % KEPT_BYTES;
      total += last.length;
      shown = undefined;
    },
    text: () => (shown ??= lastLines(masked(readable(kept()), secret))),
  };
}

/** Without the commands of terminals, and what else is no text. */
const readable = (bytes: Buffer): string =>
  // oxlint-disable-next-line no-control-regex
  stripVTControlCharacters(bytes.toString()).replace(/[^\P{Cc}\n\t]/gu, '');

/** Also masks the beginning of a secret that is still being printed, and the end of one that is partly lost. */
function masked(text: string, secret: string): string {
  let left = text.replaceAll(secret, MASK);
  for (let length = secret.length - 1; length >= SHORTEST_PIECE; length -= 1) {
    if (left.endsWith(secret.slice(0, length))) left = left.slice(0, -length) + MASK;
    if (left.startsWith(secret.slice(-length))) left = MASK + left.slice(length);
  }
  return left;
}

function lastLines(text: string): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= SHOWN_BYTES) return text;
  // Begins within a character, and within a line that is of no use, unless it is the only one.
  const cut = bytes
    .subarray(-SHOWN_BYTES)
    .toString()
    .replace(/^\uFFFD+/, '');
  const line = cut.indexOf('\n');
  return line < 0 || line === cut.length - 1 ? cut : cut.slice(line + 1);
}
