/** The README's diagram is the workflow's own table, drawn. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { stateDiagram } from '../../scripts/state-diagram.ts';

const README = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');

it('shows the states and transitions that the workflow has', () => {
  const drawn = /```mermaid\n([\s\S]*?)\n```/.exec(README)?.[1];
  expect(drawn, 'draw it anew with: npx tsx scripts/state-diagram.ts').toBe(stateDiagram());
});
