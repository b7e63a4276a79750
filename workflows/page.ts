/** How the current details of a workflow are laid out for the Temporal UI, which shows them as Markdown. */

export type Fact = [name: string, value: string | number | undefined];

/** A page: its title, one sentence, what is known, and a list. */
export function page(
  title: string,
  standing: string,
  facts: readonly Fact[],
  list: readonly string[] = [],
): string {
  const rows = facts
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `- **${name}:** ${plain(String(value))}`);
  // The UI measures the text before it wraps it, and cuts as many lines off its end as wrapping added.
  const margin = Array.from({ length: WRAPPED_LINES }, () => '\n\u00a0');
  return [`### ${plain(title)}`, '', plain(standing), '', ...rows, '', ...list, ...margin].join('\n');
}

const LONGEST = 300;
const WRAPPED_LINES = 3;

/** What agents wrote is shown as text: on one line, cut, and without power over the page's Markdown or links. */
export function plain(value: string, longest = LONGEST): string {
  const line = value.replace(/\s+/g, ' ');
  const cut = line.length > longest ? `${line.slice(0, longest)}…`.toWellFormed() : line;
  return cut.replace(/[\\`*_[\]<>#|!]/g, '\\$&');
}
