/** What callers send to `/v1/agents` and get from it. */
import { z } from 'zod';
import { LIMITS } from '../../workflows/limits.ts';
import { at } from './answers.ts';
import { json, name, text } from './common.ts';
import { Budget } from './requests.ts';

const profile = {
  name: name.meta({ description: 'How people call it.' }),
  role: name.meta({ description: 'What it is in its company, such as "engineer".' }),
  title: text(LIMITS.idBytes).optional(),
  team: name.optional(),
  reportsTo: name.optional().meta({ description: 'Id of the agent that it answers to.' }),
  budget: Budget.optional().meta({ description: 'What it may spend on all its tasks.' }),
  limits: json(LIMITS.noteBytes).optional().meta({ description: 'None unless set. Baton only shows them.' }),
  adapter: json(LIMITS.commentBytes).optional().meta({ description: 'How it is run. Baton only shows it.' }),
};

export const PutAgent = z.strictObject(profile).meta({ id: 'PutAgent' });

export const AgentParams = z.object({
  agentId: z
    .string()
    .min(1)
    .max(LIMITS.idBytes)
    .meta({ description: 'Id of the agent; `me` is the caller.' }),
});

const agent = { id: z.string(), company: z.string(), ...profile, updatedAt: at.optional() };
export const AgentSummary = z.object(agent).meta({ id: 'AgentSummary' });

const Sums = z.object({ usd: z.number().optional(), tokens: z.number().optional() });
export const AgentBody = z
  .object({
    ...agent,
    chainOfCommand: z
      .array(z.object({ id: z.string(), name: z.string(), role: z.string(), title: z.string().optional() }))
      .meta({ description: 'Its managers, the nearest first.' }),
    spent: Sums.nullable().meta({
      description: 'By the reports on the latest 100 tasks that are assigned to it; null without a budget.',
    }),
  })
  .meta({ id: 'Agent' });
