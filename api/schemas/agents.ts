/** What callers send to `/v1/agents` and get from it. */
import { z } from 'zod';
import { WAKE_REASONS } from '../../workflows/agent-record.ts';
import { AGENT_STATES } from '../../workflows/agent-state.ts';
import { DEFAULTS, LIMITS, RANGES } from '../../workflows/limits.ts';
import { at } from './answers.ts';
import { name, note, text, within } from './common.ts';
import { Budget } from './requests.ts';

/** Whoever may send requests must not choose what is run on a machine. */
const ofTheRunner: z.core.$ZodErrorMap = ({ code }) =>
  code === 'unrecognized_keys'
    ? 'is not taken: what is run stands in the configuration of the runner, under the name of a launcher'
    : undefined;

const processAdapter = {
  type: z.literal('process'),
  launcher: name.meta({ description: 'Name of what launches it, as the runner is configured.' }),
  runner: name.optional().meta({ description: `Name of the runner; \`${DEFAULTS.runner}\` unless given.` }),
};
const Adapter = z
  .discriminatedUnion('type', [
    z.strictObject({ type: z.literal('http') }),
    z.strictObject(processAdapter, { error: ofTheRunner }),
  ])
  .meta({
    description:
      'How it comes to its work: it asks over HTTP (unless told otherwise), or a runner launches it.',
  });

const Limits = z.strictObject({
  runsAtOnce: within(RANGES.runsAtOnce)
    .optional()
    .meta({ description: `Runs that are launched side by side; ${DEFAULTS.runsAtOnce} unless given.` }),
  heartbeatSeconds: within(RANGES.heartbeatSeconds)
    .optional()
    .meta({ description: 'How often the clock wakes it; never unless given.' }),
  runsWithoutProgress: within(RANGES.runsWithoutProgress)
    .optional()
    .meta({
      description: `After so many launched runs in a row that come to nothing it is paused; ${DEFAULTS.runsWithoutProgress} unless given.`,
    }),
  runsAmongAgents: within(RANGES.runsAmongAgents)
    .optional()
    .meta({
      description: `After so many launched runs in a row that hold no task and only answer other agents it is paused; ${DEFAULTS.runsAmongAgents} unless given.`,
    }),
  costPerTask: Budget.optional().meta({
    description: 'What it may spend on one task; to spend it ends the task as failed.',
  }),
});

const profile = {
  name: name.meta({ description: 'How people call it, in comments as `@name`.' }),
  role: name.meta({ description: 'What it is in its company, such as "engineer".' }),
  title: text(LIMITS.idBytes).optional(),
  team: name.optional(),
  reportsTo: name.optional().meta({ description: 'Id of the agent that it answers to.' }),
  budget: Budget.optional().meta({
    description:
      'What it may spend in a calendar month, by UTC; to spend it pauses the agent until the next.',
  }),
  limits: Limits.optional(),
  adapter: Adapter.optional(),
};

export const PutAgent = z.strictObject(profile).meta({ id: 'PutAgent' });

export const AgentParams = z.object({
  agentId: z
    .string()
    .min(1)
    .max(LIMITS.idBytes)
    .meta({ description: 'Id of the agent; `me` is the caller.' }),
});

export const StepAgent = z
  .strictObject({ note: note.optional().meta({ description: 'Why; the agent shows it.' }) })
  .meta({ id: 'StepAgent' });

export const WakeAgent = z
  .strictObject({ task: name.optional().meta({ description: 'Id of the task it is to look at.' }) })
  .meta({ id: 'WakeAgent' });

const agent = {
  id: z.string(),
  company: z.string(),
  ...profile,
  adapter: z.object({
    type: z.enum(['http', 'process']),
    launcher: z.string().optional(),
    runner: z.string().optional(),
  }),
  limits: Limits,
  registered: z.boolean().meta({ description: 'False when all that is known of it is that it was woken.' }),
  state: z.enum(AGENT_STATES),
  why: z.string().meta({ description: 'Why it is in this state, in one sentence.' }),
  runs: z
    .array(
      z.object({
        id: z.string(),
        task: z.string().nullable(),
        wokenBy: z.enum(WAKE_REASONS),
        startedAt: at,
      }),
    )
    .meta({ description: 'Its runs that Baton launched and that are on.' }),
  pendingWakes: z.int().meta({ description: 'How many wakes wait for it.' }),
  updatedAt: at.optional(),
};
export const AgentSummary = z.object(agent).meta({ id: 'AgentSummary' });

const Sums = z.object({
  usd: z.number().optional(),
  tokens: z.number().optional(),
  wallSeconds: z.number().optional(),
});
export const AgentBody = z
  .object({
    ...agent,
    chainOfCommand: z
      .array(z.object({ id: z.string(), name: z.string(), role: z.string(), title: z.string().optional() }))
      .meta({ description: 'Its managers, the nearest first.' }),
    spent: Sums.nullable().meta({
      description:
        'What its runs reported to have cost in this month; null where none did and it has no budget.',
    }),
    warnings: z.array(z.string()),
  })
  .meta({ id: 'Agent' });

const LONGEST_WAIT_SECONDS = 30;
export const WakesQuery = z.strictObject({
  wait: z.coerce
    .number()
    .int()
    .min(0)
    .max(LONGEST_WAIT_SECONDS)
    .default(0)
    .meta({ description: 'How many seconds to wait for a wake if there is none.' }),
});

export const WakeParams = z.object({
  wakeId: z.string().min(1).max(LIMITS.idBytes).meta({ description: 'Id of the wake.' }),
});

export const Wakes = z
  .object({
    items: z.array(
      z.object({
        id: z.string().meta({ description: 'Another one as soon as something is added to the wake.' }),
        reason: z.enum(WAKE_REASONS).meta({ description: 'The latest of `reasons`.' }),
        reasons: z.array(z.enum(WAKE_REASONS)),
        task: z.string().nullable(),
        comment: z.string().nullable().meta({ description: 'Id of the latest comment that calls you.' }),
        approval: z
          .object({ id: z.string(), status: z.string().nullable(), tasks: z.array(z.string()) })
          .nullable(),
        at,
        count: z.int().meta({ description: 'How often it came since it was last handled.' }),
      }),
    ),
  })
  .meta({ id: 'Wakes' });
