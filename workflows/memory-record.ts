/**
 * What is remembered across tasks: of a task, an agent, a project or a client. A memory is a list of entries, each with
 * whose it is and where it comes from. It has an end: nothing is dropped to make room, but by an operator who says what
 * stands in place of the oldest. Pure.
 */
import { Actor } from './actor.ts';
import { id } from './definition.ts';
import { envelope } from './entity.ts';
import { LIMITS } from './limits.ts';
import { boolean, byteLength, integer, list, object, oneOf, optional, text, time } from './parse.ts';
import type { Infer, Parser } from './parse.ts';
import type { Refusal } from './refusals.ts';

export const MEMORY_SCOPES = ['task', 'agent', 'project', 'client'] as const;
export type MemoryScope = (typeof MEMORY_SCOPES)[number];

const COUNT = integer(0, Number.MAX_SAFE_INTEGER);
const entryText = text(LIMITS.memoryBytes, 1);

/** Where it comes from, when that is the work of a run. */
const origin = { task: optional(id), run: optional(id) };

const Entry = object({
  id,
  text: entryText,
  by: Actor,
  at: time,
  ...origin,
  /** It was written as the whole text of the memory, and reads just as it was written. */
  whole: optional(boolean),
  /** How many entries it stands in place of. */
  summarises: optional(COUNT),
  /** The version of the memory that it came with. */
  version: COUNT,
});
export type MemoryEntry = Infer<typeof Entry>;

export const MemoryRecord = object({
  scope: oneOf(...MEMORY_SCOPES),
  id,
  company: id,
  entries: list(Entry, LIMITS.memoryEntries),
  /** The latest that there was no room for. Their texts stand where they come from. */
  leftOut: list(object({ id, by: Actor, at: time, ...origin }), LIMITS.leftOut),
  /** Raised by every change. */
  version: COUNT,
  updatedAt: time,
  /** The latest messages that changed it: the same again changes nothing. */
  handled: list(object({ id, hash: optional(id) }), LIMITS.rememberedMessages),
});
export type MemoryRecord = Infer<typeof MemoryRecord>;

const always = { ...envelope, ...origin, ifVersion: optional(COUNT) };
const Append = object({
  ...always,
  do: oneOf('append'),
  entries: list(object({ id, text: entryText }), LIMITS.promotions, 1),
});
const Replace = object({
  ...always,
  do: oneOf('replace'),
  text: text(LIMITS.memoryBytes),
  /** Keeps what came after this version, which the writer of the text had not read. */
  keepSince: optional(COUNT),
});
const Summarise = object({
  ...always,
  do: oneOf('summarise'),
  /** The last of the entries that the text stands in place of. */
  upTo: id,
  text: entryText,
});
const CHANGES = { append: Append, replace: Replace, summarise: Summarise };
export type MemoryChange = Infer<(typeof CHANGES)[keyof typeof CHANGES]>;

/** What is done to a memory. */
export const MemoryChange: Parser<MemoryChange> = (value, at) => {
  const { do: what } = object({ do: oneOf('append', 'replace', 'summarise') })(value, at);
  return CHANGES[what](value, at);
};

/** A memory of which nothing is known yet. */
export const emptyMemory = (
  { scope, id: name, company }: Pick<MemoryRecord, 'scope' | 'id' | 'company'>,
  now: string,
): MemoryRecord => ({
  scope,
  id: name,
  company,
  entries: [],
  leftOut: [],
  version: 0,
  updatedAt: now,
  handled: [],
});

/** How much of its room a memory has used, in bytes. */
export const bytesOf = (entries: readonly Pick<MemoryEntry, 'text'>[]): number =>
  entries.reduce((sum, entry) => sum + byteLength(entry.text), 0);

type Changed = MemoryRecord | { refusal: Refusal };

/** The memory after a change, or why there is none. */
export function changeMemory(memory: MemoryRecord, message: MemoryChange, now: string): Changed {
  const before = memory.handled.find(({ id: known }) => known === message.messageId);
  if (before && before.hash === message.contentHash) return memory;
  if (before) {
    return refuse({
      type: 'idempotency_key_reused',
      detail: 'This key was used for another change of this memory.',
    });
  }
  if (message.ifVersion !== undefined && message.ifVersion !== memory.version) {
    return refuse({
      type: 'stale_version',
      detail: `The memory has version ${memory.version} by now, not ${message.ifVersion}.`,
      hint: 'Read it again, and send your text with its new version.',
      retryable: false,
      version: memory.version,
    });
  }
  const after = apply(memory, message, now);
  return 'refusal' in after ? after : withHandled(after, message);
}

/** As `changeMemory`, where nobody waits for an answer: what there is no room for is left out, and noted as such. */
export function hearOfChange(memory: MemoryRecord, message: MemoryChange, now: string): MemoryRecord {
  if (memory.handled.some(({ id: known }) => known === message.messageId)) return memory;
  return withHandled(asFarAsFits(memory, message, now), message);
}

function asFarAsFits(memory: MemoryRecord, message: MemoryChange, now: string): MemoryRecord {
  if (message.do === 'append') {
    return message.entries.reduce((before, entry) => {
      const after = apply(before, { ...message, entries: [entry] }, now);
      return 'refusal' in after ? withoutRoomFor(before, entry.id, message, now) : after;
    }, memory);
  }
  const room = LIMITS.memoryBytes - bytesOf(message.do === 'replace' ? unread(memory, message) : []);
  const after = apply(memory, { ...message, text: lastOf(message.text, room) }, now);
  return 'refusal' in after ? withoutRoomFor(memory, message.messageId, message, now) : after;
}

const withHandled = (memory: MemoryRecord, { messageId, contentHash: hash }: MemoryChange): MemoryRecord => ({
  ...memory,
  handled: [...memory.handled, { id: messageId, ...(hash !== undefined && { hash }) }].slice(
    -LIMITS.rememberedMessages,
  ),
});

const withoutRoomFor = (
  memory: MemoryRecord,
  entryId: string,
  { actor, task, run }: MemoryChange,
  at: string,
): MemoryRecord => ({
  ...memory,
  leftOut: [...memory.leftOut, { id: entryId, by: actor, at, ...originOf({ task, run }) }].slice(
    -LIMITS.leftOut,
  ),
});

function apply(memory: MemoryRecord, message: MemoryChange, now: string): Changed {
  const version = memory.version + 1;
  const { actor: by, task, run } = message;
  const made = { by, at: now, ...originOf({ task, run }), version };
  const become = (entries: MemoryEntry[]): Changed => {
    const hasRoom = entries.length <= LIMITS.memoryEntries && bytesOf(entries) <= LIMITS.memoryBytes;
    return hasRoom ? { ...memory, entries, version, updatedAt: now } : refuse(full(memory));
  };
  switch (message.do) {
    case 'append': {
      const known = new Set(memory.entries.map((entry) => entry.id));
      const fresh = message.entries.filter((entry) => !known.has(entry.id));
      if (fresh.length === 0) return memory;
      return become([...memory.entries, ...fresh.map((entry) => ({ ...entry, ...made }))]);
    }
    case 'replace': {
      if (message.text === markdownOf(memory)) return memory;
      const whole = { id: message.messageId, text: message.text, ...made, whole: true };
      return become([...(message.text === '' ? [] : [whole]), ...unread(memory, message)]);
    }
    case 'summarise': {
      const last = memory.entries.findIndex((entry) => entry.id === message.upTo);
      if (last < 0) return refuse(noSuchEntry(message.upTo));
      const summarises = memory.entries
        .slice(0, last + 1)
        .reduce((sum, entry) => sum + (entry.summarises ?? 1), 0);
      const summary = { id: message.messageId, text: message.text, ...made, summarises };
      return become([summary, ...memory.entries.slice(last + 1)]);
    }
  }
}

const refuse = (refusal: Refusal): { refusal: Refusal } => ({ refusal });

const originOf = ({ task, run }: { task?: string | undefined; run?: string | undefined }) => ({
  ...(task !== undefined && { task }),
  ...(run !== undefined && { run }),
});

/** What whoever writes the whole text anew had not read. */
const unread = (
  { entries }: MemoryRecord,
  { keepSince }: { keepSince?: number | undefined },
): MemoryEntry[] =>
  keepSince === undefined ? [] : entries.filter(({ version, whole }) => version > keepSince && !whole);

const full = ({ entries }: MemoryRecord): Refusal => ({
  type: 'memory_full',
  detail: `The memory has ${entries.length} entries with ${bytesOf(entries)} bytes of text; ${LIMITS.memoryEntries} and ${LIMITS.memoryBytes} are the most.`,
  hint: 'An operator makes room by POST …/summarise, with `upTo`, the id of an entry, and `text`, which stands in place of it and all before.',
  retryable: false,
});

const noSuchEntry = (entry: string): Refusal => ({
  type: 'no_such_entry',
  detail: `The memory has no entry ${entry}.`,
  hint: 'Read it again: others may have summarised it, or written it anew.',
  retryable: false,
});

/** The memory as whoever works reads it. What has an author is a list, its text set in, so that none can pose as another. */
export const markdownOf = ({ entries }: Pick<MemoryRecord, 'entries'>): string =>
  entries.map((entry) => (entry.whole ? entry.text : `${attributed(entry)}\n`)).join('\n');

function attributed({ text: said, by, at, task, summarises }: MemoryEntry): string {
  const from = task === undefined ? '' : `, task ${task}`;
  const instead = summarises === undefined ? '' : `, in place of ${summarises} entries`;
  const head = `${by.id}${from}, ${at}${instead}`.replace(/\s+/g, ' ');
  const lines = said.trimEnd().split(/\r\n?|\n/);
  return [`- **${head}:**`, ...lines].join('\n  ').replace(/ +$/gm, '');
}

/** The end of a text that has more than `max` bytes, after a line that says so. */
export function lastOf(said: string, max: number): string {
  const bytes = new TextEncoder().encode(said);
  if (bytes.length <= max) return said;
  const line = `(The beginning is cut off: of ${bytes.length} bytes there was room for ${max}.)\n`;
  let from = bytes.length - Math.max(0, max - byteLength(line));
  // Not in the middle of a character.
  while (from < bytes.length && (bytes[from]! & 0xc0) === 0x80) from += 1;
  return line + new TextDecoder().decode(bytes.subarray(from));
}
