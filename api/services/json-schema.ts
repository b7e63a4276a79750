/** JSON Schema: whether a schema can be used, and what about a value does not fit it. Pure, and as slow as a schema wants. */
import { Ajv } from 'ajv';
import type { AnySchemaObject, ErrorObject, ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { RE2JS } from 're2js';
import type { Mistake } from '../problems.ts';
import { Remembered } from './remembered.ts';

/** What to check: that all of these schemas, as JSON, can be used, or that a value fits the only one. */
export interface Job {
  schemas: string[];
  value?: unknown;
}

export type Verdict =
  /** The schema with this index can't be used. */
  | { unusable: number; why: string }
  /** What about the value does not fit, with pointers into it. */
  | { mistakes: Mistake[] };

const MISTAKES_TOLD = 20;
/** By the length of their schemas. */
const COMPILED_KEPT = 1_000_000;

const DRAFT_7 = /^https?:\/\/json-schema\.org\/draft-07\/schema#?$/;

const compiled = new Remembered<ValidateFunction>({
  atMost: COMPILED_KEPT,
  weightOf: (_validate, schema) => schema.length,
});

/** Patterns come from callers, and one that backtracks would take for ever. RE2 never does. */
function linearRegExp(pattern: string) {
  const compiledPattern = RE2JS.compile(pattern);
  // Ajv tells patterns apart by what they print.
  return { test: (value: string) => compiledPattern.matcher(value).find(), toString: () => `/${pattern}/` };
}
linearRegExp.code = 'linearRegExp';

function compile(schema: string): ValidateFunction {
  const known = compiled.get(schema);
  if (known) return known;
  const parsed = JSON.parse(schema) as AnySchemaObject;
  // One instance per schema: a task's `$id` must not clash with another's. Nothing is ever fetched.
  const Draft = DRAFT_7.test(String(parsed['$schema'])) ? Ajv : Ajv2020;
  const ajv = new Draft({ allErrors: true, strict: false, logger: false, code: { regExp: linearRegExp } });
  addFormats.default(ajv, { mode: 'fast' });
  const validate = ajv.compile(parsed);
  // Its answer would be a promise, which passes for a yes.
  if ('$async' in validate) throw new Error('$async is not supported');
  compiled.set(schema, validate);
  return validate;
}

/** Does the job. It may take very long, and as much memory as there is. */
export function check(job: Job): Verdict {
  const mistakes: Mistake[] = [];
  for (const [i, schema] of job.schemas.entries()) {
    try {
      const validate = compile(schema);
      if (!('value' in job) || validate(job.value)) continue;
      mistakes.push(...(validate.errors ?? []).slice(0, MISTAKES_TOLD).map(mistake));
    } catch (error) {
      return { unusable: i, why: (error as Error).message };
    }
  }
  return { mistakes };
}

const mistake = ({ instancePath, message, params }: ErrorObject): Mistake => {
  const extra = 'additionalProperty' in params ? ` (${String(params['additionalProperty'])})` : '';
  return { pointer: instancePath, detail: `${message ?? 'does not fit'}${extra}` };
};
