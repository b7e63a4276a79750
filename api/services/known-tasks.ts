/**
 * What never changes about tasks and runs, remembered for a while: whose task it is, who holds a run and on what
 * terms. It saves a round trip per call, and lets heartbeats pass while no worker is up.
 */
import { defaultPayloadConverter } from '@temporalio/common';
import type { WorkflowExecutionDescription } from '@temporalio/client';
import type { Run } from '../../workflows/task-record.ts';
import type { TaskMemo } from '../../workflows/visibility.ts';
import { Problem } from '../problems.ts';
import type { Principal } from '../auth.ts';
import type { Engine } from './engine.ts';
import { NotOpen } from './engine.ts';
import { Remembered } from './remembered.ts';

/** The terms of a run. They ride along with its heartbeats, so that any API process can read them from Temporal. */
export interface RunTerms {
  agent: string;
  leaseSeconds: number;
  /** Baton launched it, so its runner sends the heartbeats. */
  launched?: boolean | undefined;
}

/** The terms of a live run. */
export const termsOf = ({ agent, leaseSeconds, launch }: Run): RunTerms => ({
  agent,
  leaseSeconds,
  ...(launch && { launched: true }),
});

/** Under what a run is remembered: a run id is good only for the task it came with. */
export const runKey = (taskId: string, runId: string): string => `${taskId} ${runId}`;

/** Characters of output schemas; many tasks have none, which is also worth knowing. */
const SCHEMAS_KEPT = 16_000_000;
const ENTRY_WEIGHT = 200;

const asJson = (schema: unknown): string | undefined =>
  schema === undefined ? undefined : JSON.stringify(schema);

/** Whether this can be the id of anything here; what can't is not asked for. */
export const isUuid = (id: string): boolean => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id);

export type KnownTasks = ReturnType<typeof createKnownTasks>;

export function createKnownTasks(engine: Pick<Engine, 'describe'>) {
  const companies = new Remembered<string>();
  const runs = new Remembered<RunTerms>();
  const outputSchemas = new Remembered<string | undefined>({
    atMost: SCHEMAS_KEPT,
    weightOf: (schema) => ENTRY_WEIGHT + (schema?.length ?? 0),
  });

  /** The execution behind a task id. Throws `not_found` when there is none, or it is not a task. */
  async function describe(taskId: string): Promise<WorkflowExecutionDescription> {
    const described = await engine.describe(taskId).catch((error: unknown) => {
      throw error instanceof NotOpen ? notFound() : error;
    });
    const memo = described.memo as TaskMemo | undefined;
    if (described.type !== 'task' || !memo?.company) throw notFound();
    companies.set(taskId, memo.company);
    return described;
  }

  return {
    /** Throws `not_found` unless the task exists and belongs to the caller's company. */
    async mustBeOf(principal: Principal, taskId: string): Promise<void> {
      if (!isUuid(taskId)) throw notFound();
      if (!companies.has(taskId)) await describe(taskId);
      if (companies.get(taskId) !== principal.company) throw notFound();
    },

    /** The execution behind a task of the caller's company. */
    async describeFor(principal: Principal, taskId: string): Promise<WorkflowExecutionDescription> {
      if (!isUuid(taskId)) throw notFound();
      const described = await describe(taskId);
      if (companies.get(taskId) !== principal.company) throw notFound();
      return described;
    },

    remember: (taskId: string, company: string) => void companies.set(taskId, company),
    rememberRun: (taskId: string, runId: string, terms: RunTerms) =>
      void runs.set(runKey(taskId, runId), terms),

    /** The task's output schema as JSON, which can't be edited; `read` is asked for it when it is not known. */
    async outputSchemaOf(
      taskId: string,
      read: () => Promise<{ outputSchema?: unknown }>,
    ): Promise<string | undefined> {
      if (outputSchemas.has(taskId)) return outputSchemas.get(taskId);
      const schema = asJson((await read()).outputSchema);
      outputSchemas.set(taskId, schema);
      return schema;
    },
    rememberSchema: (taskId: string, schema: unknown) => void outputSchemas.set(taskId, asJson(schema)),

    /** The terms of a run that is alive, or undefined. */
    async termsOf(taskId: string, runId: string): Promise<RunTerms | undefined> {
      const known = runs.get(runKey(taskId, runId));
      if (known) return known;
      const { raw } = await describe(taskId);
      const lease = raw.pendingActivities?.find(({ activityId }) => activityId === runId);
      const terms = lease?.heartbeatDetails?.payloads?.[0];
      if (!terms) return undefined;
      // A runner also tells what its program prints.
      const { agent, leaseSeconds, launched } = defaultPayloadConverter.fromPayload<RunTerms>(terms);
      const read = { agent, leaseSeconds, launched };
      runs.set(runKey(taskId, runId), read);
      return read;
    },
  };
}

const notFound = (): Problem =>
  new Problem('not_found', { detail: 'There is no such task, or it belongs to another company.' });
