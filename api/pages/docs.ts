/** `/docs`: the API for people, made from the same operations as the OpenAPI document. */
import type { openApiDocument } from '../openapi.ts';
import { PROBLEMS } from '../problems.ts';
import type { ProblemName } from '../problems.ts';
import type { Operation } from '../route.ts';
import { fieldsOf, fieldsTable, nameOf, shapeLink } from './fields.ts';
import type { Field, Schema } from './fields.ts';
import { escaped, marked, page } from './html.ts';

/** The OpenAPI document, as far as it is read here. */
type Document = ReturnType<typeof openApiDocument>;
interface Described {
  parameters?: { name: string; in: string; required?: boolean; schema: Schema }[];
  requestBody?: { content: { 'application/json': { schema: Schema } } };
  responses: Record<string, { content?: Record<string, { schema: Schema }> }>;
}

const firstSteps = (url: string) => `TOKEN=$(npm run --silent token -- --role agent --sub alice)
curl -s ${url}/v1/tasks -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' \\
  -d '{"title": "Summarise the README"}'`;

/** Told once for all operations, among the rules. */
const HEADERS_OF_ALL = ['idempotency-key', 'x-run-id'];

const problemLink = (name: ProblemName) =>
  `<a href="/problems/${name}">${name}</a> (${PROBLEMS[name].status})`;

const pathOf = (op: Operation) => op.path.replace(/:(\w+)/g, '{$1}');

function operationHtml(op: Operation, document: Document): string {
  const described = document.paths![pathOf(op)]![op.method] as Described;
  const answers = Object.entries(op.answers).map(([status, { description }]) => {
    const shape = nameOf(described.responses[status]?.content?.['application/json']?.schema ?? {});
    return `${status}: ${escaped(description)}${shape ? ` ${shapeLink(shape)}` : ''}`;
  });
  const fields = fieldsHtml(described, document);
  return `<article id="${op.id}">
<h3><span class="method">${op.method.toUpperCase()}</span> <code>${escaped(pathOf(op))}</code></h3>
<p>${escaped(op.summary)}. ${op.description ? marked(op.description) : ''}</p>
${fields}
<p>${answers.join(' · ')}</p>
<p>${op.problems.map(problemLink).join(', ')}</p>
</article>`;
}

function fieldsHtml({ parameters = [], requestBody }: Described, document: Document): string {
  const given = parameters.filter(
    ({ name, in: place }) => place !== 'path' && !HEADERS_OF_ALL.includes(name.toLowerCase()),
  );
  const outside = given.map(({ name, in: where, required = false, schema }): Field => ({
    name,
    where,
    required,
    schema,
  }));
  const body = requestBody?.content['application/json'].schema ?? {};
  const fields = [...outside, ...fieldsOf(resolved(body, document))];
  if (fields.length === 0) return '';
  const parts = outside.length > 0 ? [...new Set(outside.map(({ where }) => where))] : [];
  if (fields.length > outside.length) parts.push('body');
  return `<details><summary>What to send: ${parts.join(', ')}</summary>${fieldsTable(fields)}</details>`;
}

const shapesIn = (document: Document) => (document.components?.schemas ?? {}) as Record<string, Schema>;

const resolved = (schema: Schema, document: Document): Schema =>
  shapesIn(document)[nameOf(schema) ?? ''] ?? schema;

function shapeHtml([name, schema]: [string, Schema]): string {
  const about = schema.description ? `<p>${marked(schema.description)}</p>` : '';
  // The id is inside: who follows a link to it finds it unfolded.
  return `<details><summary>${name}</summary><div id="${name}">${about}${fieldsTable(fieldsOf(schema))}</div></details>`;
}

/** The page itself; `url` is where its reader reaches the API. */
export function docsPage(operations: readonly Operation[], document: Document, url: string): string {
  return page(
    'Baton API',
    `<h1>Baton API</h1>
<p>Tasks for agents that may crash, reviewed by people. One page for programs: <a href="/llms.txt">/llms.txt</a>;
for code generators: <a href="/openapi.json">/openapi.json</a>; every refusal: <a href="/problems">/problems</a>.</p>
<h2>Start</h2>
<pre>${escaped(firstSteps(url))}</pre>
<h2>Rules</h2>
<ul>
<li>Every call carries <code>Authorization: Bearer …</code>; roles are agent, reviewer and operator.</li>
<li>Every change may carry an <code>Idempotency-Key</code>: the same key and body again get the first answer.</li>
<li>A task's <code>ETag</code> is its version; edits need it as <code>If-Match</code>.</li>
<li><code>X-Run-Id</code> is your own name for your session; it is recorded with what you do, never checked.</li>
<li><code>actions</code> of a task says what you may do now, and why not the rest.</li>
<li>An answer of 202 means: durably received, not yet confirmed. Its <code>Location</code> tells later.</li>
</ul>
<h2>Operations</h2>
${operations.map((op) => operationHtml(op, document)).join('\n')}
<h2>Shapes</h2>
${Object.entries(shapesIn(document)).map(shapeHtml).join('\n')}`,
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
