/**
 * Keeps signals out whose names the SDK reserves for itself. Anybody may send one, and the SDK would fail the workflow
 * task on it, again and again.
 */
import type { WorkflowInterceptors } from '@temporalio/workflow';

const RESERVED = '__temporal_';

export const isReserved = (signalName: string | null | undefined): boolean =>
  signalName?.startsWith(RESERVED) ?? false;

export const interceptors = (): WorkflowInterceptors => ({
  internals: [
    {
      activate(input, next) {
        const { activation } = input;
        const jobs = activation.jobs?.filter(({ signalWorkflow }) => !isReserved(signalWorkflow?.signalName));
        return next({ ...input, activation: Object.assign(activation, { jobs }) });
      },
    },
  ],
});
