/** `/docs`: the API for people, made from the same operations as the OpenAPI document. */
import { PROBLEMS } from '../problems.ts';
import type { ProblemName } from '../problems.ts';
import type { Operation } from '../route.ts';
import { escaped, marked, page } from './html.ts';

const FIRST_STEPS = `TOKEN=$(npm run --silent token -- --role agent --sub alice)
curl -s localhost:3000/v1/tasks -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' \\
  -d '{"title": "Summarise the README"}'`;

const problemLink = (name: ProblemName) =>
  `<a href="/problems/${name}">${name}</a> (${PROBLEMS[name].status})`;

function operationHtml(op: Operation): string {
  const path = escaped(op.path.replace(/:(\w+)/g, '{$1}'));
  const answers = Object.entries(op.answers).map(
    ([status, { description }]) => `${status}: ${escaped(description)}`,
  );
  return `<article id="${op.id}">
<h3><span class="method">${op.method.toUpperCase()}</span> <code>${path}</code></h3>
<p>${escaped(op.summary)}. ${op.description ? marked(op.description) : ''}</p>
<p>${answers.join(' · ')}</p>
<p>${op.problems.map(problemLink).join(', ')}</p>
</article>`;
}

/** The page itself. */
export function docsPage(operations: readonly Operation[]): string {
  return page(
    'Baton API',
    `<h1>Baton API</h1>
<p>Tasks for agents that may crash, reviewed by people. One page for programs: <a href="/llms.txt">/llms.txt</a>;
for code generators: <a href="/openapi.json">/openapi.json</a>; every refusal: <a href="/problems">/problems</a>.</p>
<h2>Start</h2>
<pre>${escaped(FIRST_STEPS)}</pre>
<h2>Rules</h2>
<ul>
<li>Every call carries <code>Authorization: Bearer …</code>; roles are agent, reviewer and operator.</li>
<li>Every change may carry an <code>Idempotency-Key</code>: the same key and body again get the first answer.</li>
<li>A task's <code>ETag</code> is its version; edits need it as <code>If-Match</code>.</li>
<li><code>actions</code> of a task says what you may do now, and why not the rest.</li>
<li>An answer of 202 means: durably received, not yet confirmed. Its <code>Location</code> tells later.</li>
</ul>
<h2>Operations</h2>
${operations.map(operationHtml).join('\n')}`,
  );
}

/** `/problems` and `/problems/:name`: what each refusal means. Undefined for a name that is none. */
export function problemsPage(name?: string): string | undefined {
  if (name === undefined) {
    const rows = Object.entries(PROBLEMS).map(
      ([each, { status, title }]) =>
        `<tr><td>${status}</td><td><a href="/problems/${each}">${each}</a></td><td>${escaped(title)}</td></tr>`,
    );
    return page(
      'Problems',
      `<h1>Problems</h1><table>${rows.join('')}</table><p><a href="/docs">The API</a></p>`,
    );
  }
  if (!Object.hasOwn(PROBLEMS, name)) return undefined;
  const { status, title, about, hint } = PROBLEMS[name as ProblemName];
  return page(
    title,
    `<h1>${escaped(title)}</h1><p><code>/problems/${name}</code>, HTTP status ${status}</p><p>${marked(about)}</p>
<p><b>What to do:</b> ${marked(hint)}</p>
<p><a href="/problems">All problems</a> · <a href="/docs">The API</a></p>`,
  );
}
