/** Checks outputs against the JSON Schema that a task may have for them. */
import { Ajv } from 'ajv';
import type { ErrorObject, ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { RE2JS } from 're2js';
import { Problem, invalidRequest } from '../problems.ts';
import type { Mistake } from '../problems.ts';

const MISTAKES_TOLD = 20;
const COMPILED_KEPT = 200;

const DRAFT_7 = /^https?:\/\/json-schema\.org\/draft-07\/schema#?$/;

const compiled = new Map<string, ValidateFunction>();

/** Patterns come from callers, and one that backtracks could stop the process for everybody. RE2 never does. */
function linearRegExp(pattern: string) {
  const compiledPattern = RE2JS.compile(pattern);
  // Ajv tells patterns apart by what they print.
  return { test: (value: string) => compiledPattern.matcher(value).find(), toString: () => `/${pattern}/` };
}
linearRegExp.code = 'linearRegExp';

function compile(schema: object): ValidateFunction {
  const key = JSON.stringify(schema);
  const known = compiled.get(key);
  if (known) return known;
  // One instance per schema: a task's `$id` must not clash with another's. Nothing is ever fetched.
  const Draft = DRAFT_7.test(String((schema as { $schema?: unknown }).$schema)) ? Ajv : Ajv2020;
  const ajv = new Draft({ allErrors: true, strict: false, logger: false, code: { regExp: linearRegExp } });
  addFormats.default(ajv, { mode: 'fast' });
  const validate = ajv.compile(schema);
  // Its answer would be a promise, which passes for a yes.
  if ('$async' in validate) throw new Error('$async is not supported');
  if (compiled.size >= COMPILED_KEPT) compiled.clear();
  compiled.set(key, validate);
  return validate;
}

/** Throws `invalid_request`, pointing at it, if the schema is not one that outputs can be checked against. */
export function assertUsableSchema(schema: object | undefined, pointer: string): void {
  if (schema === undefined) return;
  try {
    compile(schema);
  } catch (error) {
    const detail = `is not a usable JSON Schema: ${(error as Error).message}`;
    throw invalidRequest([{ pointer, detail }], { cause: error });
  }
}

/** Throws `output_invalid`, with a pointer to each mistake, if the output does not fit. */
export function assertFits(schema: unknown, output: unknown): void {
  const validate = compile(schema as object);
  if (validate(output)) return;
  const errors = (validate.errors ?? []).slice(0, MISTAKES_TOLD).map(mistake);
  const [first] = errors;
  throw new Problem('output_invalid', {
    ...(first && { detail: `${first.pointer}: ${first.detail}` }),
    errors,
    hint: 'Mend the output and complete the run again; it goes on meanwhile.',
    retryable: true,
  });
}

const mistake = ({ instancePath, message, params }: ErrorObject): Mistake => {
  const extra = 'additionalProperty' in params ? ` (${String(params['additionalProperty'])})` : '';
  return { pointer: `/output${instancePath}`, detail: `${message ?? 'does not fit'}${extra}` };
};
