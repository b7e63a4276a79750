/** The description of the API, made from its operations: complete, and the same for machines and people. */
import { Validator } from '@seriousme/openapi-schema-validator';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { openApiDocument } from '../../api/openapi.ts';
import { docsPage } from '../../api/pages/docs.ts';
import { PROBLEMS } from '../../api/problems.ts';
import type { Services } from '../../api/services/index.ts';
import { agentRoutes } from '../../api/routes/agents.ts';
import { approvalRoutes } from '../../api/routes/approvals.ts';
import { diagnosisRoutes } from '../../api/routes/diagnosis.ts';
import { memoryRoutes } from '../../api/routes/memories.ts';
import { runRoutes } from '../../api/routes/runs.ts';
import { subtaskRoutes } from '../../api/routes/subtasks.ts';
import { talkRoutes } from '../../api/routes/talk.ts';
import { taskRoutes } from '../../api/routes/tasks.ts';

const deps = { services: {} as Services, links: { temporalUi: () => '' } };
const operations = [
  ...taskRoutes(deps),
  ...subtaskRoutes(deps),
  ...runRoutes(deps),
  ...talkRoutes(deps),
  ...agentRoutes(deps),
  ...approvalRoutes(deps),
  ...memoryRoutes(deps),
  ...diagnosisRoutes(deps),
];

test('it is a valid OpenAPI 3.1 document', async () => {
  const document = openApiDocument(operations, '1.2.3');
  expect(await new Validator().validate(document as never)).toMatchObject({ valid: true });
  expect(document.info.version).toBe('1.2.3');
});

test('every operation has a name and a path of its own', () => {
  const names = operations.map(({ id }) => id);
  const paths = operations.map(({ method, path }) => `${method} ${path}`);
  expect(new Set(names).size).toBe(names.length);
  expect(new Set(paths).size).toBe(paths.length);
});

test.each(operations.map((op) => [op.id, op] as const))('%s documents its refusals, each once', (_id, op) => {
  const path = openApiDocument([op], '1').paths![op.path.replace(/:(\w+)/g, '{$1}')]!;
  const { responses } = path[op.method]!;
  for (const name of [...op.problems, 'unauthenticated', 'rate_limited', 'engine_unavailable'] as const) {
    expect(responses![String(PROBLEMS[name].status)].description, name).toContain(`/problems/${name})`);
  }
});

/** The names of what a request may have, as its schema has them. */
function propertiesOf(schema: z.ZodType | undefined): string[] {
  if (!schema) return [];
  const { properties, oneOf = [] } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  const alternatives = oneOf as { properties?: object }[];
  return [{ properties }, ...alternatives].flatMap((each) => Object.keys(each.properties ?? {}));
}

describe('the page for people', () => {
  const document = openApiDocument(operations, '1');
  const page = docsPage(operations, document, 'https://baton.example');
  const articleOf = (id: string) => page.split(`<article id="${id}">`)[1]!.split('</article>')[0]!;

  test.each(operations.map((op) => [op.id, op] as const))('%s is there, with all it takes', (id, op) => {
    const article = articleOf(id);
    expect(article).toContain(op.summary);
    for (const schema of [op.query, op.body]) {
      for (const name of propertiesOf(schema)) expect(article).toContain(`<td><code>${name}</code>`);
    }
  });

  test('tells of a field its type, whether it must be there, and what it means', () => {
    expect(articleOf('createTask')).toContain(
      '<tr><td><code>title</code></td><td>required</td><td>string, ≤ 400 bytes</td><td>One line.</td></tr>',
    );
    expect(articleOf('claimTask')).toContain('<code>lease.seconds</code>');
    expect(articleOf('listTasks')).toMatch(
      /<code>limit<\/code> <small>query<\/small>.*integer 1–100.*20 unless given/,
    );
    expect(articleOf('editTask')).toMatch(/<code>if-match<\/code> <small>header<\/small><\/td><td>required/);
    expect(articleOf('reviewTask')).toContain('<code>approve</code> | <code>request_changes</code>');
  });

  test('links to no shape and no operation that it does not show', () => {
    for (const [, target] of page.matchAll(/href="#([^"]+)"/g)) expect(page).toContain(`id="${target}"`);
  });

  test('gives a first command for where its reader is', () => {
    expect(page).toContain('curl -s https://baton.example/v1/tasks');
  });
});

test('only what becomes a signal may be answered before it is confirmed', () => {
  const { paths } = openApiDocument(operations, '1');
  const unconfirmed = Object.values(paths!).flatMap((path) =>
    Object.values(path as Record<string, { operationId: string; responses: object }>)
      .filter(({ responses }) => '202' in responses)
      .map(({ operationId }) => operationId),
  );
  expect(unconfirmed.toSorted((a, b) => a.localeCompare(b))).toEqual([
    'addComment',
    'archiveTask',
    'cancelTask',
    'handOff',
    'handOffQueuedTask',
    'linkTask',
    'markComplete',
    'markFailed',
    'releaseRun',
    'reopenTask',
    'reportProgress',
    'resumeTask',
    'reviewTask',
    'skipSubtask',
  ]);
});
