/** Which agents a comment calls: those of the company whose name or id stands in it after an `@`. */
import type { AgentRecord } from '../../workflows/agent-record.ts';
import { LIMITS } from '../../workflows/limits.ts';
import type { Principal } from '../auth.ts';
import type { Agents } from './agents.ts';

export type Mentions = ReturnType<typeof createMentions>;

/** Makes what finds them; as part of the message that brings the comment, and without who writes it. */
export const createMentions =
  (agents: Pick<Agents, 'ofCompany'>) =>
  async ({ id, company }: Principal, comment: string | undefined): Promise<{ mentions?: string[] }> => {
    if (!comment?.includes('@')) return {};
    const others = (await agents.ofCompany(company)).filter((agent) => agent.id !== id);
    const mentions = mentionsIn(comment, others).slice(0, LIMITS.mentions);
    return mentions.length > 0 ? { mentions } : {};
  };

/** The ids of those agents that the text calls. Of names that begin alike the longest is meant; case does not matter. */
export function mentionsIn(text: string, agents: readonly Pick<AgentRecord, 'id' | 'profile'>[]): string[] {
  const names = agents.flatMap(({ id, profile: { name } }) =>
    [name, id].map((word) => ({ id, word: word.toLowerCase() })),
  );
  const found = new Set<string>();
  const said = text.toLowerCase();
  for (let at = said.indexOf('@'); at !== -1; at = said.indexOf('@', at + 1)) {
    // Within a word it is part of an address.
    if (ENDS_IN_WORD.test(said.slice(Math.max(0, at - 2), at))) continue;
    const rest = said.slice(at + 1);
    const here = names.filter(({ word }) => rest.startsWith(word) && !GOES_ON.test(rest.slice(word.length)));
    const longest = Math.max(...here.map(({ word }) => word.length));
    for (const { id, word } of here) if (word.length === longest) found.add(id);
  }
  return [...found];
}

const ENDS_IN_WORD = /[\p{L}\p{N}_]$/u;
/** What follows is part of the same name, which is another one then. */
const GOES_ON = /^[-.]?[\p{L}\p{N}_]/u;
