/** How a script says that it can't go on: one message that names the remedy, without a stack trace. */
import { ConfigError } from '../api/config.ts';

/** Something the user can put right; the message names the remedy. */
export class SetupError extends Error {}

/** The text to show for whatever was thrown: only the message where the user can put it right, else the stack. */
export function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const plain = error instanceof SetupError || error instanceof ConfigError || isUsageError(error);
  return plain ? error.message : (error.stack ?? error.message);
}

/** Node's `parseArgs` on an option that it does not know. */
function isUsageError(error: Error): boolean {
  return 'code' in error && typeof error.code === 'string' && error.code.startsWith('ERR_PARSE_ARGS');
}
