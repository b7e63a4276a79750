/** What an agent wishes for when it asks for the next task, and the claim that becomes of it. */
import { uuidv7 } from 'uuidv7';
import type { Arguments } from '../../workflows/messages.ts';
import { uuidFrom } from '../idempotency.ts';
import { envelope } from './messages.ts';
import type { Request } from './messages.ts';

export interface Wish {
  request: Request;
  leaseSeconds: number | undefined;
  /** As a claim has it. */
  patient?: boolean | undefined;
  /** What is asked for, in words that are the same when it is asked for again. */
  operation: string;
  /** The run it is to be, which is given where the request has a key. */
  runId?: string;
  hungUp: AbortSignal;
}

/** The claim of a task that was offered; taken in within `timeoutMs`, or not at all. */
export function claimOf(taskId: string, wish: Wish, timeoutMs: number): Arguments<'claim'> {
  const { request, leaseSeconds, patient, operation, runId = uuidv7() } = wish;
  // A key stands for any task that is next, so the message is known by its run.
  const messageId = uuidFrom('message', runId);
  return {
    ...envelope(operation, taskId, { ...request, messageId }, { leaseSeconds }),
    ...(leaseSeconds !== undefined && { leaseSeconds }),
    ...(patient && { patient }),
    runId,
    answerBy: new Date(Date.now() + timeoutMs).toISOString(),
  };
}
