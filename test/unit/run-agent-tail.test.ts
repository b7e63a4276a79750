/** The last of an agent's output: bounded, readable, and without its token. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createTail } from '../../activities/run-agent/tail.ts';

const TOKEN = 'eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoiYWdlbnQiLCJydW4iOiJ4In0.c2lnbmF0dXJlLW9mLXRoZS1ydW4tdG9rZW4';
const SHOWN = 32 * 1024;

/** What is shown of this text when it comes in pieces of these sizes. */
function shownOf(text: string, sizes: readonly number[] = [1 << 20]): string {
  const tail = createTail(TOKEN);
  const bytes = Buffer.from(text);
  for (let at = 0, piece = 0; at < bytes.length; piece += 1) {
    const size = sizes[piece % sizes.length]!;
    tail.add(bytes.subarray(at, at + size));
    at += size;
  }
  return tail.text();
}

const sizes = fc.array(fc.integer({ min: 1, max: 100_000 }), { minLength: 1, maxLength: 5 });
const line = fc
  .string({ unit: 'grapheme', maxLength: 200 })
  .map((text) => text.replaceAll(/\p{Cc}|\p{Cs}|\uFFFD/gu, ''));

test('what fits is shown as it was printed', () => {
  fc.assert(
    fc.property(fc.array(line, { maxLength: 30 }), sizes, (lines, pieces) => {
      const text = lines.map((each) => `${each}\n`).join('');
      expect(shownOf(text, pieces)).toBe(text);
    }),
  );
});

test('of more than fits, whole lines at the end are shown, at most 32 KB', () => {
  fc.assert(
    fc.property(fc.array(line, { minLength: 50, maxLength: 100 }), sizes, (lines, pieces) => {
      const text = Array.from({ length: 40 }, () => lines.map((each) => `${each}\n`).join('')).join('');
      const shown = shownOf(text, pieces);
      expect(text.endsWith(shown)).toBe(true);
      expect(Buffer.byteLength(shown)).toBeLessThanOrEqual(SHOWN);
      if (Buffer.byteLength(text) <= SHOWN) return;
      expect(Buffer.byteLength(shown)).toBeGreaterThan(SHOWN - 2_000);
      expect(text[text.length - shown.length - 1]).toBe('\n');
    }),
    { numRuns: 30 },
  );
});

test('one endless line is shown from where it is cut', () => {
  expect(shownOf('é'.repeat(100_000))).toBe('é'.repeat(SHOWN / 2));
  expect(shownOf(`${'x'.repeat(100_000)}\n`)).toBe(`${'x'.repeat(SHOWN - 1)}\n`);
});

test('colours, bells and what is no text are left out', () => {
  expect(shownOf('\u001B[31mred\u001B[0m\u0007\0 and\r\n\tmore\n')).toBe('red and\n\tmore\n');
  expect(shownOf(Buffer.from([0xff, 0x41, 0xfe]).toString())).toBe('\uFFFDA\uFFFD');
});

test('the token never shows, however it is printed, cut off or still coming', () => {
  const around = fc.string({ maxLength: 50 });
  const flood = fc.integer({ min: 0, max: 70_000 }).map((length) => 'x'.repeat(length));
  fc.assert(
    fc.property(around, flood, fc.nat(TOKEN.length), sizes, (before, after, printed, pieces) => {
      const shown = shownOf(`${before}${TOKEN}\n${TOKEN}${after}${TOKEN.slice(0, printed)}`, pieces);
      for (let at = 0; at + 16 <= TOKEN.length; at += 1)
        expect(shown).not.toContain(TOKEN.slice(at, at + 16));
    }),
  );
  expect(shownOf(`key=\u001B[1m${TOKEN.slice(0, 30)}\u001B[0m${TOKEN.slice(30)}.`)).toBe('key=[token].');
});

test('a cut just within the token shows no rest of it', () => {
  for (let kept = 1; kept < TOKEN.length; kept += 1) {
    // Only what a terminal would not show follows, so that the start of what is kept is shown.
    const shown = shownOf(TOKEN + '\u0007'.repeat(64 * 1024 - kept));
    expect(shown.length).toBeLessThan(8);
  }
});
