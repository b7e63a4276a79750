/** What may be forgotten: the oldest goes first, and no more is kept than was meant to be. */
import { expect, test } from 'vitest';
import { Remembered } from '../../api/services/remembered.ts';

test('the oldest entries go first, and one that is set again is new', () => {
  const map = new Remembered<number>({ atMost: 3 });
  for (const key of ['a', 'b', 'c']) map.set(key, 1);
  map.set('a', 2).set('d', 1);
  expect([...map.keys()]).toEqual(['c', 'a', 'd']);
});

test('entries may count by their weight', () => {
  const map = new Remembered<string>({ atMost: 10, weightOf: ({ length }) => length });
  map.set('a', 'xxxx').set('b', 'xxxx').set('c', 'xxx');
  expect([...map.keys()]).toEqual(['b', 'c']);
  map.delete('b');
  map.set('d', 'xxxxxxx');
  expect([...map.keys()]).toEqual(['c', 'd']);
  map.set('e', 'x'.repeat(11));
  expect(map.size, 'one that is too heavy is not kept').toBe(0);
});
