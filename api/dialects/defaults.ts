/** What tasks get that come by a protocol which knows neither heartbeats nor review, unless their request says otherwise. */
import { DEFAULTS } from '../../workflows/limits.ts';

/** For so long what is closed can be commented on, archived and opened again. */
export const SETTLE_SECONDS = 86_400;

export const UNLESS_SAID = {
  review: { policy: 'none' },
  lease: { seconds: DEFAULTS.patientLeaseSeconds },
  progressTimeoutSeconds: 0,
  settleSeconds: SETTLE_SECONDS,
} as const;

/** Who is to do better does so in the same task. */
export const IN_THE_SAME_TASK = { ...UNLESS_SAID, review: { policy: 'none', rework: 'same_task' } } as const;
