/** The parts that requests and answers share. Lengths are checked in bytes, as the workflow does. */
import { z } from 'zod';
import { LIMITS, RANGES } from '../../workflows/limits.ts';
import { byteLength, isNestedDeeper } from '../../workflows/parse.ts';

/** Text of at most `max` bytes, and where it has to say something, not only blanks; NUL and half characters are refused, because no database stores them. */
export const text = (max: number, min = 0) =>
  z
    .string()
    .min(min, 'must not be empty')
    .refine((value) => min === 0 || value === '' || value.trim() !== '', 'must not be blank')
    .refine((value) => byteLength(value) <= max, `must be at most ${max} bytes`)
    .refine(
      (value) => !value.includes('\0') && value.isWellFormed(),
      'must not contain NUL or half a character',
    )
    .meta({ maxLength: max });

/** An id or name: one line. */
export const name = text(LIMITS.idBytes, 1).refine(
  (value) => !/\p{Cc}/u.test(value),
  'must not contain control characters',
);

/** Temporal on SQL trims and escapes these within a query, so that it would look for something else. */
export const isSearchable = (value: string): boolean => !/["\\]|^'|'$/.test(value);
export const searched = name.refine(
  isSearchable,
  "can not be searched for: it has a double quote or a backslash, or begins or ends with '",
);

export const note = text(LIMITS.noteBytes);
export const comment = text(LIMITS.commentBytes, 1).meta({ description: 'Markdown, at most 16 KB.' });

export const within = ([min, max]: readonly [number, number]) => z.int().min(min).max(max);

export const time = z.iso
  .datetime({ offset: true })
  .transform((value) => new Date(value).toISOString())
  .meta({ description: 'ISO 8601, with Z or an offset.', format: 'date-time' });

export const isShallow = (value: unknown) => !isNestedDeeper(value, LIMITS.jsonLevels);
export const TOO_DEEP = { message: `must be nested at most ${LIMITS.jsonLevels} levels deep`, abort: true };

/** Any JSON value, at most `max` bytes of it. The body was JSON, so whatever is there is; it only has to be there. */
export const json = (max: number) =>
  z
    .unknown()
    .refine((value) => value !== undefined, { message: 'is required', abort: true })
    .refine(isShallow, TOO_DEEP)
    .refine((value) => byteLength(JSON.stringify(value) ?? '') <= max, `must be at most ${max} bytes as JSON`)
    .refine((value) => storable(value), 'must not contain NUL or half a character');

function storable(value: unknown): boolean {
  const written = JSON.stringify(value) ?? '';
  // `JSON.stringify` escapes both, so they can only stand there as escapes, preceded by an even number of backslashes.
  return !/(?:^|[^\\])(?:\\\\)*\\u(?:0000|d[89a-f])/i.test(written);
}

export const lease = z.strictObject({ seconds: within(RANGES.leaseSeconds) });

export const Cost = z
  .strictObject({
    usd: z.number().min(RANGES.usd[0]).max(RANGES.usd[1]).optional(),
    inputTokens: within(RANGES.tokens).optional(),
    outputTokens: within(RANGES.tokens).optional(),
  })
  .meta({ id: 'Cost', description: 'What was spent since the last report; Baton adds it up.' });

/** Path parameters. What is no UUID can be no task, which the services say. */
export const TaskParams = z.object({ taskId: z.string().meta({ description: 'Id of the task, a UUID.' }) });
export const RunParams = TaskParams.extend({
  runId: z
    .string()
    .min(1)
    .max(LIMITS.idBytes)
    .meta({ description: 'Id of the run, as the claim answered it.' }),
});
