/** A ticket and what is below it as a Mermaid flow chart: what belongs to what, and which step waits for which. */
import type { Task } from '../../../workflows/task-record.ts';
import type { Branch } from './tree.ts';
import { execModeOf, statusOf } from './words.ts';

const ESCAPES: Readonly<Record<string, string>> = { '"': '#quot;', '#': '#35;', '<': '#lt;', '>': '#gt;' };

/** Inside of quotes these mean something to Mermaid. */
const escaped = (text: string): string => text.replace(/["#<>]/g, (each) => ESCAPES[each]!);

function label({ id, definition, parent, status }: Task): string {
  const { title, labels, mode } = definition;
  const place = parent?.order === undefined ? '' : ` ord=${parent.order}`;
  const facts = `s=${statusOf(status, labels)} em=${execModeOf(mode)}${place}`;
  return [escaped(title), id, facts].join('<br/>');
}

export function diagramOf(root: Branch): string {
  const names = new Map<string, string>();
  const nodes: string[] = [];
  const edges: string[] = [];
  const visit = ({ task, below }: Branch): void => {
    const name = `n${names.size}`;
    names.set(task.id, name);
    nodes.push(`${name}["${label(task)}"]`);
    let before: Task | undefined;
    for (const branch of below) {
      visit(branch);
      const child = names.get(branch.task.id)!;
      const isStep =
        execModeOf(branch.task.definition.mode) === 'seq' && branch.task.parent?.order !== undefined;
      const waitsFor = isStep && before ? names.get(before.id)! : undefined;
      edges.push(waitsFor ? `${waitsFor} -->|must be dn first| ${child}` : `${name} --> ${child}`);
      if (branch.task.parent?.order !== undefined) before = branch.task;
    }
  };
  visit(root);
  const links = all(root).flatMap(({ id, links: related = [] }) =>
    related
      .filter(({ to }) => names.has(to))
      .map(({ to, type }) => `${names.get(id)} -.->|${type}| ${names.get(to)}`),
  );
  return ['flowchart TD', ...[...nodes, ...edges, ...links].map((line) => `    ${line}`)].join('\n');
}

const all = ({ task, below }: Branch): Task[] => [task, ...below.flatMap(all)];
