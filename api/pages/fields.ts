/** What a request may carry, as tables for people, read from the OpenAPI document so that it is what is checked. */
import { escaped, marked } from './html.ts';

/** As much of JSON Schema as our own schemas come to. */
export interface Schema {
  $ref?: string;
  type?: string | string[];
  format?: string;
  enum?: unknown[];
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  oneOf?: Schema[];
  description?: string;
  default?: unknown;
  minimum?: number;
  maximum?: number;
  maxLength?: number;
  maxItems?: number;
}

export interface Field {
  name: string;
  /** Where it goes, if not into the body. */
  where?: string;
  required: boolean;
  schema: Schema;
}

/** The fields of an object; those of an object without a name of its own stand with it, as in `lease.seconds`. */
export function fieldsOf(schema: Schema, prefix = ''): Field[] {
  // What must be there in some alternatives only is told by their descriptions.
  if (schema.oneOf) return inAnyOf(schema.oneOf.map((each) => fieldsOf(each, prefix)));
  return Object.entries(schema.properties ?? {}).flatMap(([key, each]) => {
    const field = { name: prefix + key, required: schema.required?.includes(key) ?? false, schema: each };
    const [inner, mark] = each.items ? [each.items, '[].'] : [each, '.'];
    return [field, ...fieldsOf(inner, field.name + mark)];
  });
}

function inAnyOf(alternatives: Field[][]): Field[] {
  const names = new Set(alternatives.flat().map(({ name }) => name));
  return [...names].map((name) => {
    const found = alternatives.flatMap((fields) => fields.filter((field) => field.name === name));
    const values = found.flatMap(({ schema }) => schema.enum ?? []);
    return {
      ...found[0]!,
      required: found.length === alternatives.length && found.every(({ required }) => required),
      schema: { ...found[0]!.schema, ...(values.length > 0 && { enum: values }) },
    };
  });
}

/** The name under which the document keeps this schema, if it has one. */
export const nameOf = ({ $ref }: Schema): string | undefined => $ref?.split('/').at(-1);

export const shapeLink = (name: string): string => `<a href="#${name}">${name}</a>`;

function typeHtml(schema: Schema): string {
  const name = nameOf(schema);
  if (name) return shapeLink(name);
  const { type, items, format, maxItems, maxLength } = schema;
  if (schema.enum) return schema.enum.map((value) => `<code>${escaped(String(value))}</code>`).join(' | ');
  if (items) return `array${maxItems === undefined ? '' : ` (${maxItems} at most)`} of ${typeHtml(items)}`;
  if (type === undefined) return 'any JSON';
  const plain = [type].flat().join(' or ');
  return (
    plain + (format ? ` (${format})` : '') + bounds(schema) + (maxLength ? `, ≤ ${maxLength} bytes` : '')
  );
}

function bounds({ minimum, maximum }: Schema): string {
  if (minimum === undefined || maximum === undefined) return '';
  return ` ${minimum}–${maximum}`;
}

function rowHtml({ name, where, required, schema }: Field): string {
  const about = schema.description ? marked(schema.description) : '';
  const standard =
    schema.default === undefined ? '' : ` ${escaped(JSON.stringify(schema.default))} unless given.`;
  const place = where ? ` <small>${where}</small>` : '';
  return `<tr><td><code>${escaped(name)}</code>${place}</td><td>${required ? 'required' : ''}</td><td>${typeHtml(schema)}</td><td>${about}${standard}</td></tr>`;
}

/** A table of fields. */
export const fieldsTable = (fields: readonly Field[]): string =>
  `<table><tr><th>Name</th><th></th><th>Type</th><th>Meaning</th></tr>${fields.map(rowHtml).join('\n')}</table>`;
