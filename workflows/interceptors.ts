/**
 * Where the SDK would do something else than a task means. Signals whose names it reserves for itself are kept out:
 * anybody may send one, and it would fail the workflow task on it, again and again. And a task that was cancelled by a
 * message closes as Canceled, which the SDK lets only those do that Temporal was asked to cancel.
 */
import type { ConcludeActivationInput, WorkflowInterceptors } from '@temporalio/workflow';

const RESERVED = '__temporal_';

export const isReserved = (signalName: string | null | undefined): boolean =>
  signalName?.startsWith(RESERVED) ?? false;

type Command = ConcludeActivationInput['commands'][number];

const cancelledNotFailed = (command: Command): Command =>
  command.failWorkflowExecution?.failure?.canceledFailureInfo ? { cancelWorkflowExecution: {} } : command;

export const interceptors = (): WorkflowInterceptors => ({
  internals: [
    {
      activate(input, next) {
        const { activation } = input;
        const jobs = activation.jobs?.filter(({ signalWorkflow }) => !isReserved(signalWorkflow?.signalName));
        return next({ ...input, activation: Object.assign(activation, { jobs }) });
      },
      concludeActivation({ commands }, next) {
        return next({ commands: commands.map(cancelledNotFailed) });
      },
    },
  ],
});
