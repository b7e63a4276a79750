/** The life of a task as a Mermaid diagram, drawn from the table that the workflow runs on. */
import { COMMANDS, OCCURRENCES, STATUSES, TERMINAL } from '../workflows/task-state.ts';
import { runScript } from './run-script.ts';

/** The diagram's source, without the fence around it. */
export function stateDiagram(): string {
  const labels = new Map<string, string[]>();
  for (const [name, { from, to }] of Object.entries({ ...COMMANDS, ...OCCURRENCES })) {
    for (const start of from) {
      for (const end of to as readonly string[]) {
        if (start === end) continue;
        const edge = `${start} --> ${end}`;
        labels.set(edge, [...(labels.get(edge) ?? []), name.replaceAll('_', ' ')]);
      }
    }
  }
  const inOrder = (edge: string) => STATUSES.findIndex((status) => edge.startsWith(`${status} `));
  const edges = [...labels].sort(([a], [b]) => inOrder(a) - inOrder(b));
  return [
    'stateDiagram-v2',
    '  [*] --> queued',
    ...edges.map(([edge, names]) => `  ${edge}: ${names.join(', ')}`),
    ...TERMINAL.map((status) => `  ${status} --> [*]`),
  ].join('\n');
}

await runScript(import.meta.url, async () => console.log(stateDiagram()));
