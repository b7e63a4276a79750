import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LIMITS } from '../../workflows/limits.ts';
import {
  MemoryChange,
  MemoryRecord,
  bytesOf,
  changeMemory,
  hearOfChange,
  lastOf,
  markdownOf,
} from '../../workflows/memory-record.ts';
import { byteLength, parse } from '../../workflows/parse.ts';
import { MEMORY } from '../support/entities.ts';
import { ada, at, olga } from '../support/task-fixture.ts';

let messages = 0;
type Change = Record<string, unknown>;

/** A message with what it needs at least. */
const message = (content: Change): MemoryChange =>
  ({ messageId: `m-${(messages += 1)}`, actor: ada, ...content }) as unknown as MemoryChange;
const add = (...texts: string[]): Change => ({
  do: 'append',
  entries: texts.map((text) => ({ id: `e-${(messages += 1)}`, text })),
});

/** The memory after all these changes, each of which must be taken. */
function after(...changes: Change[]): MemoryRecord {
  return changes.reduce<MemoryRecord>((memory, content) => {
    const changed = changeMemory(memory, message(content), at(0));
    if ('refusal' in changed) throw new Error(changed.refusal.detail);
    return changed;
  }, MEMORY);
}
const refusal = (memory: MemoryRecord, content: Change) => {
  const changed = changeMemory(memory, message(content), at(0));
  return 'refusal' in changed ? changed.refusal.type : 'accepted';
};
const texts = ({ entries }: MemoryRecord) => entries.map(({ text }) => text);
const FULL = 'x'.repeat(LIMITS.memoryBytes);

describe('a memory', () => {
  test('grows by entries that say whose they are and where they come from', () => {
    const memory = after(add('Beans.'), { ...add('Peas.', 'Corn.'), task: 't', run: 'r' });
    expect(memory).toMatchObject({ version: 2, entries: [{ text: 'Beans.', by: ada, at: at(0) }, {}, {}] });
    expect(memory.entries[0]).not.toHaveProperty('task');
    expect(memory.entries[2]).toMatchObject({ text: 'Corn.', by: ada, task: 't', run: 'r' });
  });

  test('takes the same message once, and no other one under its id', () => {
    const said = message({ ...add('Beans.'), contentHash: 'a' });
    const once = changeMemory(MEMORY, said, at(0)) as MemoryRecord;
    expect(changeMemory(once, said, at(1))).toBe(once);
    expect(hearOfChange(once, said, at(1))).toBe(once);
    expect(changeMemory(once, { ...said, contentHash: 'b' }, at(1))).toMatchObject({
      refusal: { type: 'idempotency_key_reused' },
    });
  });

  test('is written anew, by who has read it as it is', () => {
    const memory = after(add('Beans.'), add('Peas.'));
    expect(refusal(memory, { do: 'replace', text: 'Corn.', ifVersion: 1 })).toBe('stale_version');
    const written = changeMemory(memory, message({ do: 'replace', text: 'Corn.', ifVersion: 2 }), at(1));
    expect(written).toMatchObject({ version: 3, entries: [{ text: 'Corn.', whole: true }] });
    expect((written as MemoryRecord).entries).toHaveLength(1);
    expect(texts(after(add('Beans.'), { do: 'replace', text: '' }))).toEqual([]);
  });

  test('written anew just as it was read keeps who said what', () => {
    const memory = after({ do: 'replace', text: 'Soup.' }, add('Beans.'), { ...add('Peas.'), task: 't' });
    const same = changeMemory(memory, message({ do: 'replace', text: markdownOf(memory) }), at(9));
    expect(same).toMatchObject({ version: memory.version, entries: memory.entries });
  });

  test('keeps what came after its writer had read it', () => {
    const memory = after(add('Beans.'), add('Peas.'));
    const written = changeMemory(memory, message({ do: 'replace', text: 'Corn.', keepSince: 1 }), at(1));
    expect(texts(written as MemoryRecord)).toEqual(['Corn.', 'Peas.']);
  });

  test('is full at some point, and drops nothing then', () => {
    const memory = after(add('Beans.'), add(FULL.slice(6)));
    expect(bytesOf(memory.entries)).toBe(LIMITS.memoryBytes);
    expect(refusal(memory, add('x'))).toBe('memory_full');
    const many = Array.from({ length: LIMITS.memoryEntries }, () => add('x'));
    expect(refusal(after(...many), add('x'))).toBe('memory_full');
  });

  test('gets room by a summary of its oldest entries, which counts what it stands for', () => {
    const memory = after(add('a', 'b', 'c'), add(FULL.slice(3)));
    const upTo = (index: number) => memory.entries[index]!.id;
    const summary = { do: 'summarise', upTo: upTo(1), text: 'ab', actor: olga };
    const shorter = changeMemory(memory, message(summary), at(1)) as MemoryRecord;
    expect(shorter.entries.slice(0, 2)).toMatchObject([
      { text: 'ab', by: olga, summarises: 2 },
      { text: 'c' },
    ]);
    const again = message({ do: 'summarise', upTo: upTo(3), text: 'all', actor: olga });
    expect(changeMemory(shorter, again, at(2))).toMatchObject({ entries: [{ text: 'all', summarises: 4 }] });
    expect(refusal(shorter, summary)).toBe('no_such_entry');
  });
});

describe('what nobody waits for an answer to', () => {
  const promote = (...promoted: string[]) => message({ ...add(...promoted), task: 't', run: 'r' });

  test('is kept as far as there is room, and noted as far as there is none', () => {
    const memory = after(add(FULL.slice(2)));
    const said = promote('a', 'too long', 'b');
    const heard = hearOfChange(memory, said, at(1));
    expect(texts(heard).slice(1)).toEqual(['a', 'b']);
    const { id } = (said as Extract<MemoryChange, { do: 'append' }>).entries[1]!;
    expect(heard.leftOut).toEqual([{ id, by: ada, at: at(1), task: 't', run: 'r' }]);
    expect(hearOfChange(heard, said, at(2))).toBe(heard);
    const often = Array.from({ length: 2 * LIMITS.leftOut }, () => promote('too long'));
    expect(often.reduce((before, each) => hearOfChange(before, each, at(3)), heard).leftOut).toHaveLength(
      LIMITS.leftOut,
    );
  });

  test('of a text that is too long keeps the end, beside what came meanwhile', () => {
    const heard = hearOfChange(
      after(add('Beans.'), add('Peas.')),
      message({ do: 'replace', text: FULL.replace(/.$/, '!'), keepSince: 1 }),
      at(1),
    );
    expect(texts(heard)[0]).toMatch(/^\(The beginning is cut off: of 65536 bytes .*\)\nx+!$/);
    expect(texts(heard)[1]).toBe('Peas.');
    expect(bytesOf(heard.entries)).toBe(LIMITS.memoryBytes);
  });
});

describe('the text of a memory', () => {
  test('is what was written, then what was added, by whom and of which task', () => {
    const memory = after({ do: 'replace', text: '# Soup\n' }, { ...add('Beans.\n\nMany.'), task: 't' });
    expect(markdownOf(memory)).toBe(`# Soup\n\n- **ada, task t, ${at(0)}:**\n  Beans.\n\n  Many.\n`);
    expect(markdownOf(after({ do: 'replace', text: 'As it is' }))).toBe('As it is');
    expect(markdownOf(MEMORY)).toBe('');
  });

  test('lets nobody pose as another: no line of an entry begins as one of another author does', () => {
    const bad = fc.array(fc.constantFrom('- **olga, 2030:**', 'x', '\n', '\r', '\r\n', ' '));
    fc.assert(
      fc.property(bad, (parts) => {
        const said = `x${parts.join('')}`;
        const lines = markdownOf(after(add(said))).split(/\r\n?|\n/);
        expect(lines.filter((line) => line.startsWith('- '))).toHaveLength(1);
        expect(lines.slice(1).every((line) => line === '' || line.startsWith('  '))).toBe(true);
      }),
    );
  });

  test('is cut between characters', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 200 }), fc.nat(100), (said, more) => {
        const cut = lastOf(said, 100 + more);
        expect(cut.isWellFormed()).toBe(true);
        expect(byteLength(cut)).toBeLessThanOrEqual(100 + more);
        expect(said.endsWith(cut.slice(cut.indexOf('\n') + 1)) || cut === said).toBe(true);
      }),
    );
  });
});

test('whatever is sent to it, a memory stays within its bounds, and what the next execution can begin with', () => {
  const size = fc
    .constantFrom(1, 5_000, 30_000, LIMITS.memoryBytes)
    .map((length) => 'é'.repeat(length / 2 + 1));
  const said = size.map((text) => text.slice(0, LIMITS.memoryBytes / 2));
  const change = fc.oneof(
    fc.array(said, { minLength: 1, maxLength: 3 }).map((each) => add(...each)),
    fc.record({
      do: fc.constant('replace'),
      text: said,
      keepSince: fc.option(fc.nat(5), { nil: undefined }),
    }),
    fc.record({ do: fc.constant('summarise'), upTo: fc.nat(40).map((n) => `e-${n}`), text: said }),
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(change, fc.boolean()), { maxLength: 12 }), (changes) => {
      let memory = MEMORY;
      for (const [content, isSignal] of changes) {
        const parsed = parse(MemoryChange, message(content));
        if (!parsed.ok) throw new Error(parsed.fault);
        const changed = isSignal
          ? hearOfChange(memory, parsed.value, at(0))
          : changeMemory(memory, parsed.value, at(0));
        if ('refusal' in changed) continue;
        expect(changed.version - memory.version).toBeLessThanOrEqual(3);
        memory = changed;
        expect(bytesOf(memory.entries)).toBeLessThanOrEqual(LIMITS.memoryBytes);
        expect(parse(MemoryRecord, JSON.parse(JSON.stringify(memory)))).toMatchObject({ ok: true });
      }
    }),
  );
});
