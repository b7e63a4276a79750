import { expect, test } from 'vitest';
import { mentionsIn } from '../../api/services/mentions.ts';

const agent = (id: string, name = id) => ({ id, profile: { name, role: 'agent' } });
const agents = [agent('ada', 'Ada Lovelace'), agent('ada-2', 'Ada'), agent('bob'), agent('agent/7', 'Zoë')];

test.each([
  ['@bob please look', ['bob']],
  ['Please look, @BOB.', ['bob']],
  ['(@bob, @zoë: look)', ['bob', 'agent/7']],
  ['@Ada Lovelace, look', ['ada']],
  ['@Ada, look', ['ada', 'ada-2']],
  ['@ada-2 look', ['ada-2']],
  ['@agent/7 look', ['agent/7']],
  ['@bob @bob @bob', ['bob']],
  ['@bobby, @bob-1, @bob.smith and @bob_', []],
  ['mail bob@bob and @', []],
  ['@@bob', ['bob']],
  ['nobody: bob', []],
])('%j calls %j', (text, called) => {
  expect(mentionsIn(text, agents).toSorted()).toEqual(called.toSorted());
});
