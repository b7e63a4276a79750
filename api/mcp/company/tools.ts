/** The tools of an agent that was given a task: what it does with its run, from the first report to one of its ends. */
import type { CallToolResult, ToolAnnotations } from '@modelcontextprotocol/server';
import type { z } from 'zod';
import { DEFAULTS } from '../../../workflows/limits.ts';
import { SETTLE_SECONDS } from '../../dialects/defaults.ts';
import type { RouteDeps } from '../../routes/deps.ts';
import { announced, jsonSchemaOf, readArguments } from '../tool.ts';
import type { Asking, Tool } from '../tool.ts';
import {
  CREATE_SUBTASK,
  GET_TASK,
  HAND_OFF,
  MARK_COMPLETE,
  MARK_FAILED,
  REPORT_PROGRESS,
} from './descriptions.ts';
import { failureOf, unknownReason } from './failing.ts';
import { createGetTask } from './get-task.ts';
import { answered, refused, standingOf } from './present.ts';
import { CreateSubtask, GetTask, HandOff, MarkComplete, MarkFailed, ReportProgress } from './schemas.ts';
import { createWhichRun } from './which-run.ts';

/** Unless a queue says so, whoever works on it sends no heartbeats, but is expected to report. */
const SUBTASK = {
  lease: { seconds: DEFAULTS.patientLeaseSeconds },
  progressTimeoutSeconds: DEFAULTS.progressTimeoutSeconds,
};

const AFTER_SUBTASK =
  'Go on. You can hand in your own task once its sub-tasks are done: get_task tells how they are.';

export function companyTools(deps: RouteDeps): Tool[] {
  const { creation, bySight } = deps.services;
  const whichRun = createWhichRun(deps.services);
  const getTask = createGetTask(deps, whichRun);

  async function createSubtask(
    { task_id, run_id, ...asked }: z.output<typeof CreateSubtask>,
    { call }: Asking,
  ) {
    const parentId = await whichRun.taskOf({ task_id, run_id }, call);
    // A repeat finds the sub-task that it got.
    const unknown = { ...call, said: undefined };
    const child = await bySight(unknown, parentId, async ({ definition: { review } }, by) =>
      creation.subtask(parentId, by, {
        ...asked,
        ...(asked.queue === undefined && SUBTASK),
        settleSeconds: SETTLE_SECONDS,
        // What people decided on for the whole holds for its parts.
        ...(review.policy === 'none' && { review: { policy: 'none' as const } }),
      }),
    );
    return answered({ ...standingOf(child), parent_id: parentId, next_step: AFTER_SUBTASK });
  }

  return [
    tool('get_task', GET_TASK, GetTask, async (named, asking) => answered(await getTask(named, asking)), {
      readOnlyHint: true,
    }),
    tool('report_progress', REPORT_PROGRESS, ReportProgress, async (given, { call }) => {
      const { task_id, run_id, cost, ...told } = given;
      const spent = cost && {
        usd: cost.usd,
        inputTokens: cost.input_tokens,
        outputTokens: cost.output_tokens,
      };
      const content = { ...told, ...(spent && { cost: spent }) };
      return answered(
        standingOf(await whichRun.speak({ task_id, run_id }, call, 'report_progress', content)),
      );
    }),
    tool('mark_complete', MARK_COMPLETE, MarkComplete, async (given, { call }) => {
      const { output, reasoning, memory_promotions: memoryPromotions, cost_note: costNote } = given;
      const content = { output, reasoning, memoryPromotions, costNote };
      return answered(standingOf(await whichRun.speak(given, call, 'mark_complete', content)));
    }),
    tool('mark_failed', MARK_FAILED, MarkFailed, async (given, { call }) => {
      const task = await whichRun.speak(given, call, 'mark_failed', failureOf(given));
      return answered(standingOf(task, unknownReason(given.reason_code)));
    }),
    tool('create_subtask', CREATE_SUBTASK, CreateSubtask, createSubtask),
    tool('hand_off', HAND_OFF, HandOff, async (given, { call }) => {
      const content = { blockers: given.blockers, nextStep: given.next_step };
      return answered(standingOf(await whichRun.speak(given, call, 'hand_off', content)));
    }),
  ];
}

type Run<S extends z.ZodObject> = (given: z.output<S>, asking: Asking) => Promise<CallToolResult>;

function tool<S extends z.ZodObject>(
  name: string,
  description: string,
  schema: S,
  run: Run<S>,
  annotations: ToolAnnotations = { readOnlyHint: false, destructiveHint: false },
): Tool {
  const inputSchema = jsonSchemaOf(schema);
  return {
    announced: announced({ name, description, inputSchema, annotations }),
    run: (given, asking) => run(readArguments(schema, given), asking),
    refuse: refused,
  };
}
