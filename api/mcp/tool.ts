/** What a tool is to the server: how it is announced, what it does, and how it says no. */
import type { CallToolResult, Tool as Announced } from '@modelcontextprotocol/server';
import { z } from 'zod';
import type { Principal } from '../auth.ts';
import type { Problem } from '../problems.ts';
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

/** The id of a task, whichever protocol wrote it. */
export const bareId = (id: string): string => id.replace(/^wt_/, '');
