/** What the ticket tools take: each argument by its full name or its short one, words in either form. */
import { z } from 'zod';
import { LIMITS, RANGES } from '../../../workflows/limits.ts';
import { comment, name, text, within } from '../../schemas/common.ts';
import { EXEC_MODES, LINK_TYPES, PRIORITIES, STATUSES, TYPES, shortOf } from './words.ts';

/** Short names of arguments. */
export const ALIASES: Readonly<Record<string, string>> = {
  t: 'title',
  typ: 'type',
  p: 'priority',
  d: 'description',
  lbl: 'labels',
  em: 'exec_mode',
  ord: 'exec_order',
  s: 'status',
  par: 'parent_id',
  as: 'assignee',
  ua: 'etag',
};

const NUMBERS = ['exec_order', 'limit', 'depth'];
const FLAGS = ['recursive', 'include_archived'];

/** The arguments under their full names. Numbers and lists may come as text; what is null was not meant, or is empty. */
export function fullNames(given: Record<string, unknown>): Record<string, unknown> {
  const named: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(given)) {
    const full = Object.hasOwn(ALIASES, key) ? ALIASES[key]! : key;
    // The full name counts where both are given.
    if (full !== key && Object.hasOwn(given, full)) continue;
    if (value !== null) named[full] = valueOf(full, value);
    else if (full === 'assignee' || full === 'description') named[full] = '';
  }
  return named;
}

function valueOf(key: string, value: unknown): unknown {
  if (typeof value !== 'string') return value;
  if (NUMBERS.includes(key) && /^\d+$/.test(value)) return Number(value);
  if (FLAGS.includes(key) && /^(?:true|false)$/.test(value)) return value === 'true';
  if (key !== 'labels') return value;
  return value
    .split(',')
    .map((label) => label.trim())
    .filter((label) => label !== '');
}

function oneOf<W extends Readonly<Record<string, string>>>(words: W, description: string) {
  const all = [...new Set([...Object.keys(words), ...Object.values(words)])];
  return z
    .enum(all)
    .transform((value) => shortOf(words, value)!)
    .meta({
      description: `${description} ${Object.entries(words)
        .map(([s, f]) => `${s}=${f}`)
        .join(', ')}.`,
    });
}

const some = (description: string) => ({ description });
const LONGEST_LIST = 1_000;

/** Every argument there is, by its full name. */
export const ARGUMENTS = {
  id: text(LIMITS.idBytes, 1).meta(some('Id of the ticket.')),
  title: text(LIMITS.titleBytes, 1)
    .refine((value) => !/[\r\n]/.test(value), 'must be one line')
    .meta(some('One line. Needed for a new ticket.')),
  type: oneOf(TYPES, 'What kind of ticket it is; tsk unless given:'),
  priority: oneOf(PRIORITIES, 'How urgent it is; m unless given:'),
  description: text(LIMITS.descriptionBytes).meta(some('What is to be done. Markdown.')),
  labels: z
    .array(text(LIMITS.labelBytes, 1))
    .max(LIMITS.labels - 1)
    .meta(some('Words to list it by.')),
  parent_id: text(LIMITS.idBytes, 1).meta(some('Id of the ticket that this one is a part of.')),
  exec_mode: oneOf(
    EXEC_MODES,
    'Whether it waits for the parts of the same ticket that have a lower exec_order; par unless given:',
  ),
  exec_order: within(RANGES.order).meta(
    some('Its place among the parts of the same ticket. No two may have the same.'),
  ),
  status: oneOf(STATUSES, 'Where the ticket stands:'),
  assignee: z
    .union([z.literal(''), name])
    .meta(some('The agent it is for. Empty: for nobody in particular.')),
  etag: text(LIMITS.idBytes, 1).meta(
    some('The ua of the ticket as you last read it: refused with a conflict if it has changed since.'),
  ),
  author: name.meta(some('Name to show with the comment; you, unless given.')),
  body: comment.meta(some('A comment: what was done, or what is in the way. Markdown.')),
  query: text(200, 1).meta(some('Words of title or description; tickets with any of them are found.')),
  depth: within([1, LIMITS.treeDepth]).meta(some('How many levels below the ticket.')),
  recursive: z.boolean().meta(some('All levels below the ticket, not only the first.')),
  from_id: text(LIMITS.idBytes, 1).meta(some('The ticket that gets the link.')),
  to_id: text(LIMITS.idBytes, 1).meta(some('The ticket that it leads to.')),
  link_type: oneOf(LINK_TYPES, 'What the first is to the second:'),
  limit: within([1, LONGEST_LIST]).meta(some('How many tickets at most.')),
  include_archived: z.boolean().meta(some('Also those that were archived.')),
};
export type ArgumentName = keyof typeof ARGUMENTS;
