/** The description of the API, made from its operations: complete, and the same for machines and people. */
import { Validator } from '@seriousme/openapi-schema-validator';
import { expect, test } from 'vitest';
import { openApiDocument } from '../../api/openapi.ts';
import { docsPage } from '../../api/pages/docs.ts';
import { PROBLEMS } from '../../api/problems.ts';
import type { Services } from '../../api/services/index.ts';
import { runRoutes } from '../../api/routes/runs.ts';
import { subtaskRoutes } from '../../api/routes/subtasks.ts';
import { talkRoutes } from '../../api/routes/talk.ts';
import { taskRoutes } from '../../api/routes/tasks.ts';

const deps = { services: {} as Services, links: { temporalUi: () => '' } };
const operations = [...taskRoutes(deps), ...subtaskRoutes(deps), ...runRoutes(deps), ...talkRoutes(deps)];

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

test('the page for people shows every operation', () => {
  const page = docsPage(operations);
  for (const { id, summary } of operations) {
    expect(page).toContain(`id="${id}"`);
    expect(page).toContain(summary);
  }
});
