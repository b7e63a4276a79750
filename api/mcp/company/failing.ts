/** How a report of failure is taken: with one of the reasons that Baton knows, and the agent's own word where it is none. */
import { REPORTABLE_REASONS } from '../../../workflows/failure-reasons.ts';
import type { Content } from '../../services/runs.ts';

type Reason = (typeof REPORTABLE_REASONS)[number];

interface Given {
  reason_code: string;
  beliefs?: string | undefined;
  tried?: { what: string; why_failed: string }[] | undefined;
  blocker?: string | undefined;
  next_step?: string | undefined;
}

const isKnown = (code: string): code is Reason => (REPORTABLE_REASONS as readonly string[]).includes(code);

/** What goes on record. A reason that is none stands before the blocker, which is what people see first. */
export function failureOf({
  reason_code: code,
  beliefs,
  tried,
  blocker,
  next_step: nextStep,
}: Given): Content<'mark_failed'> {
  const told = {
    beliefs,
    tried: tried?.map(({ what, why_failed: whyFailed }) => ({ what, whyFailed })),
    nextStep,
  };
  if (isKnown(code)) return { ...told, reasonCode: code, blocker };
  return { ...told, reasonCode: 'other', blocker: blocker ? `${code}: ${blocker}` : code };
}

/** What the agent is told of a reason that is none. */
export const unknownReason = (code: string): Record<string, unknown> =>
  isKnown(code)
    ? {}
    : {
        note: `${code} is kept, and treated as other. Known reasons are ${REPORTABLE_REASONS.join(', ')}.`,
      };
