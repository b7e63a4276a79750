/** How a workflow goes on in another execution, when its history has grown long. */
import { makeContinueAsNewFunc, workflowInfo } from '@temporalio/workflow';
import type { Workflow } from '@temporalio/workflow';

/**
 * Continues as new with the memo as it is by now. Temporal's own `continueAsNew` goes back to the memo of the start, so
 * that whoever reads it, in lists or without a worker, would see what was there before all changes.
 */
export const continueAsNew = <W extends Workflow>(...args: Parameters<W>): Promise<never> =>
  makeContinueAsNewFunc<W>({ memo: { ...workflowInfo().memo } })(...args);
