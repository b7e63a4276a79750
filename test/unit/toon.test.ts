/** TOON/1 as tickets are answered in it: what the document shows, and that whatever is written can be read. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { shape, toon, word } from '../../api/mcp/toon.ts';
import { readToon } from '../support/toon.ts';

describe('it looks as in the document:', () => {
  test.each([
    [
      'a ticket',
      shape('T', { id: word('myapp-003'), t: 'Fix it', s: word('ip'), ua: word('2024-01-15T10:05:22Z') }),
      'TOON/1 T{id:myapp-003,t:"Fix it",s:ip,ua:2024-01-15T10:05:22Z}',
    ],
    ['a list', [shape('T', { id: word('a') }), shape('T', { id: word('b') })], 'TOON/1 [T{id:a},T{id:b}]'],
    ['an empty list', [], 'TOON/1 []'],
    ['a board', shape('BOARD', { bk: [], td: [shape('T', {})] }), 'TOON/1 BOARD{bk:[],td:[T{}]}'],
    ['a yes', shape('', { ok: true }), 'TOON/1 {ok:true}'],
    [
      'an error',
      shape('ERR', { code: word('seq_blocked'), msg: 'myapp-022 blocked: ord=1 not done' }),
      'TOON/1 ERR{code:seq_blocked,msg:"myapp-022 blocked: ord=1 not done"}',
    ],
  ])('%s', (_name, value, text) => expect(toon(value)).toBe(text));
});

test.each([
  ['two words', '"two words"'],
  ['a,b', '"a,b"'],
  ['say "x"', '"say \\"x\\""'],
  ['line\nbreak', '"line\\nbreak"'],
  ['', '""'],
  ['7', '"7"'],
  ['1e5', '"1e5"'],
  ['true', '"true"'],
  ['-x', '"-x"'],
  ['a}', '"a}"'],
])('the word %j stands in quotes, for it could be misread', (text, written) => {
  expect(toon(word(text))).toBe(`TOON/1 ${written}`);
});

test('what is absent is left out', () => {
  expect(toon(shape('T', { id: word('a'), as: undefined, ord: 0 }))).toBe('TOON/1 T{id:a,ord:0}');
});

test('whatever is written is read again as it was', () => {
  const key = fc.stringMatching(/^[a-z]{1,4}$/).filter((name) => name !== 'is');
  fc.assert(
    fc.property(
      fc.dictionary(key, fc.oneof(fc.string({ unit: 'binary' }), fc.integer(), fc.boolean())),
      (fields) => {
        const plain = Object.entries(fields);
        const words = plain.map(([name, value]) => [name, typeof value === 'string' ? word(value) : value]);
        for (const each of [plain, words]) {
          const written = toon([shape('T', Object.fromEntries(each))]);
          expect(readToon(written)).toEqual([{ ...fields, is: 'T' }]);
        }
      },
    ),
  );
});
