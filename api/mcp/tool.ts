/** What a tool is to the server: how it is announced, what it does, and how it says no. */
import type { CallToolResult, Tool as Announced } from '@modelcontextprotocol/server';
import { z } from 'zod';
import type { Principal } from '../auth.ts';
import { knownBy, parseIdempotencyKey } from '../idempotency.ts';
import { Problem } from '../problems.ts';
import { check } from '../route.ts';
import type { Request as Call } from '../services/messages.ts';

/** Who calls a tool, and until when the answer is waited for. */
export interface Asking {
  call: Call & { principal: Principal };
  hungUp: AbortSignal;
}

export interface Tool {
  announced: Announced;
  /** Throws what the services throw. */
  run: (given: Record<string, unknown>, asking: Asking) => Promise<CallToolResult>;
  refuse: (problem: Problem) => CallToolResult;
}

/** The arguments of a tool as this schema reads them. Throws `invalid_request`, which names each by its own name. */
export const readArguments = <S extends z.ZodType>(schema: S, given: unknown): z.output<S> =>
  check(schema, given, '') as z.output<S>;

/** What a schema takes, in the words of JSON Schema. */
export function jsonSchemaOf(schema: z.ZodObject): Announced['inputSchema'] {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  return rest as Announced['inputSchema'];
}

/** Under this name the tools that change something take what is the header `Idempotency-Key` elsewhere. */
const KEY = 'idempotency_key';

/** A tool as it is announced: one that changes something takes a key besides. */
export function announced(tool: Announced): Announced {
  if (tool.annotations?.readOnlyHint) return tool;
  const key = {
    type: 'string',
    minLength: 1,
    maxLength: 200,
    description:
      'A word of your own for this very call. If you never saw the answer, call again with the same word and the same arguments: it is done once. Another call needs another word.',
  };
  const { properties, ...rest } = tool.inputSchema;
  return { ...tool, inputSchema: { ...rest, properties: { ...properties, [KEY]: key } } };
}

/** The arguments without the key, and the call under it. Throws `invalid_idempotency_key`. */
export function underKey(
  name: string,
  { [KEY]: key, ...given }: Record<string, unknown>,
  call: Asking['call'],
): { given: Record<string, unknown>; call: Asking['call'] } {
  if (key === undefined || key === null) return { given, call };
  if (typeof key !== 'string') throw new Problem('invalid_idempotency_key');
  const known = knownBy(parseIdempotencyKey(key), call.principal.id, name, given);
  return { given, call: { ...call, ...known } };
}

/** The id of a task, whichever protocol wrote it. */
export const bareId = (id: string): string => id.replace(/^wt_/, '');
