/** The OpenAPI 3.1 document, made from the same schemas that check the requests. */
import { OpenAPIRegistry, OpenApiGeneratorV31, extendZodWithOpenApi } from '@asteasolutions/zod-to-openapi';
import type { ResponseConfig, RouteConfig } from '@asteasolutions/zod-to-openapi';
import { z } from 'zod';
import { PROBLEMS } from './problems.ts';
import type { ProblemName } from './problems.ts';
import type { Operation } from './route.ts';
import { ProblemBody, Received } from './schemas/answers.ts';

extendZodWithOpenApi(z);

/** Problems that any operation may answer. */
const ANYWHERE: ProblemName[] = [
  'unauthenticated',
  'rate_limited',
  'internal',
  'engine_unavailable',
  'keys_unavailable',
];
const WITH_BODY: ProblemName[] = [
  'invalid_json',
  'invalid_idempotency_key',
  'body_too_large',
  'unsupported_media_type',
  'idempotency_key_reused',
];

const RequestHeaders = z.object({
  'idempotency-key': z
    .string()
    .optional()
    .meta({ description: 'Makes the request safe to repeat: the same key and body get the first answer.' }),
  'x-run-id': z
    .string()
    .optional()
    .meta({ description: 'Your own name for this session; recorded, never checked.' }),
});
const ifMatch = z.string().meta({ description: 'The ETag of what you change, as you read it.' });

function responsesOf(op: Operation): Record<number, ResponseConfig> {
  const responses: Record<number, ResponseConfig> = {};
  for (const [status, { description, schema, contentType }] of Object.entries(op.answers)) {
    const content = {
      ...(schema && { 'application/json': { schema } }),
      ...(contentType && { [contentType]: { schema: z.string() } }),
    };
    responses[Number(status)] = { description, ...((schema ?? contentType) && { content }) };
  }
  if (op.mayBeUnconfirmed) {
    responses[202] = {
      description: 'Durably received; no worker has confirmed it yet.',
      content: { 'application/json': { schema: Received } },
    };
  }
  const names = new Set([
    ...op.problems,
    ...ANYWHERE,
    ...(op.method === 'get' ? [] : WITH_BODY),
    ...(op.body || op.query ? (['invalid_request'] as const) : []),
  ]);
  for (const status of new Set([...names].map((name) => PROBLEMS[name].status))) {
    const here = [...names].filter((name) => PROBLEMS[name].status === status);
    responses[status] = {
      description: here.map((name) => `[${name}](/problems/${name})`).join(', '),
      content: { 'application/problem+json': { schema: ProblemBody } },
    };
  }
  return responses;
}

function routeOf(op: Operation): RouteConfig {
  const match = op.ifMatch && { 'if-match': op.ifMatch === 'required' ? ifMatch : ifMatch.optional() };
  return {
    method: op.method,
    path: op.path.replace(/:(\w+)/g, '{$1}'),
    operationId: op.id,
    summary: op.summary,
    ...(op.description && { description: op.description }),
    request: {
      ...(op.params && { params: op.params }),
      ...(op.query && { query: op.query }),
      ...(op.method !== 'get' && { headers: RequestHeaders.extend(match ?? {}) }),
      ...(op.body && {
        body: { required: !op.bodyOptional, content: { 'application/json': { schema: op.body } } },
      }),
    },
    responses: responsesOf(op),
  };
}

/** The document for these operations. */
export function openApiDocument(operations: readonly Operation[], version: string) {
  const registry = new OpenAPIRegistry();
  registry.registerComponent('securitySchemes', 'token', {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
  });
  for (const op of operations) registry.registerPath(routeOf(op));
  return new OpenApiGeneratorV31(registry.definitions).generateDocument({
    openapi: '3.1.0',
    info: {
      title: 'Baton',
      version,
      description:
        'A durable orchestrator for the task runs of AI agents. Every refusal is an RFC 9457 problem.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    security: [{ token: [] }],
  });
}
