/** The task workflow: one task, from queued to its end. */
import {
  ApplicationFailure,
  CancellationScope,
  CancelledFailure,
  allHandlersFinished,
  condition,
  setDefaultSignalHandler,
  setHandler,
  upsertMemo,
  workflowInfo,
} from '@temporalio/workflow';
import { continueAsNew } from './continue-as-new.ts';
import { LiveTask } from './live-task.ts';
import { SIGNALS, claimUpdate, createSubtaskUpdate, editUpdate, taskQuery } from './messages.ts';
import type { SignalName } from './messages.ts';
import { parse } from './parse.ts';
import { orphaned } from './rules/children.ts';
import { TaskInput, newTask } from './task-record.ts';
import type { Task } from './task-record.ts';
import type { TreeNode } from './tree.ts';
import { FINAL_MEMO } from './visibility.ts';

/** What an execution hands to the next one when its history has grown long. */
interface CarriedOver {
  task: Task;
}

/**
 * Returns the task as it was when it was done. Fails with an `ApplicationFailure`, typed with the reason code and
 * with the task as its detail, when the task failed; ends as cancelled, with the task in its memo, when it was
 * cancelled.
 */
export async function task(input: TaskInput | CarriedOver): Promise<Task> {
  const { state, children } = beginning(input);
  const live = new LiveTask(state);
  // Before any message: those that came with the start are handled as soon as they have a handler.
  live.begin(children);
  takeMessages(live);
  const root = CancellationScope.current();
  let cancelTaken = false;
  const cancelled = root.cancelRequested.catch(() => {});
  void cancelled.then(() => {
    live.cancel();
    cancelTaken = true;
  });

  const mayClose = () =>
    live.isOver || (live.canMoveOn && shouldContinueAsNew(root.consideredCancelled, cancelTaken, live.task));
  await CancellationScope.nonCancellable(async () => {
    do {
      await condition(() => mayClose() && allHandlersFinished());
      // What arrived along with the last message may have begun something that closing now would lose.
    } while (!mayClose());
  });
  if (!live.isOver) return await continueAsNew<typeof task>(carryOver(live.task));
  return conclude(live.task);
}

function takeMessages(live: LiveTask): void {
  setHandler(taskQuery, (asked) => live.view(asked?.messageIds));
  // First, since it takes whatever came before in the order in which it came; handlers by name take theirs alone.
  setDefaultSignalHandler((name, args) => live.take(name, Object.hasOwn(SIGNALS, name) ? args : undefined));
  for (const name of Object.keys(SIGNALS) as SignalName[]) {
    setHandler(SIGNALS[name], (args: unknown) => live.take(name, args));
  }
  setHandler(
    claimUpdate,
    (args) => {
      live.take('claim', args);
      return live.task.run?.id === args.runId ? live.task.run : null;
    },
    { validator: (args) => live.validate('claim', args) },
  );
  setHandler(
    editUpdate,
    (args) => {
      live.take('edit', args);
      return live.task.version;
    },
    { validator: (args) => live.validate('edit', args) },
  );
  setHandler(
    createSubtaskUpdate,
    async (args) => {
      live.take('create_subtask', args);
      await live.childStarted(args.child.id);
    },
    { validator: (args) => live.validate('create_subtask', args) },
  );
}

/**
 * What to begin with: a new task and the sub-tasks that come with it, or the state carried over, which only a former
 * execution can hand in.
 */
function beginning(input: unknown): { state: Task; children?: TreeNode[] | undefined } {
  const { workflowId, continuedFromExecutionRunId, startTime } = workflowInfo();
  if (continuedFromExecutionRunId) return { state: (input as CarriedOver).task };
  const parsed = parse(TaskInput, input);
  if (!parsed.ok)
    throw ApplicationFailure.nonRetryable(`The task can't be started: ${parsed.fault}.`, 'malformed_input');
  return {
    state: newTask(workflowId, parsed.value, startTime.toISOString()),
    children: parsed.value.children,
  };
}

/**
 * Once a cancellation is requested, continuing as new would lose the request, which is wanted only when a cancelled
 * task was reopened: so that it can be cancelled again. The request is known a moment before the task has taken it.
 */
function shouldContinueAsNew(cancelRequested: boolean, cancelTaken: boolean, { cancel, run }: Task): boolean {
  if (cancelRequested) return cancelTaken && cancel === undefined;
  const { continueAsNewSuggested, historyLength, historySize } = workflowInfo();
  // A program can't be carried over, so it may well come to its end first.
  const mustBe = historyLength > LONGEST_WITH_A_PROGRAM || historySize > LARGEST_WITH_A_PROGRAM;
  return continueAsNewSuggested && (!run?.launch || mustBe);
}

/** Events; at about 50,000 Temporal would end the task. */
const LONGEST_WITH_A_PROGRAM = 30_000;
/** Bytes; at 50 MB it would, too. */
const LARGEST_WITH_A_PROGRAM = 30_000_000;

function carryOver(task: Task): CarriedOver {
  const now = new Date().toISOString();
  const { run } = task;
  const orphan = orphaned(task, now);
  return { task: run ? { ...orphan, run: { ...run, carriedOver: true } } : orphan };
}

function conclude(final: Task): Task {
  switch (final.status) {
    case 'failed':
      throw ApplicationFailure.create({
        message: final.failure?.message ?? 'failed',
        type: final.failure?.reasonCode ?? 'other',
        nonRetryable: true,
        details: [final],
      });
    case 'cancelled':
      upsertMemo({ [FINAL_MEMO]: final });
      throw new CancelledFailure('The task was cancelled.');
    default:
      return final;
  }
}
