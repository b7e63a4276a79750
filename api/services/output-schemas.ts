/** Outputs and the JSON Schema that a task may have for them. */
import type { Principal } from '../auth.ts';
import { Problem, invalidRequest } from '../problems.ts';
import type { Mistake } from '../problems.ts';
import { Overran, createCheckingThread } from './checking-thread.ts';

/** A schema in a request, and where it stands there. */
export interface PlacedSchema {
  pointer: string;
  schema: object;
}

export type OutputSchemas = ReturnType<typeof createOutputSchemas>;

export function createOutputSchemas(limits: { limitMs?: number } = {}) {
  const checkFor = createCheckingThread(limits);
  const callerOf = ({ company, id }: Principal) => JSON.stringify([company, id]);

  /** Throws `invalid_request`, pointing at it, if outputs can't be checked against one of these. */
  async function mustBeUsable(principal: Principal, placed: readonly PlacedSchema[]): Promise<void> {
    if (placed.length === 0) return;
    const schemas = placed.map(({ schema }) => JSON.stringify(schema));
    const verdict = await checkFor(callerOf(principal), { schemas }).catch((error: unknown) => {
      if (!(error instanceof Overran)) throw error;
      const pointer = placed.length === 1 ? placed[0]!.pointer : '/';
      throw invalidRequest([{ pointer, detail: 'is too costly to check outputs against' }], { cause: error });
    });
    if (!('unusable' in verdict)) return;
    const { pointer } = placed[verdict.unusable]!;
    throw invalidRequest([{ pointer, detail: `is not a usable JSON Schema: ${verdict.why}` }]);
  }

  /** Throws `output_invalid`, with a pointer to each mistake, if the output does not fit the schema, given as JSON. */
  async function mustFit(principal: Principal, schema: string, output: unknown): Promise<void> {
    const job = { schemas: [schema], value: output };
    const verdict = await checkFor(callerOf(principal), job).catch((error: unknown) => {
      if (error instanceof Overran) return { unusable: 0, why: error.message };
      throw error;
    });
    // It could be compiled when the task was created, which does not mean that it can be applied to this.
    if ('unusable' in verdict) {
      const detail = `can not be checked against the schema of the task: ${verdict.why}`;
      const hint =
        'Hand in a smaller output, or ask whoever made the task for a simpler schema; the run goes on meanwhile.';
      throw misfit([{ pointer: '', detail }], hint);
    }
    if (verdict.mistakes.length > 0) throw misfit(verdict.mistakes, MEND_IT);
  }

  return { mustBeUsable, mustFit };
}

const MEND_IT = 'Mend the output and complete the run again; it goes on meanwhile.';

function misfit(mistakes: readonly Mistake[], hint: string): Problem {
  const errors = mistakes.map(({ pointer, detail }) => ({ pointer: `/output${pointer}`, detail }));
  const [first] = errors;
  return new Problem('output_invalid', {
    ...(first && { detail: `${first.pointer}: ${first.detail}` }),
    errors,
    hint,
    retryable: true,
  });
}
