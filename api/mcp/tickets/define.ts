/** Makes a ticket tool of a name, what it is for, the arguments it takes and what it does. */
import type { CallToolResult, ToolAnnotations } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { announced, jsonSchemaOf, readArguments } from '../tool.ts';
import type { Asking, Tool } from '../tool.ts';
import { ALIASES, ARGUMENTS, fullNames } from './arguments.ts';
import type { ArgumentName } from './arguments.ts';
import { refused } from './refuse.ts';

type Value<N extends ArgumentName> = z.output<(typeof ARGUMENTS)[N]>;
export type Given<R extends ArgumentName, O extends ArgumentName> = { [N in R]: Value<N> } & {
  [N in O]?: Value<N> | undefined;
};

interface Described<R extends ArgumentName, O extends ArgumentName> {
  name: string;
  description: string;
  required?: readonly R[];
  optional?: readonly O[];
  annotations?: ToolAnnotations;
  run: (given: Given<R, O>, asking: Asking) => Promise<CallToolResult>;
}

export function ticketTool<R extends ArgumentName = never, O extends ArgumentName = never>({
  name,
  description,
  required = [],
  optional = [],
  annotations = { readOnlyHint: false, destructiveHint: false },
  run,
}: Described<R, O>): Tool {
  const schema = z.object({
    ...Object.fromEntries(required.map((each) => [each, ARGUMENTS[each]])),
    ...Object.fromEntries(optional.map((each) => [each, ARGUMENTS[each].optional()])),
  });
  return {
    announced: announced({ name, description, annotations, inputSchema: withAliases(jsonSchemaOf(schema)) }),
    run: (given, asking) => run(readArguments(schema, fullNames(given)) as Given<R, O>, asking),
    refuse: refused,
  };
}

/** The schema with the short names beside the full ones. What may come under either is required under neither. */
function withAliases(schema: Tool['announced']['inputSchema']): Tool['announced']['inputSchema'] {
  const full = (schema.properties ?? {}) as Record<string, object>;
  const short = Object.entries(ALIASES)
    .filter(([, name]) => name in full)
    .map(([alias, name]) => [alias, { ...full[name], description: `Short for ${name}.` }]);
  const required = (schema.required ?? []).filter((name) => !Object.values(ALIASES).includes(name));
  return { ...schema, properties: { ...full, ...Object.fromEntries(short) }, required };
}
